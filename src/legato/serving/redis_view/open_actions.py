"""Until when an action is open: what becomes of it, and on which channel, says so.

The line holds an action for sent as long as it may still work on the customer; here it is open
as long as somebody may still have to do something about it. What reached the customer is done
where it is pushed, such as an email; a shop, a desk or a page that was shown it goes on.
"""

from __future__ import annotations

from msgspec import Struct

from legato.core.context.context import Context
from legato.core.values.outputs import Action
from legato.core.values.time import Instant
from legato.settings import ViewSettings

OVER = frozenset(
    (
        *("accepted", "rejected", "converted", "failed", "expired"),
        *("revoked", "revoked_too_late"),
    )
)
"""What closes an action, wherever it is."""
REACHED = frozenset(("delivered", "opened", "viewed", "clicked"))
"""What closes it where nothing is shown on."""


class Closing(Struct, array_like=True, frozen=True, gc=False):
    """That an action is closed, as the script takes it.

    `until` is when the mark of it leaves Redis if the action is not there.
    """

    action_id: str
    reason: str
    until: Instant


class OpenRule(Struct, frozen=True):
    """Which channels show an action, and where: at a venue, in a queue or on a page.

    `default_queue` is the queue of contacts that name none.
    """

    venues: frozenset[str]
    queues: frozenset[str]
    pages: frozenset[str]
    default_queue: str = ""

    @classmethod
    def of(cls, settings: ViewSettings) -> OpenRule:
        """Take them from the settings."""
        return cls(
            frozenset(settings.venue_channels),
            frozenset(settings.queue_channels),
            frozenset(settings.page_channels),
            settings.default_queue,
        )

    def venue_of(self, action: Action) -> str:
        """Name the venue where an action waits; empty if at none."""
        return action.address if action.channel in self.venues else ""

    def queue_of(self, action: Action) -> str:
        """Name the queue in which an action waits; empty if in none."""
        return action.address if action.channel in self.queues else ""

    def closes(self, became: str, channel: str) -> bool:
        """Is an action of this channel closed by what became of it?"""
        if became in OVER:
            return True
        return became in REACHED and channel not in self.venues | self.queues | self.pages

    def closed_in(self, context: Context, now: Instant) -> list[Closing]:
        """Name the actions of a context that are closed, and would be open otherwise."""
        return [
            Closing(taken.action_id, taken.status, taken.expires)
            for taken in context.actions
            if taken.expires > now and self.closes(taken.status, taken.channel)
        ]
