"""A story: events and the time between them, told to a harness."""

from __future__ import annotations

from copy import copy

from legato.core.events.event import Event
from legato.core.playbook.definition import Playbook
from legato.core.values.outputs import Decision
from legato.core.values.results import Ignored, Rejected
from legato.harness import Harness
from legato.testing.events import instant


def story(*steps: Event | str, playbook: Playbook | None = None) -> Harness:
    """Tell events in this order to a harness, and let time pass up to each text between them.

    A text is read by `instant`; no playbook means the one that Legato ships. Raises ValueError
    when an event is rejected. The harness goes on from there:

    >>> from legato.testing import event
    >>> harness = story(event("cart.item_added", sku="SHOE-42"), "+1h")
    >>> [(found.situation, found.stage) for found in harness.situations]
    [('cart_abandoned', 1)]
    >>> harness.wait_until(instant("+1d")).situations[-1].stage
    2
    """
    harness = Harness(playbook)
    for step in steps:
        match step:
            case str():
                harness.wait_until(instant(step))
            case Event():
                _follow(harness, step)
    return harness


def _follow(harness: Harness, event: Event) -> None:
    """Hand over a copy, since the line writes down whose it is; an event may be told again."""
    match harness.take(copy(event)):
        case Rejected(message=why):
            raise ValueError(f"`{event.type}` was rejected: {why}")
        case Ignored() | None:
            """It was followed, or had been before."""


def losers(decision: Decision) -> dict[str, str]:
    """Map each candidate that lost to its reason code (docs/glossary.md).

    >>> from legato.testing import event
    >>> losers(story(event("cart.item_added", sku="SHOE"), "+1h").decisions[0])["remind_by_sms"]
    'not_eligible'
    """
    return {each.action: each.reason for each in decision.candidates if each.reason != "won"}
