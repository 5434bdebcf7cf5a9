"""One partition's customers between two cuts: table, timers, clock, and what to write."""

from __future__ import annotations

import msgspec

from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.identity.events import word_of
from legato.core.line.watermark import Watermark
from legato.core.linking.links import IdentityLinker
from legato.core.values.outputs import Output
from legato.core.values.results import Rejected
from legato.runtime.kafka.topic_layout import clock_name
from legato.runtime.machine.checkpoint import CLOCK, Outgoing, Share
from legato.runtime.machine.counts import Tally
from legato.runtime.machine.task import Clocked, Overgrown
from legato.runtime.processors.context_store import Table
from legato.runtime.processors.followed import Followed
from legato.runtime.processors.job import Plan
from legato.runtime.processors.record_writer import Scribe
from legato.wire.blobs import TODAY, StateError
from legato.wire.state import due_times, write_context
from legato.wire.topics.clock import read_clock, write_clock


class Home:
    """Restored once; cut, kept, dropped and rewound from then on.

    Whatever happened since the last cut is undone by building partition and clock anew from
    the table's bytes: the same scan that ends a restore, so there is one way to be right.
    """

    def __init__(self, plan: Plan, number: int) -> None:
        self.number = number
        self.plan = plan
        self.table = Table(plan.limits.live_contexts)
        self.scribe = Scribe(plan.layout.topics, plan.registry, plan.limits.letter_bytes)
        self.muted: dict[str, Rejected] = {}
        self.guarded: set[str] = set()
        self._told: set[str] = set()
        self._telling: set[str] = set()
        self._sources = plan.layout.clocks_of(number)
        self._live = plan.layout.live_clocks(number)
        self._clock_committed = self._clock_cut = b""
        self._start()

    def open(self, images: dict[str, bytes]) -> None:
        """Start from the changelog's last values; raises StateError."""
        self._clock_committed = self._clock_cut = images.pop(CLOCK, b"")
        self.table.committed = images
        self.table.drop()
        self.rewind()

    def rewind(self) -> None:
        """Forget everything since the last cut."""
        self._start()
        self.partition.restore_timers(due_times(self.table.images()))

    def _start(self) -> None:
        plan = self.plan
        self.clock = Watermark(self._sources, _read_clock(self._clock_cut))
        self.partition = Followed(
            plan.playbook,
            TODAY,
            self.table.find,
            continuous=plan.layout.backfill,
            muted=self.muted,
        )
        self.partition.clock = self.clock.now()
        most = plan.limits.context_bytes
        self.links = IdentityLinker(self.partition, plan.identify, plan.rules, most)
        self.records: list[Outgoing] = [
            self.scribe.timer_letter(customer_id, self.number, why)
            for customer_id, why in self.muted.items()
            if customer_id not in self._told
        ]
        self.outputs: list[Output] = []
        self.tally = Tally()
        self.clock_moved = False

    @property
    def pending(self) -> int:
        """How much there is to cut, in records."""
        return len(self.records) + len(self.partition.dirty) + self.clock_moved

    def slowest(self) -> Clocked | None:
        """The source whose clock is furthest behind, of those that follow the time of day."""
        passed = self.clock.passed
        tp = min(self._live, key=lambda tp: passed[clock_name(tp)], default=None)
        return None if tp is None else (tp, passed[clock_name(tp)])

    def cut(self) -> Share:
        """Take what is pending; raises Overgrown, and then nothing was taken."""
        partition = self.partition
        images = {key: write_context(context) for key, context in partition.dirty.items()}
        self._weigh(images)
        partition.dirty = {}
        self.table.flight = images
        self.table.thin(partition.cache, images)
        images = self._with_clock(images)
        share = Share(self.records, images, self.number, self.tally, self.outputs)
        self.records, self.outputs, self.tally = [], [], Tally()
        self._telling = set(self.muted)
        return share

    def _with_clock(self, images: dict[str, bytes]) -> dict[str, bytes]:
        clock, self.clock_moved = write_clock(self.clock.passed), False
        if clock == self._clock_cut:
            return images
        self._clock_cut = clock
        return {**images, CLOCK: clock}

    def keep(self) -> None:
        """The last cut is committed."""
        self.table.keep()
        self._told = self._telling
        self._clock_committed = self._clock_cut

    def drop(self) -> None:
        """The last cut is refused."""
        self.table.drop()
        self._clock_cut = self._clock_committed

    def mute(self, customer_id: str, why: Rejected) -> None:
        """Let time pass for this customer no more, and send a dead letter that says why."""
        self.muted[customer_id] = why

    def outgrows(self, context: Context | None, more: int) -> bool:
        """Would `more` bytes make this context too large to be written?"""
        size = len(write_context(context)) if context is not None else 0
        return size + more > self.plan.limits.context_bytes

    def emit(self) -> None:
        """Write what the partition said since the last time."""
        partition, tally = self.partition, self.tally
        for output in partition.outputs:
            self.records.append(self.scribe.output(output, self.number))
            tally.said(output)
        if self.plan.listened:
            self.outputs += partition.outputs
        partition.outputs.clear()
        if self.links.is_full:
            self._emit_links()

    def _emit_links(self) -> None:
        """Write what slots tell other slots, workers, and whoever listens."""
        links, scribe = self.links, self.scribe
        home_of = self.plan.layout.home_of
        for sent in links.sent:
            to = sent.customer_id if isinstance(sent, Event) else sent.to
            self.records.append(scribe.sent(sent, to, home_of(to)))
        self.records += [scribe.alias(name, alias) for name, alias in links.aliases.items()]
        self.records += map(scribe.identity, links.told)
        for told in links.told:
            self.tally.count("identity", word_of(told))
        links.clear()

    def _weigh(self, images: dict[str, bytes]) -> None:
        """Turn away what adds to a context that became too large; let go of one that shrank."""
        most = self.plan.limits.context_bytes
        if not self.guarded and max(map(len, images.values()), default=0) <= most:
            return
        large = {key for key, value in images.items() if len(value) > most} - self.guarded
        if large:
            self.guarded |= large
            raise Overgrown
        for customer_id in self.guarded & images.keys():
            if len(images[customer_id]) < most // 2:
                self.guarded.discard(customer_id)


def _read_clock(value: bytes) -> dict[str, int]:
    try:
        return read_clock(value)
    except msgspec.MsgspecError as error:
        raise StateError(f"the clock of a partition cannot be read: {error}") from error
