"""A playbook of so many situations, over all types of events, and two actions for each."""

from __future__ import annotations

from collections.abc import Iterator

from legato.core.events.vocabulary import CONSENTS, ERASURES, KNOWN_TYPES, OUTCOME

SITUATIONS = 500
TYPES = tuple(
    each.name
    for each in KNOWN_TYPES
    if each.name not in CONSENTS | ERASURES and not each.name.startswith(OUTCOME)
)
_REST = """\
channels:
  email: {address: [email]}
  sms: {address: [phone]}
caps:
  a_day: {most: 1, per: 24h, purpose: promotion}
"""


def many_situations(count: int = SITUATIONS) -> bytes:
    """Write a playbook of `count` situations, found in five ways, by types of events in turn.

    Each asks two fields of an event; one visit in a thousand is what it looks for.
    """
    lines = ["version: 1", "situations:"]
    lines += (f"  number_{number}: {{{_found(number)}}}" for number in range(count))
    lines.append("actions:")
    for number in range(count):
        lines += _actions(number)
    return "\n".join((*lines, _REST)).encode()


def _found(number: int) -> str:
    kind, after = TYPES[number % len(TYPES)], TYPES[(number + 1) % len(TYPES)]
    where = f'event.channel == "web" && event.session_id == "s{number}"'
    event, other = (f"{{event: {each}, where: '{where}'}}" for each in (kind, after))
    past = f'count("{kind}", "30d", e, e.session_id == "s{number}") >= 3'
    ways = (
        f"match: {{on: {event}, once: 7d}}",
        f"repeat: {{of: {event}, times: 3, within: 1d, by: event.session_id}}",
        f"absence: {{after: {event}, unless: {other}, for: [1h, 24h]}}",
        f"sequence: {{steps: [{event}, {other}], within: 1h, by: event.session_id}}",
        f"change: {{of: '{past}', to: true}}",
    )
    return ways[number % len(ways)]


def _actions(number: int) -> Iterator[str]:
    for channel in ("email", "sms"):
        yield (
            f"  {channel}_{number}: {{situation: number_{number}, channel: {channel},"
            f" purpose: promotion, content: told_{number}, propensity: 0.{number:03},"
            ' when: customer.profile.language == "en",'
            ' params: {language: "{{ customer.profile.language }}"}}'
        )
