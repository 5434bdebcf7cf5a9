"""What is reported of actions and of dropped runs, for those who count: never by customer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from msgspec import Struct

from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.events.payloads import ActionFeedback, BouncePayload
from legato.core.situations.protocol import RunDropped

REPORTED = frozenset(
    (
        *("delivered", "failed", "bounced", "opened", "viewed", "clicked"),
        *("accepted", "rejected", "expired", "revoked_too_late"),
    )
)
"""What is counted as it is reported; what was converted, `attribution.py` works out."""


class ActionReport(Struct, frozen=True, gc=False):
    """That something became of an action: its name, its channel, and what."""

    action: str
    channel: str
    outcome: str


Report: TypeAlias = ActionReport | RunDropped
"""What those who count want to know besides what is said."""


def reports_of(
    context: Context, event: Event, news: ActionFeedback | BouncePayload
) -> Iterator[ActionReport]:
    """Yield what an event says of an action of this customer; nothing of one that is none."""
    outcome = event.type.partition(".")[2]
    if outcome in REPORTED:
        for taken in context.actions:
            if taken.action_id == news.action_id:
                yield ActionReport(taken.name, taken.channel, outcome)
