"""The line of one partition as one closed object: what its log holds in, what comes of it out.

Everything that a partition does is here: contexts and their timers, the watermark, what slots
tell each other of identity, and the bytes in which all of it is kept. A worker, the harness, a
replay and a verification hold one of these, and nobody reaches inside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import TypeAlias, cast, get_args

from msgspec import Struct, field

from legato.core.context.codec import Codec, SnapshotCodec, UnknownVersion
from legato.core.context.context import Context
from legato.core.decisions.brake import Brake
from legato.core.decisions.history import NO_HISTORY, HistorySources, TimeOfDay
from legato.core.decisions.reports import Report
from legato.core.events.event import Event
from legato.core.identity.alias_index import Alias
from legato.core.identity.commands import Command
from legato.core.identity.customer_ids import Identify
from legato.core.identity.events import IdentityOutput
from legato.core.identity.rules import IdentityRules
from legato.core.line.context_store import ContextStore
from legato.core.line.partition import Partition, TimerFailed
from legato.core.line.reference_news import ReferenceNews
from legato.core.line.turns import PlaybookTurns
from legato.core.line.watermark import SourceWatermark, Watermark
from legato.core.linking.addresses import judges_of
from legato.core.linking.links import IdentityLinker
from legato.core.playbook.definition import Playbook
from legato.core.playbook.versions import PlaybookVersions
from legato.core.references.table import ReferenceTable
from legato.core.references.versions import ReferenceChange
from legato.core.situations.protocol import Upcoming
from legato.core.values.outputs import JourneyTouchpoint, Output
from legato.core.values.results import Ignored, Rejected, Unreadable
from legato.core.values.time import NEVER, Instant

__all__ = [
    "BRAKE",
    "CLOCK",
    "NO_HISTORY",
    "BatchResult",
    "ContextTooLarge",
    "Engine",
    "EngineSetup",
    "EntryFailed",
    "Explanation",
    "HistorySources",
    "LogBatch",
    "LogEntry",
    "SourceWatermark",
    "TimerFailed",
    "Upcoming",
]

CLOCK = "\x00clock"
"""The name under which the watermark lies among snapshots; no customer has it."""
BRAKE = "\x00brake"
"""The same for the slots that are taken of channels that have a rate."""
FULL = Rejected("context_full", "the customer's context has no room for more; see the glossary")

LogEntry: TypeAlias = (
    Event | Command | SourceWatermark | ReferenceChange | Unreadable | Rejected | Ignored
)
"""What a record of a partition's log may be; the last two were turned away when read."""
Refusal: TypeAlias = Unreadable | Rejected | Ignored
_REFUSALS = frozenset(get_args(Refusal))


TIMERS_MOST = 2_000
"""So many timers fire at an entry of the log at most: some tenths of a second of work."""


class EngineSetup(Struct, frozen=True):
    """What an engine needs to know; `sources` (`topic/0`) hold its watermark back.

    `history` are those of them that tell of the past, for which nothing goes out.

    With `versions`, `playbook` is what they begin with, and counts until the first does.
    `references` are kept by whoever sets it up, and read as they are then.
    Each of `partitions` has its share of what the playbook allows to go out in an hour.

    With `continuous`, time passes evenly between two entries, else a jump of the watermark
    means that the process was away. At an entry at most `timers_most` timers fire, then the
    clock waits for the next; 0 = all.
    """

    playbook: Playbook
    identify: Identify
    rules: IdentityRules
    sources: tuple[str, ...] = ()
    continuous: bool = True
    cached_contexts: int = 200_000
    context_bytes: int = 512 * 1024
    touchpoints: bool = False
    versions: PlaybookVersions | None = None
    references: ReferenceTable = field(default_factory=ReferenceTable)
    partitions: int = 1
    history: HistorySources = NO_HISTORY
    timers_most: int = 0


class LogBatch(Struct, frozen=True):
    """Entries in the order of the log, and how time stands at each.

    Without `times`, it is the watermarks among the entries that move time. With `source`, the
    times are those of this source, and the watermark follows the slowest of all; with times
    alone, they are the watermark. `values` are the entries as bytes, where they have a size.
    """

    entries: Sequence[LogEntry]
    times: Sequence[Instant] | None = None
    source: str = ""
    values: Sequence[bytes | None] = ()


class BatchResult(Struct):
    """What came of a batch, or of time: each list in order.

    `sent` goes to other slots, `aliases` say where identifiers lead now, `identity` what was
    linked, merged or refused, and `refused` which entries were not followed, by their index.
    `touchpoints` has one for each event that was followed, if the engine was set up to tell.
    `reports` say what became of actions, and which runs were dropped.
    """

    outputs: list[Output]
    sent: list[Command | Event]
    aliases: dict[str, Alias | None]
    identity: list[IdentityOutput]
    refused: list[tuple[int, Refusal]]
    touchpoints: list[JourneyTouchpoint]
    reports: list[Report]


class Explanation(Struct, frozen=True):
    """What is known of a customer now, under the name that theirs leads to; what comes next."""

    customer_id: str
    context: Context
    upcoming: tuple[Upcoming, ...]


class EntryFailed(Exception):
    """An entry of a batch raised; the cause is the exception's cause."""

    def __init__(self, index: int) -> None:
        super().__init__(f"entry {index} of a batch failed")
        self.index = index


class ContextTooLarge(Exception):
    """Contexts are too large to be written; what adds to them is turned away from now on."""


class Engine:
    """Restored once; then batches and time in, and now and then a checkpoint.

    What happened since the last checkpoint is undone by building all anew from its bytes: the
    scan that ends a restore, so there is one way to be right.
    """

    def __init__(self, setup: EngineSetup, codec: Codec, snapshots: SnapshotCodec) -> None:
        self._setup, self._codec, self._snapshots = setup, codec, snapshots
        self._store = ContextStore(snapshots.read_snapshot, setup.cached_contexts)
        self._suspended: set[str] = set()
        self._guarded: set[str] = set()
        self._turns: PlaybookTurns | None = None
        self._own_committed: dict[str, bytes] = {}
        self._own_in_flight: dict[str, bytes] = {}
        self._start()

    # -- the log ---------------------------------------------------------------------------

    def process(self, batch: LogBatch) -> BatchResult:
        """Follow the entries of a batch.

        Raises EntryFailed, TimerFailed or UnknownVersion; then `rolled_back` must be called.
        """
        self._clock_moved = True
        refused: list[tuple[int, Refusal]] = []
        self._follow(batch, refused)
        if batch.source and batch.times:
            self._note_passed(batch.source, max(batch.times))
            self._partition.advance(self._watermark.advance(batch.source, max(batch.times)))
        return self._said(refused)

    def pass_time(self, now: Instant, source: str = "") -> BatchResult:
        """Let time pass up to `now`, or as far as all sources allow once this one passed it."""
        self._clock_moved = True
        self._note_passed(source, now)
        self._partition.advance(self._watermark.advance(source, now) if source else now)
        return self._said([])

    def look_for_versions(self) -> None:
        """Another version of the playbook is known than when this was called last."""
        if self._turns is not None:
            self._turns.look()

    # -- checkpoints -----------------------------------------------------------------------

    def restore(self, snapshots: dict[str, bytes]) -> None:
        """Start from what the changelog holds; raises StateError."""
        own = [name for name in snapshots if name.startswith("\x00")]
        self._own_committed = {name: snapshots.pop(name) for name in own}
        self._own_in_flight = self._own_committed
        self._store.committed = snapshots
        self._store.on_aborted()
        self.roll_back()

    def checkpoint(self) -> dict[str, bytes]:
        """Write all that changed since the last one: customers' contexts, and the watermark.

        Raises ContextTooLarge, and then nothing was taken.
        """
        partition = self._partition
        write = self._snapshots.write_snapshot
        snapshots = {name: write(context) for name, context in partition.dirty.items()}
        self._check_sizes(snapshots)
        self._news.look_again()
        partition.dirty = {}
        self._store.in_flight = snapshots
        self._store.evict(partition.cache, snapshots)
        return {**snapshots, **self._own_changed()}

    def _own_changed(self) -> dict[str, bytes]:
        """Write what is the partition's own, where it changed."""
        known, self._clock_moved = self._own_in_flight, False
        own = {CLOCK: self._snapshots.write_clock(self._watermark.passed)}
        if BRAKE in known or any(self._brake.taken.values()):
            own[BRAKE] = self._snapshots.write_brake(self._brake.taken)
        self._own_in_flight = {**known, **own}
        return {name: blob for name, blob in own.items() if blob != known.get(name)}

    def committed(self) -> None:
        """The last checkpoint is kept."""
        self._store.on_committed()
        self._own_committed = self._own_in_flight

    def aborted(self) -> None:
        """The last checkpoint came to nothing; `roll_back` leads to the one before."""
        self._store.on_aborted()
        self._own_in_flight = self._own_committed

    def roll_back(self) -> None:
        """Forget everything since the last checkpoint."""
        has_news = self._news.is_kept
        dues = self._snapshots.due_times(self._store.snapshots())
        self._start(self._reached(dues))
        self._partition.restore_timers(dues)
        if has_news:
            self._news.keep()

    def suspend(self, customer_id: str) -> None:
        """Let time pass for this customer no more."""
        self._suspended.add(customer_id)

    # -- what there is to see --------------------------------------------------------------

    @property
    def pending(self) -> int:
        """How many snapshots the next checkpoint will write."""
        return len(self._partition.dirty) + self._clock_moved

    @property
    def clock(self) -> Instant:
        """How far time has come."""
        return self._partition.clock

    @property
    def passed(self) -> Mapping[str, Instant]:
        """What each source has passed on."""
        return self._watermark.passed

    @property
    def contexts(self) -> Mapping[str, Context]:
        """The contexts that are decoded, by customer."""
        return self._partition.cache

    @property
    def dues(self) -> dict[str, Instant]:
        """When each customer is next due, of those who ever will be."""
        return self._partition.dues

    @property
    def next_due(self) -> Instant:
        """When something may be due for somebody; NEVER if nothing will be."""
        return self._partition.next_due

    @property
    def timers(self) -> int:
        """For how many customers something may be due later."""
        return len(self._partition.timers)

    def __len__(self) -> int:
        """How many contexts are committed."""
        return len(self._store)

    def explain(self, customer_id: str) -> Explanation | None:
        """Say what is known of a customer and what comes next; None of somebody unknown."""
        context = self._partition.context_of(self.root_of(customer_id))
        if not context.revision:
            return None
        return Explanation(
            context.customer_id, context, tuple(self._partition.playbook.upcoming(context))
        )

    def root_of(self, customer_id: str) -> str:
        """Name the customer that this one was merged into, or who has this device now."""
        context = self._partition.context_of(customer_id)
        while context.identity is not None and context.identity.forward:
            context = self._partition.context_of(context.identity.forward)
        return context.customer_id

    # -- inside ----------------------------------------------------------------------------

    def _reached(self, dues: Mapping[str, Instant]) -> Instant:
        """How far the clock may have come at most: what is due has fired before that."""
        if not self._setup.timers_most:
            return NEVER
        waiting = (due for name, due in dues.items() if name not in self._suspended)
        return min(waiting, default=NEVER) - 1

    def _start(self, reached: Instant = NEVER) -> None:
        setup = self._setup
        own = self._own_in_flight
        known = self._snapshots.read_clock(own.get(CLOCK, b""))
        self._watermark = Watermark(setup.sources, known)
        self._start_day(known)
        now, versions = min(self._watermark.now(), reached), setup.versions
        playbook = setup.playbook if versions is None else versions.at(now)
        taken = self._snapshots.read_brake(own.get(BRAKE, b""))
        self._brake = Brake(playbook.rates, setup.partitions, taken)
        self._partition = Partition(
            playbook,
            self._codec,
            self._store.load,
            continuous=setup.continuous,
            touchpoints=setup.touchpoints,
            reports=True,
            judges=judges_of(setup.identify, setup.rules),
            references=setup.references,
            brake=self._brake,
            timers_most=setup.timers_most,
        )
        self._partition.asking.time_of_day = self._time_of_day
        self._partition.suspended = self._suspended
        self._partition.clock = now
        self._links = IdentityLinker(
            self._partition, setup.identify, setup.rules, setup.context_bytes
        )
        self._news = ReferenceNews(self._partition, self._store, self._codec, self._snapshots)
        self._turns = None
        if versions is not None:
            self._turns = PlaybookTurns(self._partition, self._store, self._snapshots, versions)
        self._clock_moved = False

    def _start_day(self, known: dict[str, Instant]) -> None:
        """See how far those sources have come that follow the time of day."""
        history = self._setup.history
        live = (name for name in self._setup.sources if name not in history.clocks)
        self._live = Watermark(live, known)
        self._time_of_day = TimeOfDay(history.names, self._live.now())

    def _note_passed(self, source: str, time: Instant) -> None:
        self._time_of_day.time = self._live.advance(source, time)

    def _clocks(self, batch: LogBatch) -> Sequence[Instant]:
        """How far time has come at each entry."""
        if batch.times is None:
            return self._clocks_among(batch.entries)
        if not batch.source:
            return batch.times
        passed = self._watermark.passed
        others = min((at for name, at in passed.items() if name != batch.source), default=NEVER)
        highs = accumulate(batch.times, max, initial=passed[batch.source])
        return [high if high < others else others for high in highs][1:]

    def _clocks_among(self, entries: Sequence[LogEntry]) -> list[Instant]:
        clock, clocks = max(self._partition.clock, self._watermark.now()), []
        for entry in entries:
            if type(entry) is SourceWatermark:
                clock = self._watermark.advance(entry.source, entry.time)
            clocks.append(clock)
        return clocks

    def _follow(self, batch: LogBatch, refused: list[tuple[int, Refusal]]) -> None:
        feed, route, guarded = self._partition.feed, self._links.route, self._guarded
        why: Refusal | None
        index = -1
        try:
            pairs = zip(batch.entries, self._clocks(batch), strict=True)
            for index, (entry, clock) in enumerate(pairs):
                if not isinstance(entry, Event):
                    why = self._hear(entry, clock)
                elif guarded and self._outgrows(entry, batch.values[index]):
                    why = FULL
                elif (answer := feed(entry, clock)) is None:
                    continue
                else:
                    why = route(entry, answer)
                if why is not None:
                    refused.append((index, why))
        except (TimerFailed, UnknownVersion):
            raise
        except Exception as error:
            raise EntryFailed(index) from error

    def _hear(self, entry: LogEntry, clock: Instant) -> Refusal | None:
        """Take what is no event: how far time came, what another slot says, or nothing."""
        # `isinstance` asks the metaclass of a struct each time that it is none of its own.
        if type(entry) in _REFUSALS:
            return cast("Refusal", entry)
        if type(entry) is SourceWatermark:
            self._note_passed(entry.source, entry.time)
            self._partition.advance(clock)
            return None
        self._partition.advance(clock)
        if type(entry) is ReferenceChange:
            self._links.sent += self._news.of(entry)
        else:
            self._links.take(cast("Command", entry))
        return None

    def _said(self, refused: list[tuple[int, Refusal]]) -> BatchResult:
        """Take what was said since the last time."""
        partition, links = self._partition, self._links
        touchpoints = list(partition.touchpoints or ())
        reports = list(partition.reports or ())
        links.sent += partition.commands
        partition.commands.clear()
        said = BatchResult(
            partition.outputs,
            links.sent,
            links.aliases,
            links.told,
            refused,
            touchpoints,
            reports,
        )
        partition.outputs = []
        if partition.touchpoints:
            partition.touchpoints.clear()
        if partition.reports:
            partition.reports.clear()
        links.clear()
        return said

    def _outgrows(self, event: Event, value: bytes | None) -> bool:
        """Would this event make a context too large to be written, that nearly is?"""
        customer_id = event.customer_id
        if customer_id not in self._guarded:
            return False
        context = self._partition.context_of(customer_id)
        size = len(self._snapshots.write_snapshot(context)) if context.revision else 0
        return size + len(value or b"") > self._setup.context_bytes

    def _check_sizes(self, snapshots: Mapping[str, bytes]) -> None:
        """Turn away what adds to a context that became too large; let go of one that shrank."""
        most = self._setup.context_bytes
        if not self._guarded and max(map(len, snapshots.values()), default=0) <= most:
            return
        large = {name for name, blob in snapshots.items() if len(blob) > most} - self._guarded
        if large:
            self._guarded |= large
            raise ContextTooLarge
        for customer_id in self._guarded & snapshots.keys():
            if len(snapshots[customer_id]) < most // 2:
                self._guarded.discard(customer_id)
