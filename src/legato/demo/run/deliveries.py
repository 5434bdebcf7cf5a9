"""What an adapter does with actions: once, not too early, not too late, not when taken back.

Pure: it is told what arrives and what time it is, and answers what is to be done.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from heapq import heappop, heappush
from typing import NamedTuple

from legato.core.values.outputs import Action, Revoked
from legato.core.values.time import NEVER, Instant
from legato.serving.adapters.machine.commands import DeliveryResult
from legato.wire.topics.outcomes import Outcome

REMEMBER = 100_000


class ActionPlace(NamedTuple):
    """Where a record lies."""

    topic: str
    partition: int
    offset: int


def outcome_of(done: DeliveryResult) -> Outcome | None:
    """Make the report on an action, where there is something to report."""
    of, what = done.of, done.what
    if what == "held" or what == "revoked" or what == "retried":
        return None
    return Outcome(of.action_id, of.customer_id, of.channel, what, done.time)


class Deliveries:
    """The actions of the partitions that this adapter holds: waiting, done, taken back."""

    def __init__(self) -> None:
        self._finished: OrderedDict[str, bool] = OrderedDict()
        self._held: dict[str, tuple[Action, ActionPlace]] = {}
        self._due: list[tuple[Instant, str]] = []
        self._read: dict[tuple[str, int], int] = {}

    @property
    def next_due(self) -> Instant:
        """When the next action that waits may go out; NEVER if none waits."""
        return self._due[0][0] if self._due else NEVER

    def remember(self, action_id: str, *, delivered: bool) -> None:
        """Take note of what was reported of an action before: it is not done again."""
        self._finish(action_id, delivered=delivered)

    def take(
        self, record: Action | Revoked, place: ActionPlace, now: Instant
    ) -> list[DeliveryResult]:
        """Follow one record."""
        self._read[place[:2]] = place.offset + 1
        if isinstance(record, Revoked):
            return self._take_back(record, now)
        if record.action_id in self._finished or record.action_id in self._held:
            return []
        if record.not_before <= now or record.expires_at <= now:
            return [self._settle(record, now)]
        self._held[record.action_id] = record, place
        heappush(self._due, (record.not_before, record.action_id))
        return [DeliveryResult("held", record, now)]

    def skip(self, place: ActionPlace) -> None:
        """Pass over a record that is no action."""
        self._read[place[:2]] = place.offset + 1

    def wake(self, now: Instant) -> list[DeliveryResult]:
        """Do what has waited until now."""
        done: list[DeliveryResult] = []
        while self._due and self._due[0][0] <= now:
            _, action_id = heappop(self._due)
            if action_id in self._held:
                action, _ = self._held.pop(action_id)
                done.append(self._settle(action, now))
        return done

    def frontiers(self) -> dict[tuple[str, int], int]:
        """Say for each partition from which offset on a successor would have to read."""
        frontiers = dict(self._read)
        for _, place in self._held.values():
            at = place[:2]
            frontiers[at] = min(frontiers[at], place.offset)
        return frontiers

    def leave(self, partitions: Iterable[tuple[str, int]]) -> None:
        """Forget partitions that another adapter holds from now on."""
        for partition in partitions:
            self._read.pop(partition, None)
        self._held = {
            action_id: (action, place)
            for action_id, (action, place) in self._held.items()
            if place[:2] in self._read
        }

    def _take_back(self, revoked: Revoked, now: Instant) -> list[DeliveryResult]:
        held = self._held.pop(revoked.action_id, None)
        delivered = self._finished.get(revoked.action_id, False)
        self._finish(revoked.action_id, delivered=False)
        if delivered:
            return [DeliveryResult("revoked_too_late", revoked, now)]
        return [] if held is None else [DeliveryResult("revoked", held[0], now)]

    def _settle(self, action: Action, now: Instant) -> DeliveryResult:
        expired = action.expires_at <= now
        self._finish(action.action_id, delivered=not expired)
        return DeliveryResult("expired" if expired else "delivered", action, now)

    def _finish(self, action_id: str, *, delivered: bool) -> None:
        """Remember an action as done with, and whether it can still be taken back too late."""
        self._finished[action_id] = delivered
        self._finished.move_to_end(action_id)
        if len(self._finished) > REMEMBER:
            self._finished.popitem(last=False)
