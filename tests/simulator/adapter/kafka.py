"""What outlives every adapter of a simulated world: topics, holds, offsets, and the calls."""

from __future__ import annotations

from msgspec import Struct

from legato.core.values.outputs import Action, Revoked
from legato.core.values.results import Unreadable
from legato.core.values.time import Instant, Span
from legato.serving.adapters.machine.commands import Letter, Store
from legato.serving.adapters.machine.ending import Ending
from legato.serving.adapters.machine.facts import TP, ActionsRecord
from legato.serving.adapters.machine.frontier import ReadingProgress, read_progress
from legato.serving.adapters.machine.holds_book import HoldsBook
from legato.wire.topics.holds import Hold, HoldKey, PartitionClaim, Release
from legato.wire.topics.outcomes import Outcome

TOPIC = "actions.email"
SKEW_MOST: Span = 2_000
OVER = ("delivered", "failed", "expired")


class Call(Struct):
    """One call of the provider: by whom, knowing what, and what it came to.

    Who is `evicted` has lost its partition and does not know it yet: it can commit nothing.
    """

    at: Instant
    member: int
    tp: TP
    action: Action
    known: Instant
    evicted: bool = False
    answer: str = ""
    ended: Instant = 0
    not_before: Instant = 0


class AdapterWorld:
    """Kafka, the view and the provider's book, with the faults found as things are written."""

    def __init__(self, partitions: int) -> None:
        self.logs: dict[TP, list[ActionsRecord]] = {(TOPIC, n): [] for n in range(partitions)}
        self._unseen: dict[TP, list[ActionsRecord]] = {tp: [] for tp in self.logs}
        self.ends: dict[TP, int] = dict.fromkeys(self.logs, 0)
        self.places: dict[TP, tuple[int, str]] = {}
        self.hold_log: list[PartitionClaim | Hold | Release] = []
        self.outcomes: list[tuple[Outcome, Instant]] = []
        self.letters: list[Letter] = []
        self.calls: list[Call] = []
        self.refused: dict[str, Instant] = {}
        self.disruptions: dict[TP, list[Instant]] = {tp: [] for tp in self.logs}
        self.faults: list[str] = []
        self.opened: dict[tuple[int, TP], Instant] = {}
        self._over: dict[str, Instant] = {}
        self._revoked: dict[str, Instant] = {}
        self.fetch = 25
        self.view_away = self.provider_away = self.is_quiet = False

    def append(
        self,
        number: int,
        said: Action | Revoked | Unreadable,
        record: ActionsRecord,
        gap: int,
    ) -> None:
        """Put a record on the topic; sometimes a marker of a transaction lies between."""
        tp = TOPIC, number
        self.logs[tp].append(record)
        self._unseen[tp].append(record)
        self.ends[tp] = record.offset + 1 + gap
        if isinstance(said, Revoked):
            self._revoked.setdefault(said.action_id, record.time)

    def over_since(self, action_id: str) -> Instant | None:
        """Since when it is known of an action how it ended, by the topics."""
        return self._over.get(action_id)

    def revoked_since(self, action_id: str) -> Instant | None:
        """Since when its revocation lies on the topic."""
        return self._revoked.get(action_id)

    def write(self, store: Store, now: Instant) -> None:
        """Write what is to be there before the hold goes."""
        for outcome in store.outcomes:
            self.outcomes.append((outcome, now))
            if outcome.status in OVER:
                self._over.setdefault(outcome.action_id, now)
        if store.letter is not None:
            self.letters.append(store.letter)
        if store.hold is not None:
            self.hold_log.append(store.hold)

    def reported(self, since: Instant) -> dict[str, Ending]:
        """Of which actions there are reports of late."""
        endings = {"delivered": Ending.DELIVERED, "failed": Ending.FAILED}
        return {
            each.action_id: endings.get(each.status, Ending.FAILED)
            for each, at in self.outcomes
            if at >= since and each.status in OVER
        }

    def book(self) -> HoldsBook:
        """Read `adapter.holds` from its start."""
        book = HoldsBook()
        for record in self.hold_log:
            book.take(record)
        return book

    @property
    def holds(self) -> set[HoldKey]:
        """Which actions are held now."""
        book = self.book()
        return {each.key for tp in self.logs for each in book.holds(tp)}

    def commit(self, places: dict[TP, tuple[int, str]]) -> None:
        """Take offsets, and see that nothing is lost by them."""
        for tp, (offset, metadata) in places.items():
            if len(metadata) > 3_500:
                self.faults.append(f"metadata of {len(metadata)} bytes")
            progress = read_progress(offset, metadata)
            self.places[tp] = offset, metadata
            self._see_done(tp, progress)

    def _see_done(self, tp: TP, progress: ReadingProgress) -> None:
        """Look at each record that a commit calls done, once."""
        open_, held = [], self.holds
        for record in self._unseen[tp]:
            if not progress.is_done(record.offset):
                open_.append(record)
            elif not self._is_safe(tp, record, progress, held):
                self.faults.append(f"lost by a commit: {tp} {record.offset} {record.said}")
        self._unseen[tp] = open_

    def _is_safe(
        self,
        tp: TP,
        record: ActionsRecord,
        progress: ReadingProgress,
        held: set[HoldKey],
    ) -> bool:
        match record.said:
            case Action(action_id=action_id):
                others = any(
                    isinstance(each.said, Action)
                    and each.said.action_id == action_id
                    and not progress.is_done(each.offset)
                    for each in self.logs[tp]
                )
                is_held = HoldKey(*tp, action_id) in held
                ended = action_id in self._over or action_id in self._revoked
                return ended or is_held or others
            case Unreadable():
                return any(each.at.offset == record.offset for each in self.letters)
            case Revoked():
                return True
