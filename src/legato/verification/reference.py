"""The reference: the same log followed once more, by one thread, in one go, without Kafka.

customer.events is that log: who an event belongs to and in which order its customer's partition
took it, with the clock records and what slots tell each other of identity between. What two
partitions do at the same time has no order until the log gives it one; from there on everything
is determined, and a crash may not show. That the log itself holds each event of the source once
is counted apart (`identify_check.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from legato.core.context.context import Context
from legato.core.engine import (
    NO_HISTORY,
    TIMERS_MOST,
    BatchResult,
    Engine,
    EngineSetup,
    HistorySources,
    LogBatch,
)
from legato.core.events.event import Event
from legato.core.identity.commands import Command
from legato.core.identity.events import IdentityOutput
from legato.core.playbook.definition import Playbook
from legato.core.playbook.versions import PlaybookVersions
from legato.core.references.table import ReferenceTable
from legato.core.values.outputs import Output
from legato.core.values.time import Instant
from legato.queries.topic_reader import TopicRecord
from legato.settings import IdentitySettings
from legato.wire.blobs import TODAY
from legato.wire.state import SNAPSHOTS
from legato.wire.topics.commands import read_entry


class Reference:
    """One partition of the log, followed from its beginning.

    `sent` is what its slots tell others, which must lie in the log as well; `told` what they
    say of identity.
    """

    def __init__(  # noqa: PLR0913 - all that the line goes by
        self,
        playbook: Playbook,
        sources: Iterable[str],
        identity: IdentitySettings | None = None,
        references: ReferenceTable | None = None,
        *,
        continuous: bool = True,
        versions: PlaybookVersions | None = None,
        partitions: int = 1,
        history: HistorySources = NO_HISTORY,
    ) -> None:
        identity = identity or IdentitySettings()
        self.sent: list[Command | Event] = []
        self.told: list[IdentityOutput] = []
        self.outputs: list[Output] = []
        # Where the sources' clock is the time of their events, time passes evenly.
        setup = EngineSetup(
            playbook,
            identity.identify,
            identity.rules,
            tuple(sources),
            continuous=continuous,
            versions=versions,
            references=ReferenceTable() if references is None else references,
            partitions=partitions,
            history=history,
            timers_most=TIMERS_MOST,
        )
        self._engine = Engine(setup, TODAY, SNAPSHOTS)

    @property
    def contexts(self) -> Mapping[str, Context]:
        """The contexts as they are by now."""
        return self._engine.contexts

    @property
    def passed(self) -> Mapping[str, Instant]:
        """How far time has come at each source."""
        return self._engine.passed

    def follow(self, records: Iterable[TopicRecord]) -> list[Output]:
        """Follow records in the order of their offsets; return all that was said so far."""
        for record in records:
            result = self.step([record])
            self.outputs += result.outputs
            self.sent += result.sent
            self.told += result.identity
        return self.outputs

    def step(self, records: Iterable[TopicRecord]) -> BatchResult:
        """Follow some records, and keep nothing of what comes of them but the contexts."""
        entries = [read_entry(record.key, record.value) for record in records]
        return self._engine.process(LogBatch(entries))
