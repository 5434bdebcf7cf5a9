"""When an action reached the customer, and when they went along with it, as reported.

Kept beside what became of it, since what comes later may be put down to it
(`attribution.py`); the same in whichever order the reports come.
"""

from __future__ import annotations

from msgspec.structs import replace

from legato.core.context.context import ActionRecord
from legato.core.context.retention import MOST_CLICKS
from legato.core.values.time import Instant

_REACHED = frozenset(("delivered", "opened", "viewed", "clicked", "rejected", "accepted"))
"""What nobody reports of an action that did not reach the customer."""
_WENT_ALONG = frozenset(("clicked", "accepted"))


def note_touch(taken: ActionRecord, told: str, time: Instant) -> None:
    """Note what a report says of when an action reached the customer."""
    if told in _REACHED:
        taken.reached = time if taken.reached is None else min(taken.reached, time)
    if told in _WENT_ALONG and time not in taken.clicked:
        taken.clicked = tuple(sorted((*taken.clicked, time))[-MOST_CLICKS:])


def unite_touches(last: ActionRecord, one: ActionRecord, other: ActionRecord) -> ActionRecord:
    """Give an action that two contexts know the touches of both, and what was reported."""
    reached = min((at for at in (one.reached, other.reached) if at is not None), default=None)
    clicked = tuple(sorted({*one.clicked, *other.clicked})[-MOST_CLICKS:])
    return replace(last, reached=reached, clicked=clicked, status=last.became, reported="")


def without_touches(taken: ActionRecord) -> ActionRecord:
    """Let nothing more be put down to an action."""
    return replace(taken, reached=None, clicked=())
