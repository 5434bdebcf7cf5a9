"""What one poll brought, sorted into columns at the speed of C."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from typing import TypeAlias, cast

from confluent_kafka import KafkaError, KafkaException, Message
from msgspec import Struct

from legato.runtime.kafka.transient import is_transient
from legato.runtime.machine.facts import TP, Batch
from legato.wire.record import Headers

Record: TypeAlias = "Message[bytes, bytes]"


def by_partition(messages: list[Record]) -> dict[TP, list[Record]]:
    """Sort messages by partition; those of one come in long runs."""
    found: dict[TP, list[Record]] = defaultdict(list)
    topics, partitions = map(Message.topic, messages), map(Message.partition, messages)
    at = 0
    for (topic, partition), run in groupby(zip(topics, partitions, strict=True)):
        end = at + len(list(run))
        if topic is not None and partition is not None:
            found[topic, partition] += messages[at:end]
        at = end
    return found


def without_errors(messages: list[Record], positions: dict[int, int]) -> list[Record]:
    """Leave the records, and note which ends were reached; raises KafkaException."""
    records = []
    for message in messages:
        error = message.error()
        if error is None:
            records.append(message)
        elif error.code() == KafkaError._PARTITION_EOF:
            positions[message.partition() or 0] = message.offset() or 0
        elif not is_transient(error):
            raise KafkaException(error)
    return records


class ReadPosition(Struct):
    """Where the reading of one partition stands, and for whom it is read."""

    epoch: int
    next: int


def batch_of(
    tp: TP, place: ReadPosition, messages: list[Record], *, full: bool, lull: bool
) -> Batch:
    """Lay the messages of one partition out in columns; none of them is an error."""
    headers = cast("list[Headers]", list(map(Message.headers, messages)))
    offsets = cast("list[int]", list(map(Message.offset, messages)))
    since, place.next = place.next, offsets[-1] + 1
    return Batch(
        tp,
        place.epoch,
        since,
        offsets,
        list(map(Message.key, messages)),
        list(map(Message.value, messages)),
        [time for _, time in map(Message.timestamp, messages)],
        headers if any(headers) else None,
        full,
        lull,
    )
