"""`legato view redis`: the contexts of all customers as JSON in Redis, and what is to be done.

It only reads what the line wrote, so the line does not know of it: Redis may be slow or away,
and the view catches up when it is back, also with what Redis lost meanwhile. Offsets are
committed only after Redis took what they stand for.
"""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from functools import partial

import redis
from confluent_kafka import Message
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from legato.hanging import HangWatch, Leave, ended_if_hung
from legato.probes import Pages, Probes
from legato.serving.redis_view.batch import RecordSorter
from legato.serving.redis_view.freshness import now
from legato.serving.redis_view.health import ViewHealth
from legato.serving.redis_view.keys import Keys
from legato.serving.redis_view.metrics import ViewMetrics
from legato.serving.redis_view.places import Place
from legato.serving.redis_view.progress import RedisProgress
from legato.serving.redis_view.rebuild_progress import RebuildProgress
from legato.serving.redis_view.view_feed import ViewFeed
from legato.serving.redis_view.writer import RedisWriter
from legato.settings import RedisSettings, Settings, SettingsError
from legato.signals import stopped_by_signals
from legato.wire.formats.registry import RegistryDown

log = logging.getLogger(__name__)

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 5.0
CHECK_EVERY_S = 1.0


def run(settings: Settings, *, rebuild: bool, leave: Leave | None = None) -> int:
    """Keep Redis up to date until SIGTERM; or `rebuild` it: write all once more, and end.

    A rebuild may run beside the views that follow the topic. What hangs is ended by `leave`,
    with 70. Returns the exit code; raises
    MissingTopic, StateError or KafkaException for what waiting does not heal.
    """
    stop = threading.Event()
    gc.freeze()  # what stands now lives as long as we do: no collection need walk it
    gc.set_threshold(50_000, 50, 1_000)
    with (
        _client(settings.redis) as client,
        closing(ViewFeed(settings)) as feed,
        stopped_by_signals(stop),
    ):
        view = RedisView(settings, feed, client, stop)
        if rebuild:
            return view.rebuild()
        watch = HangWatch(view.health.not_alive, stop.is_set)
        with view.probes(), ended_if_hung(watch, leave):
            return view.follow()


class RedisView:
    """The loop: take records, bring them to Redis for as long as that takes, go on."""

    def __init__(
        self, settings: Settings, feed: ViewFeed, client: redis.Redis, stop: threading.Event
    ) -> None:
        keys = Keys.of(settings)
        self.metrics = ViewMetrics()
        self.health = ViewHealth(settings.view)
        self._settings = settings.view
        self._feed = feed
        self._sorter = RecordSorter(settings)
        self._writer = RedisWriter(client, keys, settings.redis)
        self._progress = RedisProgress(client, keys, settings.redis)
        self._stop = stop
        self._next_check = 0.0

    def probes(self) -> Probes:
        """Open the port of /metrics, /livez and /readyz."""
        checks = {"/livez": self.health.not_alive, "/readyz": self.health.not_ready}
        pages = Pages(self.metrics.registry, checks)
        other_port = "set `view.port` to another, or to 0"
        return Probes(self._settings.host, self._settings.port, pages, other_port)

    def follow(self) -> int:
        """Share the topics with the other views, until told to stop."""
        self._feed.follow()
        self._insist(partial(self._progress.leave_fresh, self._feed.places))
        log.info("following %s", ", ".join(f"`{topic}`" for topic in self._feed.topics))
        while not self._stop.is_set():
            if self._feed.homeless:
                self._insist(self._place)
            self._insist(partial(self._advance, self._feed.take()))
            self._insist(self._check)
            self._observe()
        log.info("stopped; what redis took is committed")
        return 0

    def rebuild(self) -> int:
        """Write all there is at this moment once more."""
        with RebuildProgress(self._feed.read_all()) as progress:
            while not progress.update(self._feed.safe):
                if self._stop.is_set():
                    log.warning("stopped before the end; run the rebuild again")
                    return 1
                self._insist(partial(self._write, self._feed.take()))
        log.info("rebuilt: %d records read", progress.total)
        return 0

    def _insist(self, attempt: Callable[[], None]) -> None:
        """Try until Redis took it, or until told to stop."""
        pause_s = FIRST_PAUSE_S
        while not self._stop.is_set():
            try:
                return attempt()
            except RedisError as error:
                self._redis_failed(error)
            except RegistryDown as error:
                self._registry_failed(error)
            self._observe()
            self._feed.hold(pause_s, self._stop)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    def _place(self) -> None:
        topics = {topic for topic, _ in self._feed.homeless}
        self._feed.place(self._progress.held(topics))

    def _advance(self, records: list[Message]) -> None:
        if self._feed.reached:
            self._bring(records)
            self._rewind(self._progress.advance(self._feed.safe, self._feed.reached))
            self._feed.done()

    def _write(self, records: list[Message]) -> None:
        self._bring(records)
        self._feed.done()

    def _bring(self, records: list[Message]) -> None:
        if records:
            batch = self._sorter.sort(records, now())
            with self.metrics.write_seconds.time():
                written = self._writer.write(batch)
            self.metrics.count(batch, written)

    def _check(self) -> None:
        """See now and then whether Redis still has what it took, and say how new that is."""
        if time.monotonic() >= self._next_check:
            safe = self._feed.safe
            held = self._progress.held(topic for topic, _ in safe)
            self._rewind([place for place in safe if held.get(place, 0) != safe[place]])
            self._progress.note_fresh(self._feed.fresh.times)
            self._next_check = time.monotonic() + CHECK_EVERY_S
            self.metrics.redis_up.set(1)
            self.health.recovered()

    def _rewind(self, lost: Iterable[Place]) -> None:
        if lost := [*lost]:
            log.warning("redis lost what %d partitions hold; reading them again", len(lost))
            self.metrics.rewinds.inc(len(lost))
            self._feed.rewind(lost)

    def _redis_failed(self, error: RedisError) -> None:
        """Note it; the words of Redis name keys at most, and those hold no identifier."""
        log.warning("redis did not take a batch, trying again: %s", error)
        self.metrics.failed(type(error).__name__)
        self.metrics.redis_up.set(0)
        self.health.failed(f"redis did not take the last batch: {error}")

    def _registry_failed(self, error: RegistryDown) -> None:
        log.warning("the schema registry does not answer, trying again: %s", error)
        self.metrics.failed(type(error).__name__)
        self.health.failed(f"the schema registry does not answer: {error}")

    def _observe(self) -> None:
        self.health.beat()
        lag = self._feed.lag()
        if lag is not None:
            self.metrics.observe_lag(lag)
            self.metrics.age.set(self._feed.fresh.age_s(now()))
            self.health.behind(sum(lag.values()))


def _client(settings: RedisSettings) -> redis.Redis:
    """Connect when first needed; trying again is the view's own business."""
    try:
        return redis.Redis.from_url(
            settings.url,
            socket_timeout=settings.timeout_s,
            socket_connect_timeout=settings.timeout_s,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError as error:
        raise SettingsError(
            f"`redis.url` is no address of a Redis: {error}; write `redis://HOST:PORT/DATABASE`"
        ) from None
