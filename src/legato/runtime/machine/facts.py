"""What a worker is told: by the group, the log, the producer, the clock and the operator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum, auto
from typing import TypeAlias

from msgspec import Struct

from legato.core.values.time import Instant
from legato.wire.record import Headers

TP: TypeAlias = tuple[str, int]
"""A topic and the number of one of its partitions."""

Metadata: TypeAlias = bytes
"""Who we are in the consumer group, as librdkafka writes it; the broker checks it at commit."""


class Batch(Struct, frozen=True):
    """Records of one partition in order, as columns; `epoch` says for whom they were fetched.

    They are all that can be read from offset `since` on, up to the last of them. `full` tells
    that more were waiting, `lull` that for the moment none were.
    """

    tp: TP
    epoch: int
    since: int
    offsets: Sequence[int]
    keys: Sequence[bytes | None]
    values: Sequence[bytes | None]
    times: Sequence[Instant]
    headers: Sequence[Headers] | None = None
    full: bool = False
    lull: bool = False

    def __len__(self) -> int:
        return len(self.offsets)

    def headers_at(self, index: int) -> Headers:
        """The headers of one record."""
        return None if self.headers is None else self.headers[index]

    def without(self, indices: frozenset[int]) -> Batch:
        """The same batch less some of its records."""
        left = [index for index in range(len(self)) if index not in indices]
        return Batch(
            self.tp,
            self.epoch,
            self.since,
            [self.offsets[index] for index in left],
            [self.keys[index] for index in left],
            [self.values[index] for index in left],
            [self.times[index] for index in left],
            None if self.headers is None else [self.headers[index] for index in left],
            self.full,
            self.lull,
        )


class PartitionEof(Struct, frozen=True):
    """The fetcher passed every record below `offset`, control records included."""

    tp: TP
    epoch: int
    offset: int


class GroupMetadata(Struct, frozen=True):
    """The feed's thread read who we are in the group now."""

    metadata: Metadata


class PartitionsAssigned(Struct, frozen=True):
    """The group gave us partitions."""

    tps: tuple[TP, ...]


class PartitionsRevoked(Struct, frozen=True):
    """The group wants partitions back, and waits for the `AckRevoke` of this ticket."""

    tps: tuple[TP, ...]
    ticket: int


class PartitionsLost(Struct, frozen=True):
    """Partitions are gone already: nothing of theirs may be committed."""

    tps: tuple[TP, ...]


class Restored(Struct, frozen=True):
    """What was restored: the committed offsets, and the changelog's last value of each key."""

    epoch: int
    offsets: Mapping[TP, int]
    snapshots: dict[str, bytes]


class Committed(Struct, frozen=True):
    """The transaction in flight is committed."""

    producer: int


class Cause(Enum):
    """Why a transaction was aborted: the group moved on, Kafka is unable now, or neither."""

    MOVED_ON = auto()
    UNABLE = auto()
    WRONG = auto()


class TransactionAborted(Struct, frozen=True):
    """The transaction in flight was aborted, and Kafka confirmed it."""

    producer: int
    reason: str
    cause: Cause = Cause.WRONG


class ProducerFenced(Struct, frozen=True):
    """Another producer took our place; the end of our transaction is not known."""

    producer: int
    reason: str


class ProducerHung(Struct, frozen=True):
    """Kafka did not say in time how the transaction in flight ended."""

    producer: int
    reason: str


class ProducerStale(Struct, frozen=True):
    """A broker went that this producer had used: from now on it begins nothing.

    What it was told to commit meanwhile was not begun.
    """

    producer: int


class ProducerReady(Struct, frozen=True):
    """A new producer stands; whatever the one before had open is over."""

    producer: int


class ProducerFailed(Struct, frozen=True):
    """The new producer did not come to stand; another may, a little later."""

    producer: int
    reason: str


class EndOffsets(Struct, frozen=True):
    """Where partitions ended when we asked, open transactions included.

    `stable` tells up to where they can be read now, below the first open transaction. Of a
    partition that stands in neither, Kafka could not say: it has no leader, for example.
    """

    asked: Instant
    ends: Mapping[TP, int]
    stable: Mapping[TP, int]
    asker: int = 0


class KafkaSilent(Struct, frozen=True):
    """Kafka did not answer a question."""

    reason: str
    asker: int = 0


class ReferencesPassed(Struct, frozen=True):
    """All that was said of references up to `time` is known."""

    time: Instant


class WorldHeard(Struct, frozen=True):
    """References or versions of the playbook were read on, or to where they end.

    Also said where Kafka cannot tell where that is: what keeps us then is no fault of ours.
    """

    topic: str


class Tick(Struct, frozen=True):
    """Time passed."""


class Stop(Struct, frozen=True):
    """The operator wants us to end."""


class WorkerFault(Struct, frozen=True):
    """A part of the worker cannot go on; the sentence says why, `code` how to end."""

    sentence: str
    code: int = 1


ProducerFact: TypeAlias = (
    Committed
    | TransactionAborted
    | ProducerFenced
    | ProducerHung
    | ProducerStale
    | ProducerReady
    | ProducerFailed
)
"""What a producer says; each bears its number."""

Fact: TypeAlias = (
    Batch
    | PartitionEof
    | GroupMetadata
    | PartitionsAssigned
    | PartitionsRevoked
    | PartitionsLost
    | Restored
    | ProducerFact
    | EndOffsets
    | KafkaSilent
    | ReferencesPassed
    | WorldHeard
    | Tick
    | Stop
    | WorkerFault
)
