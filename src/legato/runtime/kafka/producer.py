"""The transactional producers: each on a thread of its own, and none trusted to return.

librdkafka may stay in a call for ever: `send_offsets_to_transaction` does once a broker is gone
that was the group's coordinator (librdkafka #5511, #5456). A second producer under the same
transactional id works on at once, so whoever hangs is left behind, thread and all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, cast

from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition
from msgspec import Struct

from legato.logs import ClientLog
from legato.runtime.kafka.transient import is_transient, moved_on, unable
from legato.runtime.machine.checkpoint import Checkpoint, ProducerRecord, TaskCheckpoint
from legato.runtime.machine.errors import said_by
from legato.runtime.machine.facts import (
    Cause,
    Committed,
    Fact,
    ProducerFailed,
    ProducerFenced,
    ProducerHung,
    ProducerReady,
    ProducerStale,
    TransactionAborted,
    WorkerFault,
)

IDLE_S = 0.2
"""How often a producer without work looks whether a broker went."""
FULL_QUEUE_S = 0.05
ABORT_S = 4.0
LEAST_S = 0.1

Post = Callable[[Fact], None]


class Producing(Struct, frozen=True):
    """What all producers of a worker have in common; they answer within `budget_s`."""

    config: Mapping[str, Any]
    changelog: str
    budget_s: float
    post: Post


class Transactions:
    """The producers of a worker, one after the other; nothing is produced but by `commit`."""

    def __init__(self, producing: Producing) -> None:
        self._producing = producing
        self._current: ProducerThread | None = None
        self._hung: list[ProducerThread] = []

    @property
    def left_behind(self) -> int:
        """How many producers hang in a call that has not returned yet."""
        return sum(each.is_alive() for each in self._hung)

    def renew(self, number: int, *, hung: bool) -> None:
        """Take a new producer, which ends whatever one before it under our id left open."""
        self.retire()
        self._hung = [each for each in self._hung if each.is_alive()]
        if hung and self._current is not None:
            self._hung.append(self._current)
        self._current = ProducerThread(number, self._producing)
        self._current.start()

    def commit(self, checkpoint: Checkpoint) -> None:
        """Make a checkpoint visible as a whole, or not at all."""
        if self._current is not None:
            self._current.commit(checkpoint)

    def retire(self) -> None:
        """Let the current producer go, wherever it is."""
        if self._current is not None:
            self._current.retire()


class Retired(Exception):
    """Another producer has taken our place: we commit nothing any more."""


class ProducerThread(threading.Thread):
    """One producer from its first call to its last. Facts come by `post`, under its number.

    Once retired, it says nothing and commits nothing; the handle is destroyed on this thread,
    whenever a call that it is in returns.
    """

    def __init__(self, number: int, producing: Producing) -> None:
        super().__init__(name=f"legato-producer-{number}", daemon=True)
        self._number, self._producing = number, producing
        self._checkpoints: SimpleQueue[Checkpoint | None] = SimpleQueue()
        self._retired = threading.Event()
        self._went = self._used = self._stale = False
        self._error = ""
        self._log = ClientLog("producer", self._note_failure)

    def commit(self, checkpoint: Checkpoint) -> None:
        """Have a checkpoint committed; from any thread."""
        self._checkpoints.put(checkpoint)

    def retire(self) -> None:
        """Begin nothing more, and end; from any thread."""
        self._log.silent = True
        self._retired.set()
        self._checkpoints.put(None)

    def run(self) -> None:
        """Stand up, then commit what comes."""
        try:
            producer = Producer(
                {**self._producing.config, "error_cb": self._note_error}, logger=self._log
            )
            if self._stand(producer):
                self._work(producer)
        except Retired:
            return
        except Exception as error:  # noqa: BLE001 - a thread that ends in silence stalls the line
            self._post(WorkerFault(f"a producer ended: {said_by(error)}"))

    def _stand(self, producer: Producer) -> bool:
        """End whatever was open under our id, and tell whether we may begin."""
        try:
            producer.init_transactions(self._producing.budget_s)
        except KafkaException as error:
            self._post(self._why_not(error.args[0]))
            return False
        self._post(ProducerReady(self._number))
        return True

    def _why_not(self, error: KafkaError) -> Fact:
        if _is_fence(error):
            return ProducerFenced(self._number, error.str())
        if is_transient(error) or unable(error):
            return ProducerFailed(self._number, self._error or error.str())
        return WorkerFault(f"no transactions with Kafka: {error.str()}")

    def _work(self, producer: Producer) -> None:
        while not self._retired.is_set():
            try:
                checkpoint = self._checkpoints.get(timeout=IDLE_S)
            except Empty:
                self._look_for_brokers(producer)
                continue
            if checkpoint is not None and not self._look_for_brokers(producer):
                self._post(self._commit(producer, checkpoint))

    def _look_for_brokers(self, producer: Producer) -> bool:
        """See whether a broker went since we used it: then we must not begin anything."""
        producer.poll(0)
        if self._went and not self._stale:
            self._stale = True
            self._post(ProducerStale(self._number))
        return self._stale

    def _note_error(self, error: KafkaError) -> None:
        self._error = error.str()
        self._note_failure()

    def _note_failure(self) -> None:
        # Before it sent offsets it has no coordinator in its cache that could be gone.
        self._went |= self._used

    def _commit(self, producer: Producer, checkpoint: Checkpoint) -> Fact:
        until = monotonic() + self._producing.budget_s
        try:
            producer.begin_transaction()
            self._produce(producer, checkpoint, until)
            offsets = [TopicPartition(*tp, offset) for tp, offset in checkpoint.offsets.items()]
            self._used = True
            producer.send_offsets_to_transaction(offsets, checkpoint.metadata, _left(until))
            self._end(producer, until)
        except KafkaException as error:
            return self._undo(producer, error.args[0])
        return Committed(self._number)

    def _end(self, producer: Producer, until: float) -> None:
        """Commit until that is known, as long as Kafka says try again and there is time."""
        while True:
            if self._retired.is_set():
                raise Retired
            try:
                return producer.commit_transaction(_left(until))
            except KafkaException as error:
                if not error.args[0].retriable() or monotonic() > until:
                    raise

    def _undo(self, producer: Producer, error: KafkaError) -> Fact:
        reason = error.str()
        if error.fatal() or _is_fence(error):
            return ProducerFenced(self._number, reason)
        if not error.txn_requires_abort():
            return ProducerHung(self._number, reason)
        try:
            producer.abort_transaction(ABORT_S)
        except KafkaException as worse:
            return ProducerHung(self._number, f"{reason}; {worse.args[0].str()}")
        return TransactionAborted(self._number, reason, _cause_of(error))

    def _produce(self, producer: Producer, checkpoint: Checkpoint, until: float) -> None:
        for part in checkpoint.tasks:
            _produce_records(producer, part, until)
            _produce_snapshots(producer, self._producing.changelog, part, until)

    def _post(self, fact: Fact) -> None:
        if not self._retired.is_set():
            self._producing.post(fact)


def _left(until: float) -> float:
    return max(until - monotonic(), LEAST_S)


def _is_fence(error: KafkaError) -> bool:
    return error.code() in (
        KafkaError._FENCED,
        KafkaError.PRODUCER_FENCED,
        KafkaError.INVALID_PRODUCER_EPOCH,
    )


def _cause_of(error: KafkaError) -> Cause:
    if moved_on(error):
        return Cause.MOVED_ON
    return Cause.UNABLE if is_transient(error) or unable(error) else Cause.WRONG


def _produce_records(producer: Producer, part: TaskCheckpoint, until: float) -> None:
    """Write what the task says; nearly all of it is events on their way to their partition."""
    produce = producer.produce
    for record in part.records:
        if record.headers is not None:
            _produce(producer, record, until)
            continue
        try:
            produce(record.topic, record.value, record.key, record.partition)
        except BufferError:
            _produce(producer, record, until)


def _produce_snapshots(
    producer: Producer, changelog: str, part: TaskCheckpoint, until: float
) -> None:
    """Write the changed contexts; there may be a hundred thousand of them in a checkpoint."""
    produce, partition = producer.produce, part.partition
    for key, value in part.snapshots.items():
        try:
            produce(changelog, value, key, partition)
        except BufferError:
            _produce(producer, ProducerRecord(changelog, key.encode(), value, partition), until)


def _produce(producer: Producer, record: ProducerRecord, until: float) -> None:
    """Hand a record to librdkafka; wait while its queue is full."""
    headers = None if record.headers is None else list(record.headers)
    while True:
        try:
            producer.produce(
                record.topic,
                record.value,
                record.key,
                record.partition,
                headers=cast("list[tuple[str, str | bytes | None]] | None", headers),
            )
        except BufferError:
            if monotonic() > until:
                raise KafkaException(KafkaError(KafkaError._QUEUE_FULL)) from None
            producer.poll(FULL_QUEUE_S)
        else:
            return
