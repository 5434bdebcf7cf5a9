"""Where partitions begin and end, as the broker knows it; and so, whether Kafka answers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, TypeAlias, TypeVar

from confluent_kafka import IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, ListOffsetsResultInfo, OffsetSpec

from legato.core.values.time import SECOND, Instant, Span
from legato.logs import ClientLog
from legato.runtime.kafka.topic_layout import TopicLayout
from legato.runtime.kafka.transient import is_transient
from legato.runtime.machine.commands import QueryEndOffsets
from legato.runtime.machine.errors import said_by
from legato.runtime.machine.facts import TP, EndOffsets, Fact, KafkaSilent, WorkerFault

log = logging.getLogger("legato")
T = TypeVar("T")
ANSWER_S = 10.0
SHORT_S = 3.0
"""How long the question of each second may take before Kafka counts as away."""
IDLE_S = 1.0
LATE_S = 5.0
LOOK_EVERY: Span = 10 * SECOND
"""How often to see whether topics got more partitions."""

Asked: TypeAlias = "Future[ListOffsetsResultInfo]"
Post: TypeAlias = Callable[[Fact], None]
Now: TypeAlias = Callable[[], Instant]


def earliest(admin: AdminClient, tps: Iterable[TP]) -> dict[TP, int]:
    """The first offset that is still there."""
    return _every(admin, tps, OffsetSpec.earliest())


def latest(admin: AdminClient, tps: Iterable[TP]) -> dict[TP, int]:
    """The offset after the last record, those of open transactions included."""
    return _every(admin, tps, OffsetSpec.latest())


def decided(admin: AdminClient, tps: Iterable[TP]) -> dict[TP, int]:
    """The offset up to which no transaction is open."""
    return _every(admin, tps, OffsetSpec.latest(), IsolationLevel.READ_COMMITTED)


def widened(admin: AdminClient, layout: TopicLayout) -> str:
    """Say which topics have more partitions than when the worker started; empty if none."""
    topics = admin.list_topics(timeout=SHORT_S).topics
    found = {
        topic: len(topics[topic].partitions) for topic in layout.every_source if topic in topics
    }
    more = [
        f"`{topic}` has {count} partitions, and had {layout.partitions[topic]}"
        for topic, count in found.items()
        if count > layout.partitions[topic]
    ]
    return "; ".join(more)


class Questions:
    """Asks one question after the other; a client that does not answer is left behind."""

    def __init__(self, config: Mapping[str, Any], layout: TopicLayout, post: Post) -> None:
        self._config, self._layout, self._post = dict(config), layout, post
        self._current: Asker | None = None
        self._number = -1

    def ask(self, question: QueryEndOffsets, now: Now) -> None:
        """Have a question answered by `EndOffsets` or `KafkaSilent`."""
        if self._current is None or question.asker != self._number:
            self.close()
            self._number = question.asker
            self._current = Asker(self._config, self._layout, self._post, now)
            self._current.start()
        self._current.ask(question)

    def close(self) -> None:
        """Ask nothing more."""
        if self._current is not None:
            self._current.close()


class Asker(threading.Thread):
    """One client that asks, on a thread of its own, which is left behind if it hangs."""

    def __init__(
        self,
        config: Mapping[str, Any],
        layout: TopicLayout,
        post: Post,
        now: Now,
    ) -> None:
        super().__init__(name="legato-ask", daemon=True)
        self._log = ClientLog("ask")
        self._config, self._layout = dict(config), layout
        self._post, self._now = post, now
        self._questions: SimpleQueue[QueryEndOffsets | None] = SimpleQueue()
        self._leaderless: set[TP] = set()
        self._looked_at = now()
        self._closed = False

    def ask(self, question: QueryEndOffsets) -> None:
        """Have it answered; from any thread."""
        self._questions.put(question)

    def close(self) -> None:
        """End when the call returns that it may be in; from any thread."""
        self._log.silent = self._closed = True
        self._questions.put(None)

    def run(self) -> None:
        """Answer until closed."""
        try:
            admin = AdminClient(self._config, logger=self._log)
            while not self._closed:
                try:
                    question = self._questions.get(timeout=IDLE_S)
                except Empty:
                    admin.poll(0)
                    continue
                if question is not None:
                    self._answer(admin, question)
        except Exception as error:  # noqa: BLE001 - a thread that ends in silence stalls time
            self._post(WorkerFault(f"asking Kafka ended: {said_by(error)}"))

    def _answer(self, admin: AdminClient, question: QueryEndOffsets) -> None:
        asked = self._now()
        try:
            ends, stable = self._ends(admin, question.tps)
            if asked - self._looked_at >= LOOK_EVERY:
                self._looked_at = asked
                if more := widened(admin, self._layout):
                    log.warning("%s; nobody reads them until the workers restart", more)
        except KafkaException as error:
            self._post(told_by(error.args[0], question.asker, asked))
        else:
            self._post(EndOffsets(asked, ends, stable, question.asker))
        admin.poll(0)

    def _ends(
        self, admin: AdminClient, tps: Collection[TP]
    ) -> tuple[dict[TP, int], dict[TP, int]]:
        """Ask for the ends of those that have a leader; raises KafkaException."""
        led = [tp for tp in tps if tp not in self._leaderless]
        if not led:
            self._look_for_leaders(admin, tps)
            return {}, {}
        try:
            return _both_ends(admin, led)
        except KafkaException:
            # After a leader moved, librdkafka asks under the old epoch until we look anew.
            self._look_for_leaders(admin, tps)
            if not self._leaderless:
                raise
        led = [tp for tp in tps if tp not in self._leaderless]
        return _both_ends(admin, led) if led else ({}, {})

    def _look_for_leaders(self, admin: AdminClient, tps: Iterable[TP]) -> None:
        topics = admin.list_topics(timeout=SHORT_S).topics
        self._leaderless = set()
        for topic, number in tps:
            found = topics[topic].partitions.get(number) if topic in topics else None
            if found is None or found.leader < 0:
                self._leaderless.add((topic, number))


def told_by(error: KafkaError, asker: int, asked: Instant) -> Fact:
    """Tell an answer that holds no end from none: a broker that tells where it stands lives."""
    if error.code() > 0 and is_transient(error):
        return EndOffsets(asked, {}, {}, asker)
    return KafkaSilent(error.str(), asker)


def _both_ends(admin: AdminClient, tps: Collection[TP]) -> tuple[dict[TP, int], dict[TP, int]]:
    """The ends with what is open, and up to where all is decided."""
    wanted = {TopicPartition(*tp): OffsetSpec.latest() for tp in tps}
    every, decided = (
        admin.list_offsets(wanted, isolation_level=level, request_timeout=SHORT_S)
        for level in (IsolationLevel.READ_UNCOMMITTED, IsolationLevel.READ_COMMITTED)
    )
    return _answers(every, SHORT_S), _answers(decided, SHORT_S)


def answer_of(asked: Future[T], patience_s: float) -> T:
    """Wait for what was asked with this timeout, but not for ever; raises KafkaException."""
    try:
        return asked.result(patience_s + LATE_S)
    except TimeoutError:
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT)) from None


def _answers(asked: Mapping[TopicPartition, Asked], patience_s: float) -> dict[TP, int]:
    """Collect the answers, less those of partitions that pass by themselves.

    Raises KafkaException if there is none, or one will not pass.
    """
    found: dict[TP, int] = {}
    failure: KafkaException | None = None
    for tp, each in asked.items():
        try:
            offset = answer_of(each, patience_s).offset
        except KafkaException as error:
            failure = error
            if not is_transient(error.args[0]):
                raise
        else:
            if offset >= 0:
                found[tp.topic, tp.partition] = offset
            else:
                # Not an end, though told as one: a leader went before it answered.
                failure = KafkaException(KafkaError(KafkaError.LEADER_NOT_AVAILABLE))
    if failure is not None and not found:
        raise failure
    return found


def _every(
    admin: AdminClient,
    tps: Iterable[TP],
    spec: OffsetSpec,
    isolation: IsolationLevel = IsolationLevel.READ_UNCOMMITTED,
) -> dict[TP, int]:
    wanted = {TopicPartition(*tp): spec for tp in tps}
    if not wanted:
        return {}
    asked = admin.list_offsets(wanted, isolation_level=isolation, request_timeout=ANSWER_S)
    try:
        found = _answers(asked, ANSWER_S)
    except KafkaException:
        # After a leader moved, librdkafka asks under the old epoch until somebody looks anew.
        admin.list_topics(timeout=ANSWER_S)
        raise
    if len(found) < len(wanted):
        raise KafkaException(KafkaError(KafkaError.LEADER_NOT_AVAILABLE))
    return found
