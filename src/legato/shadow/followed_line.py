"""All partitions of a line in memory, under one playbook, over the log of another.

What is said about who is who does not depend on a playbook, so it is heard where the log has
it. But a merge carries a context, and both are named by revisions: there this line hears what
it said itself, in the place of what the log has. What is said about addresses is about actions,
so it is this line's own business: nothing of it is on the log.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from copy import copy

from msgspec import Struct, field

from legato.core.engine import (
    TIMERS_MOST,
    BatchResult,
    ContextTooLarge,
    Engine,
    EngineSetup,
    EntryFailed,
    LogBatch,
    LogEntry,
    TimerFailed,
)
from legato.core.events.event import Event
from legato.core.identity.commands import (
    AddressAnswered,
    AddressCommand,
    AskAddress,
    Command,
    Merge,
    Merged,
    MergeDeclined,
    RefusalHeard,
    ReservationChanged,
    WithdrawAction,
)
from legato.core.playbook.definition import Playbook
from legato.core.playbook.versions import PlaybookVersions
from legato.core.references.table import ReferenceTable
from legato.core.values.outputs import Output
from legato.operations.errors import OperationFailed
from legato.operations.tally import OutputCount, PlaybookTally
from legato.runtime.kafka.topic_layout import TopicLayout
from legato.settings import Settings
from legato.wire.blobs import TODAY
from legato.wire.state import SNAPSHOTS

WRITE_AT = 20_000
"""With so many contexts changed they are written down, so that others may rest as bytes."""
Twin = tuple[str, str, str]


class LineRules(Struct, frozen=True):
    """What a line goes by: a playbook, or upon it the versions that count; references."""

    playbook: Playbook
    references: ReferenceTable = field(default_factory=ReferenceTable)
    versions: PlaybookVersions | None = None


class FollowedLine:
    """The engines of one playbook, what they told each other, and a count of what they said."""

    def __init__(
        self,
        rules: LineRules,
        settings: Settings,
        layout: TopicLayout,
        contexts: Mapping[int, Mapping[str, bytes]],
    ) -> None:
        self._layout, self._count = layout, OutputCount()
        self._engines = {
            number: _engine(rules, settings, layout, number) for number in contexts
        }
        for number, snapshots in contexts.items():
            self._engines[number].restore(dict(snapshots))
        self._own: dict[Twin, Command] = {}
        self._asked: set[str] = set()
        self._unheard: deque[Command] = deque()

    def awaits(self, entry: LogEntry) -> bool:
        """Must this line say something itself before it can hear this?"""
        twin = twin_of(entry)
        return twin is not None and twin not in self._own

    def follow(self, number: int, entries: Iterable[LogEntry]) -> list[Output]:
        """Follow entries of a partition, and all that is said because of them.

        Raises OperationFailed for one on which the line would have failed as well.
        """
        heard = [each for entry in entries if (each := self._heard(entry)) is not None]
        outputs = self._process(number, heard)
        while self._unheard:
            command = self._unheard.popleft()
            outputs += self._process(self._layout.partition_for(command.to), [command])
        self._count.take(outputs)
        self._write_down(self._engines[number])
        return outputs

    def look_for_versions(self) -> None:
        """Another version of its playbook is known than before."""
        for engine in self._engines.values():
            engine.look_for_versions()

    def tally(self) -> PlaybookTally:
        """Return what was said so far."""
        return self._count.tally(self._root_of)

    def _heard(self, entry: LogEntry) -> LogEntry | None:
        """Return what this line hears in place of an entry; None if it hears nothing."""
        match entry:
            case Event():
                return copy(entry)
            case AskAddress() | ReservationChanged() | WithdrawAction():
                return None
            case AddressAnswered(action_id=name):
                # What had been asked before we began is answered on the log alone.
                return None if name in self._asked else entry
            case Merge() | Merged() | MergeDeclined():
                return self._own.pop(twin_of(entry) or ("", "", ""), entry)
            case _:
                return entry

    def _process(self, number: int, entries: Sequence[LogEntry]) -> list[Output]:
        try:
            result = self._engines[number].process(LogBatch(entries))
        except (EntryFailed, TimerFailed) as error:
            raise OperationFailed(
                f"partition {number} of `{self._layout.topics.customer_events}` holds what "
                f"cannot be followed with this playbook ({_cause(error)}); see whether "
                "`dead.letters` has it too, and start again"
            ) from error
        self._take(result)
        return result.outputs

    def _take(self, result: BatchResult) -> None:
        """Keep what is this line's own of what its slots tell each other."""
        for sent in result.sent:
            if isinstance(sent, Event | RefusalHeard):
                continue
            if isinstance(sent, AskAddress):
                self._asked.add(sent.action_id)
            if isinstance(sent, AddressCommand):
                self._unheard.append(sent)
            elif (twin := twin_of(sent)) is not None:
                self._own[twin] = sent

    def _write_down(self, engine: Engine) -> None:
        if engine.pending < WRITE_AT:
            return
        try:
            engine.checkpoint()
        except ContextTooLarge:
            # From now on it turns away what adds to them, as the line does.
            engine.checkpoint()
        engine.committed()

    def _root_of(self, customer_id: str) -> str:
        """Name the customer that this one was merged into, in whatever partition."""
        name, seen = customer_id, {""}
        while name not in seen:
            seen.add(name)
            name = self._engines[self._layout.partition_for(name)].root_of(name)
        return name


def twin_of(entry: LogEntry) -> Twin | None:
    """Name what a line says for itself by all but revision and content; None for all else."""
    match entry:
        case Merge(to=to, origin=origin):
            return "merge", to, origin
        case Merged(to=to, by=by) | MergeDeclined(to=to, by=by):
            return "answer", to, by
        case _:
            return None


def _engine(rules: LineRules, settings: Settings, layout: TopicLayout, number: int) -> Engine:
    identity = settings.identity
    setup = EngineSetup(
        rules.playbook,
        identity.identify,
        identity.rules,
        tuple(layout.clocks_of(number)),
        continuous=layout.backfill,
        cached_contexts=settings.worker.cached_contexts,
        versions=rules.versions,
        references=rules.references,
        partitions=layout.partition_count,
        history=layout.history_of(number),
        timers_most=TIMERS_MOST,
    )
    return Engine(setup, TODAY, SNAPSHOTS)


def _cause(error: Exception) -> str:
    cause = error.__cause__ or error
    return f"{type(cause).__name__}: {cause}"
