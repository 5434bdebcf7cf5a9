"""When an action reached the customer, and when they went along with it, as reported.

Kept beside what became of it, since what comes later may be put down to it
(`attribution.py`); the same in whichever order the reports come.
"""

from __future__ import annotations

from msgspec.structs import replace

from legato.core.context.context import ActionRecord
from legato.core.context.retention import MOST_CLICKS
from legato.core.values.time import Instant

_ENGAGED = frozenset(("opened", "viewed", "clicked", "rejected", "accepted"))
"""What nobody reports of an action that did not reach the customer."""
_LOST = frozenset(("failed", "expired"))
_WENT_ALONG = frozenset(("clicked", "accepted"))


def note_touch(taken: ActionRecord, told: str, time: Instant) -> None:
    """Note what a report says of when an action reached the customer."""
    if told in _LOST:
        taken.lost = max(time, taken.lost or time)
    if told in _ENGAGED:
        taken.engaged = True
    if told in _ENGAGED or told == "delivered":
        taken.reached = time if taken.reached is None else min(taken.reached, time)
    if told in _WENT_ALONG and time not in taken.clicked:
        taken.clicked = tuple(sorted((*taken.clicked, time))[-MOST_CLICKS:])


def has_reached(taken: ActionRecord) -> bool:
    """Did it reach the customer? What was delivered may still come back."""
    if taken.reached is None:
        return False
    came_back = taken.lost is not None and taken.lost >= (taken.delivered or taken.lost)
    return taken.engaged or not came_back


def unite_touches(last: ActionRecord, one: ActionRecord, other: ActionRecord) -> ActionRecord:
    """Give an action that two contexts know the touches of both, and what was reported."""
    both = (one, other)
    reached = min((at for each in both if (at := each.reached) is not None), default=None)
    lost = max((at for each in both if (at := each.lost) is not None), default=None)
    clicked = tuple(sorted({*one.clicked, *other.clicked})[-MOST_CLICKS:])
    return replace(
        last,
        reached=reached,
        lost=lost,
        engaged=one.engaged or other.engaged,
        clicked=clicked,
        status=last.became,
        reported="",
    )


def without_touches(taken: ActionRecord) -> ActionRecord:
    """Let nothing more be put down to an action."""
    return replace(taken, reached=None, lost=None, engaged=False, clicked=())
