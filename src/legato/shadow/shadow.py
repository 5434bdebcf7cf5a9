"""`legato shadow`: a playbook beside the live one, which sends nothing to anybody.

It begins with the contexts as they are and follows what the line follows. The line's own
playbook is followed as well, over the same records, so that both can be compared.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager

from confluent_kafka.admin import AdminClient
from msgspec import Struct

from legato.core.events.event import Event
from legato.core.playbook.definition import Playbook
from legato.core.playbook.versions import PlaybookVersions
from legato.core.values.outputs import Output
from legato.core.values.time import Instant, Span
from legato.hanging import HangWatch, Leave, ended_if_hung
from legato.kafka import client_config
from legato.operations.errors import OperationFailed
from legato.operations.tally import PlaybookTally
from legato.probes import Pages, Probes
from legato.queries.topic_reader import TopicReader
from legato.runtime.kafka.admin import create, find_topics, missing_topics
from legato.runtime.kafka.layout import lay_out
from legato.runtime.kafka.topic_layout import TopicLayout
from legato.settings import Settings
from legato.shadow.followed_line import FollowedLine, LineRules
from legato.shadow.health import ShadowHealth
from legato.shadow.log_feed import LogFeed
from legato.shadow.metrics import ShadowMetrics
from legato.shadow.order import OrderedFollowing
from legato.shadow.saying_writer import SayingWriter
from legato.shadow.start import PartitionStart, StartFinder, contexts_at
from legato.shadow.world import KnownWorld, WorldReader
from legato.signals import stopped_by_signals

log = logging.getLogger(__name__)


class ShadowOrder(Struct, frozen=True):
    """What to try: a playbook, by its name, against that of the line, if it is to be compared.

    It ends after `lasts`, or with `until_end` at what was the end of the log as it began; else
    when it is told to. A summary is told `every` so often.
    """

    playbook: Playbook
    name: str
    live: Playbook | None
    every: Span
    lasts: Span | None = None
    until_end: bool = False


class ShadowSummary(Struct, frozen=True):
    """How far a shadow came: over how many events, of which time, and what was counted."""

    events: int
    first: Instant
    last: Instant
    live: PlaybookTally | None
    shadow: PlaybookTally


Tell = Callable[[ShadowSummary], None]


def run_shadow(
    settings: Settings, order: ShadowOrder, tell: Tell, leave: Leave | None = None
) -> None:
    """Follow the line until told to stop, or as the order says. What hangs, `leave` ends.

    Raises OperationFailed, WorkerFatal or KafkaException for what waiting does not heal.
    """
    stop = threading.Event()
    with (
        stopped_by_signals(stop),
        _probed(settings) as (metrics, health),
        ended_if_hung(HangWatch(health.not_alive, stop.is_set), leave),
        closing(Shadow(settings, order, metrics, health)) as shadow,
    ):
        shadow.follow(stop, tell)


@contextmanager
def _probed(settings: Settings) -> Iterator[tuple[ShadowMetrics, ShadowHealth]]:
    """Open the port of /metrics, /livez and /readyz."""
    metrics, health = ShadowMetrics(), ShadowHealth(settings.shadow)
    checks = {"/livez": health.not_alive, "/readyz": health.not_ready}
    pages = Pages(metrics.registry, checks)
    at = settings.shadow.host, settings.shadow.port
    with Probes(*at, pages, "set `shadow.port` to another, or to 0"):
        yield metrics, health


class Shadow:
    """The loop: take from the log, follow it, write what the new playbook says."""

    def __init__(
        self,
        settings: Settings,
        order: ShadowOrder,
        metrics: ShadowMetrics,
        health: ShadowHealth,
    ) -> None:
        self._order, self._metrics, self._health = order, metrics, health
        layout = _prepared(settings, order)
        starts = StartFinder(settings, layout, health.beat).find()
        contexts = _contexts(settings, layout, starts, health)
        since = time.time_ns() // 1_000_000
        known = _world(settings, order)
        self._world = WorldReader(settings, layout, known, health.beat)
        self._world.read_on()
        rules = LineRules(order.playbook, known.references)
        self._shadow = FollowedLine(rules, settings, layout, contexts)
        self._live: FollowedLine | None = None
        if order.live is not None:
            live = LineRules(order.live, known.references, known.versions)
            self._live = FollowedLine(live, settings, layout, contexts)
        marks = order.name, order.playbook.version
        self._writer = SayingWriter(settings, layout.topics.shadow_decisions, marks, since)
        offsets = {number: start.offset for number, start in starts.items()}
        self._feed = LogFeed(settings, layout.topics.customer_events, offsets, health.beat)
        lines = [line for line in (self._shadow, self._live) if line is not None]
        self._following = OrderedFollowing(lines, self._feed.ends, self._say)
        self._events, self._first, self._last = 0, 0, 0
        customers = sum(map(len, contexts.values()))
        log.info("following `%s` with %d contexts", self._feed.topic, customers)

    def follow(self, stop: threading.Event, tell: Tell) -> None:
        """Go round until told to stop; tell how it stands now and then, and at the end."""
        ends = self._feed.ends() if self._order.until_end else None
        began, told = time.monotonic(), time.monotonic()
        while not (stop.is_set() or self._is_over(ends, began)):
            self._take()
            if time.monotonic() - told >= self._order.every / 1_000:
                told = time.monotonic()
                tell(self.summary())
        self._writer.close()
        tell(self.summary())

    def summary(self) -> ShadowSummary:
        """Count what was said so far."""
        live = None if self._live is None else self._live.tally()
        tallies = live, self._shadow.tally()
        return ShadowSummary(self._events, self._first, self._last, *tallies)

    def close(self) -> None:
        """Leave the brokers."""
        self._feed.close()
        self._world.close()

    def _take(self) -> None:
        taken = self._feed.take()
        if taken and self._world.read_on() and self._live is not None:
            self._live.look_for_versions()
        self._following.take(taken, self._feed.reached)
        for entry in (each.entry for each in taken):
            if isinstance(entry, Event):
                self._count(entry.received or entry.time)
        self._writer.check()
        lag = self._feed.lag()
        self._metrics.observe_lag(lag)
        self._health.beat()
        self._health.behind(sum(lag.values()) + self._following.held)

    def _count(self, at: Instant) -> None:
        self._events += 1
        self._metrics.events.inc()
        self._first = min(self._first or at, at)
        self._last = max(self._last, at)

    def _say(self, line: FollowedLine, outputs: Sequence[Output]) -> None:
        """Write what the new playbook says; what the live one says is on its topics already."""
        if line is self._shadow:
            self._metrics.wrote(self._writer.write(outputs))

    def _is_over(self, ends: Mapping[int, int] | None, began: float) -> bool:
        lasts = self._order.lasts
        if lasts is not None and time.monotonic() - began >= lasts / 1_000:
            return True
        if ends is None or self._following.held:
            return False
        return all(self._feed.reached[number] >= end for number, end in ends.items())


def _world(settings: Settings, order: ShadowOrder) -> KnownWorld:
    """Know nothing yet; versions are the line's own, so they are known for its side alone."""
    if order.live is None or not settings.playbooks:
        return KnownWorld()
    return KnownWorld(versions=PlaybookVersions(order.live))


def _prepared(settings: Settings, order: ShadowOrder) -> TopicLayout:
    """See what there is to follow, and make the topic to write to; raises OperationFailed."""
    admin = AdminClient(client_config(settings, **{"log_level": 0}))
    found = find_topics(admin)
    layout = lay_out(settings, found)
    if layout.trusted:
        topics = ", ".join(f"`{topic}`" for topic in layout.trusted)
        raise OperationFailed(
            f"{topics} is trusted, so its events are not on `{layout.topics.customer_events}`, "
            "where a shadow follows them; try the playbook by `legato backtest`"
        )
    topic = layout.topics.shadow_decisions
    if topic not in found and not settings.kafka.create_topics:
        raise OperationFailed(
            f"topic `{topic}` does not exist; run `legato topics create`, or set "
            "`kafka.create_topics`"
        )
    missing = missing_topics(settings, order.playbook, found, beside=True)
    if topic not in found:
        create(admin, [each for each in missing if each.topic == topic])
    return layout


def _contexts(
    settings: Settings,
    layout: TopicLayout,
    starts: Mapping[int, PartitionStart],
    health: ShadowHealth,
) -> dict[int, dict[str, bytes]]:
    """Read all contexts as they were where each partition starts."""
    read: dict[int, dict[str, bytes]] = {}
    with TopicReader(settings) as reader:
        changelog = layout.topics.customer_contexts
        read.update(contexts_at(reader, changelog, starts, health.beat))
    return read
