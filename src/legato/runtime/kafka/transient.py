"""Errors of Kafka that pass by themselves: a broker that restarts, a leader that moves."""

from __future__ import annotations

from confluent_kafka import KafkaError

TRANSIENT = frozenset(
    (
        KafkaError._TRANSPORT,
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._TIMED_OUT,
        KafkaError._MAX_POLL_EXCEEDED,
        KafkaError._RESOLVE,
        KafkaError._WAIT_COORD,
        KafkaError._NOENT,
        KafkaError._PARTIAL,
        KafkaError._IN_PROGRESS,
        KafkaError._UNKNOWN_TOPIC,
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.NETWORK_EXCEPTION,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.NOT_COORDINATOR,
        KafkaError.UNSTABLE_OFFSET_COMMIT,
        KafkaError.OFFSET_NOT_AVAILABLE,
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError.UNKNOWN_LEADER_EPOCH,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.BROKER_NOT_AVAILABLE,
        KafkaError.REPLICA_NOT_AVAILABLE,
        KafkaError.KAFKA_STORAGE_ERROR,
    )
)
"""`_NOENT` is what librdkafka says where it finds no leaders, or nobody to ask.

Whoever needs the topic to exist has checked that it does: a broker may learn of it late."""


def is_transient(error: KafkaError) -> bool:
    """Is it enough to try again?"""
    return error.retriable() or error.code() in TRANSIENT


UNABLE = frozenset(
    (
        KafkaError.NOT_ENOUGH_REPLICAS,
        KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
        KafkaError.CONCURRENT_TRANSACTIONS,
        KafkaError._MSG_TIMED_OUT,
        KafkaError._QUEUE_FULL,
        KafkaError._INCONSISTENT,
        KafkaError.UNKNOWN_PRODUCER_ID,
        KafkaError.INVALID_PRODUCER_ID_MAPPING,
    )
)
"""What Kafka, or what stands between us and it, cannot do for now.

`_INCONSISTENT` is what a commit says when messages before it were not delivered in time.
"""
MOVED_ON = frozenset(
    (
        KafkaError.ILLEGAL_GENERATION,
        KafkaError.UNKNOWN_MEMBER_ID,
        KafkaError.REBALANCE_IN_PROGRESS,
    )
)
"""The group has given our partitions on; who has them now does the work."""


def unable(error: KafkaError) -> bool:
    """Can a transaction not be done now, though nothing is wrong with it?"""
    return error.code() in UNABLE


def moved_on(error: KafkaError) -> bool:
    """Is a transaction refused since partitions went from one worker to another?"""
    return error.code() in MOVED_ON
