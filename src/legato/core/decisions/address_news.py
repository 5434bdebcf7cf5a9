"""What an address is told by those who hear it: that it is refused, and what was sent there.

Whoever says it need not have the address: it was named in a form, or was theirs until now. So
only what forbids is told. docs/addresses.md has the whole.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from legato.core.context.consent import parts_of
from legato.core.context.context import ActionRecord, Context, ErasureRecord
from legato.core.context.erasure import standing_request
from legato.core.decisions.caps import out_at, stands
from legato.core.decisions.judges import Judges
from legato.core.events.event import Event
from legato.core.events.payloads import ErasurePayload
from legato.core.events.wishes import GRANTED, UNKNOWN, Wish, Wishes
from legato.core.events.words import ALL
from legato.core.identity.commands import AskAddress, RefusalHeard, ReservationChanged
from legato.core.playbook.definition import Playbook


def refusals_told(
    playbook: Playbook, judges: Judges, context: Context, event: Event, wishes: Wishes
) -> Iterator[RefusalHeard]:
    """Tell an address that is named beside a refusal of it, whoever it belongs to."""
    for kind, value in (event.identifiers or {}).items():
        names = judges(context, kind, value)
        for told in wishes.followed if names else ():
            if told.status != GRANTED and _reaches(playbook, told.channel, kind):
                yield from (_refusal(name, event, told) for name in names)


def erasure_told(
    playbook: Playbook, judges: Judges, context: Context, event: Event, told: ErasurePayload
) -> Iterator[RefusalHeard]:
    """Tell an address that is named beside a request to be forgotten, as a refusal of all.

    Whoever it belongs to did not ask for more than that nothing comes there.
    """
    asked = ErasureRecord(event.time, True, event.source, told.named)
    for kind, value in (event.identifiers or {}).items():
        names = judges(context, kind, value) if _reaches(playbook, ALL, kind) else ()
        yield from (_refusal_of_all(name, asked) for name in names)


def _reaches(playbook: Playbook, channel: str, kind: str) -> bool:
    """Is a channel, or one of all of them, sent to by this type of identifier?"""
    named = playbook.channels.get(channel)
    channels = playbook.channels.values() if named is None else (named,)
    return any(kind in each.identifiers for each in channels)


def _refusal(to: str, event: Event, told: Wish) -> RefusalHeard:
    """Tell of a refusal."""
    return RefusalHeard(
        to,
        *_in_known_words(told.purpose, told.channel),
        told.brand or event.brand or "",
        told.status,
        event.time,
        told.basis,
        event.source,
        told.proof,
    )


def _refusal_of_all(to: str, asked: ErasureRecord) -> RefusalHeard:
    """Tell that somebody asked to be forgotten, who does not have this address."""
    more = "erasure", asked.source, asked.proof
    return RefusalHeard(to, ALL, ALL, "", "denied", asked.time, *more)


def handed_over(
    context: Context, name: str, value: str
) -> Iterator[RefusalHeard | AskAddress | ReservationChanged]:
    """Tell an address that is this customer's no more what protects whoever has it.

    That is each refusal, that they asked to be forgotten, which refuses all, and what was
    sent there: it counts in caps as if it were asked.
    """
    if (asked := standing_request(context.erasures)) is not None:
        yield _refusal_of_all(name, asked)
    for key, wish in context.consents.items():
        if wish.status != GRANTED:
            purpose, channel, brand = parts_of(key)
            about = (*_in_known_words(purpose, channel), brand)
            said = wish.basis, wish.source, wish.proof
            yield RefusalHeard(name, *about, wish.status, wish.time, *said)
    for taken in context.actions:
        if taken.address == value and stands(taken):
            yield from _action_told(context, name, taken)


def _action_told(
    context: Context, name: str, taken: ActionRecord
) -> Iterator[AskAddress | ReservationChanged]:
    """Tell an address of an action that went there, and whether it was rejected."""
    kind = taken.purpose, taken.channel, "", taken.situation
    times = taken.decided, out_at(taken), taken.expires
    about = AskAddress(name, context.customer_id, taken.action_id, *kind, *times)
    yield replace(about, name=taken.name, offer=taken.offer or "", sent=True)
    for each in context.rejections:
        if each.action_id == taken.action_id:
            yield ReservationChanged(name, taken.action_id, out_at(taken), each.time)


def _in_known_words(purpose: str, channel: str) -> tuple[str, str]:
    """Of a word that nobody knows, tell only that it is none: it refuses all it may mean."""
    return (
        UNKNOWN if purpose.startswith(UNKNOWN) else purpose,
        ALL if channel.startswith(UNKNOWN) else channel,
    )
