"""The transactional producer, used by one thread at a time: a cut in, its fate out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition

from legato.runtime.cut import Cut, Outgoing, Share
from legato.runtime.facts import Broken, Committed, Fact, Fenced, Refused, Renewed

PATIENCE_S = 30.0
FULL_QUEUE_S = 0.05


class Transactions:
    """One producer under one transactional id; nothing is produced but by `commit`."""

    def __init__(self, config: Mapping[str, Any], changelog: str) -> None:
        self._config, self._changelog = dict(config), changelog
        self._producer: Producer | None = None

    def renew(self) -> Fact:
        """Take a new producer, which ends whatever one before it under our id left open."""
        try:
            self._producer = Producer(self._config)
            _insist(self._producer.init_transactions)
        except KafkaException as error:
            return Broken(f"no transactions with Kafka: {error.args[0].str()}")
        return Renewed()

    def commit(self, cut: Cut) -> Fact:
        """Make a cut visible as a whole, or not at all."""
        producer = self._producer
        if producer is None:
            return Fenced("there is no producer")
        try:
            producer.begin_transaction()
            self._produce(producer, cut)
            offsets = [TopicPartition(*tp, offset) for tp, offset in cut.offsets.items()]
            producer.send_offsets_to_transaction(offsets, cut.metadata, PATIENCE_S)
            _insist(producer.commit_transaction)
        except KafkaException as error:
            return self._undo(producer, error.args[0])
        return Committed()

    def _produce(self, producer: Producer, cut: Cut) -> None:
        for share in cut.shares:
            _produce_records(producer, share)
            _produce_images(producer, self._changelog, share)

    def _undo(self, producer: Producer, error: KafkaError) -> Fact:
        reason = error.str()
        if error.fatal() or not error.txn_requires_abort():
            return Fenced(reason)
        try:
            _insist(producer.abort_transaction)
        except KafkaException as worse:
            return Fenced(worse.args[0].str())
        return Refused(reason)


def _insist(step: Callable[[float], None]) -> None:
    """Do a step of a transaction until its end is known, as long as Kafka says try again."""
    while True:
        try:
            return step(PATIENCE_S)
        except KafkaException as error:
            if not error.args[0].retriable():
                raise


def _produce_records(producer: Producer, share: Share) -> None:
    """Write what the lane says; nearly all of it is events on their way to their home."""
    produce = producer.produce
    for record in share.records:
        if record.headers is not None:
            _produce(producer, record)
            continue
        try:
            produce(record.topic, record.value, record.key, record.partition)
        except BufferError:
            producer.poll(FULL_QUEUE_S)
            _produce(producer, record)


def _produce_images(producer: Producer, changelog: str, share: Share) -> None:
    """Write the changed contexts; there may be a hundred thousand of them in a cut."""
    produce, home = producer.produce, share.home
    for key, value in share.images.items():
        try:
            produce(changelog, value, key, home)
        except BufferError:
            producer.poll(FULL_QUEUE_S)
            _produce(producer, Outgoing(changelog, key.encode(), value, home))


def _produce(producer: Producer, record: Outgoing) -> None:
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
            producer.poll(FULL_QUEUE_S)
        else:
            return
