"""The loop of `legato learn`: read an hour, make its table, publish it, wait for the next.

It keeps no state but what it published. docs/learning.md says what is counted.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import closing

from confluent_kafka import KafkaError, KafkaException
from msgspec import Struct

from legato.core.decisions.learning import (
    AHEAD,
    Learner,
    begin_learning,
    hour_of,
    table_of,
)
from legato.core.playbook.definition import Playbook
from legato.core.playbook.versions import PlaybookVersions
from legato.core.references.versions import ReferenceVersion
from legato.core.values.time import HOUR, MINUTE, Instant, Span, in_words
from legato.hanging import HangWatch, Leave, ended_if_hung
from legato.probes import Pages, Probes
from legato.queries.errors import KafkaAway
from legato.serving.learning.metrics import LearnMetrics
from legato.serving.learning.publisher import publish
from legato.serving.learning.topics import FactsByHour, LearningTopics
from legato.settings import Settings, SettingsError
from legato.signals import stopped_by_signals
from legato.wire.formats.registry import RegistryDown

log = logging.getLogger(__name__)

SETTLES: Span = 15 * MINUTE
"""So long after an hour each transaction of it has ended: brokers allow none that is longer."""
NO_LEARNING = "the playbook asks for no learning; add `learning: {}` to it (docs/learning.md)"
AGAIN_S, LOOK_S, HANGS_S = 10.0, 30.0, 1_800.0
_HOPELESS = (
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    KafkaError._AUTHENTICATION,
    KafkaError.SASL_AUTHENTICATION_FAILED,
)


def clock_now() -> Instant:
    """Return the time of day."""
    return time.time_ns() // 1_000_000


class LearnedTable(Struct, frozen=True):
    """What was learned up to an hour, and the playbook that counts then."""

    playbook: Playbook
    versions: tuple[ReferenceVersion, ...]


class LearnProcess:
    """Reads, counts and publishes; `now` says what time it is.

    How an hour is counted says the version of the playbook that counts as it ends.
    """

    def __init__(
        self,
        settings: Settings,
        playbook: Playbook,
        topics: LearningTopics,
        now: Callable[[], Instant] = clock_now,
    ) -> None:
        """Take what it works with; raises SettingsError if there never is anything to learn."""
        if playbook.learning is None and not settings.playbooks:
            raise SettingsError(NO_LEARNING)
        self.metrics = LearnMetrics()
        self._settings, self._base, self._topics = settings, playbook, topics
        self._versions = PlaybookVersions(playbook)
        self._now = now
        self._learner: Learner | None = None
        self._published: Instant = 0
        self._trouble = "nothing has been read yet"
        self._beat = time.monotonic()

    def table(self) -> LearnedTable:
        """Make the table of the last hour that has settled; raises what reading raises."""
        learner = self._caught_up()
        playbook = self._versions.at(learner.hour)
        learns = playbook.learning is not None
        return LearnedTable(playbook, tuple(table_of(playbook, learner)) if learns else ())

    def turn(self) -> bool:
        """Publish the table of the last hour, if it is not there and does not count yet."""
        learned = self.table()
        self._trouble = "" if learned.playbook.learning else NO_LEARNING
        table = learned.versions
        hour = table[0].time - AHEAD if table else 0
        if hour <= self._published or hour + AHEAD <= self._now():
            return False
        publish(self._settings, table)
        self._published = hour
        self.metrics.tables.inc()
        log.info("published what was learned up to `%s`", in_words(hour))
        return True

    def follow(self, stop: threading.Event) -> None:
        """Go on hour by hour until told to stop; raises what waiting does not heal."""
        while not stop.is_set():
            self._beat = time.monotonic()
            try:
                self.turn()
            except (KafkaAway, KafkaException, RegistryDown) as error:
                self._failed(error)
                stop.wait(AGAIN_S)
            else:
                stop.wait(LOOK_S)

    def not_alive(self) -> str:
        """Say why it should be started again; empty if it should not."""
        silent = time.monotonic() - self._beat
        return f"it has read for {silent:.0f} s; start it again" if silent > HANGS_S else ""

    def not_ready(self) -> str:
        """Say what it waits for; empty if nothing."""
        return self._trouble

    def _failed(self, error: Exception) -> None:
        code = error.args[0].code() if isinstance(error, KafkaException) else None
        if code in _HOPELESS:
            raise error
        self._trouble = str(error)
        self.metrics.errors.labels(type(error).__name__).inc()
        log.warning("trying again: %s", error)

    def _caught_up(self) -> Learner:
        """Count all up to the last hour that has settled."""
        until = hour_of(self._now() - SETTLES)
        learner = self._learner
        if learner is None:
            learner = self._learner = self._restored(until)
        elif learner.hour < until:
            self._versions = self._topics.versions(self._base)
            facts = self._topics.facts(learner.hour, until)
            while learner.hour < until:
                self._hear_hour(learner, facts)
        self.metrics.hour.set(learner.hour / 1_000)
        self.metrics.watched.set(learner.watching)
        self.metrics.unreadable.set(self._topics.unreadable)
        return learner

    def _restored(self, until: Instant) -> Learner:
        """Hear all that there is, and go on from the table that was published last."""
        self._versions = self._topics.versions(self._base)
        versions = [each for each in self._topics.published() if each.time - AHEAD <= until]
        base = max((each.time - AHEAD for each in versions), default=None)
        facts = self._topics.facts(0, until)
        first = min((*facts, until if base is None else base))
        learner = begin_learning(self._versions.at(first), first)
        while learner.hour < until:
            if learner.hour == base:
                learner.resume(versions)
            self._hear_hour(learner, facts)
        if base is not None and base == until:
            learner.resume(versions)
        self._published = base or 0
        log.info("counted what became known before `%s`", in_words(until))
        return learner

    def _hear_hour(self, learner: Learner, facts: FactsByHour) -> None:
        """Count the next hour, as the version says that counts at its end."""
        learner.follow(self._versions.at(learner.hour + HOUR))
        for fact in facts.get(learner.hour, ()):
            learner.hear(fact)
        learner.end_hour()


def run(settings: Settings, playbook: Playbook, leave: Leave | None = None) -> int:
    """Learn until SIGTERM or ctrl-c; return the exit code. What hangs is ended by `leave`."""
    stop = threading.Event()
    with closing(LearningTopics(settings)) as topics, stopped_by_signals(stop):
        process = LearnProcess(settings, playbook, topics)
        watch = HangWatch(process.not_alive, stop.is_set)
        with _probes(settings, process), ended_if_hung(watch, leave):
            process.follow(stop)
    log.info("stopped")
    return 0


def table_once(settings: Settings, playbook: Playbook) -> LearnedTable:
    """Make the table that would be published now; raises SettingsError if none would be."""
    with closing(LearningTopics(settings)) as topics:
        learned = LearnProcess(settings, playbook, topics).table()
    if learned.playbook.learning is None:
        raise SettingsError(NO_LEARNING)
    return learned


def _probes(settings: Settings, process: LearnProcess) -> Probes:
    checks = {"/livez": process.not_alive, "/readyz": process.not_ready}
    pages = Pages(process.metrics.registry, checks)
    learn = settings.learn
    return Probes(learn.host, learn.port, pages, "set `learn.port` to another, or to 0")
