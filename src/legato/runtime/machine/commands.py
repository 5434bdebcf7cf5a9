"""What a worker is to do next; each is one call or two on librdkafka."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct

from legato.runtime.machine.checkpoint import Checkpoint
from legato.runtime.machine.facts import TP


class Fetch(Struct, frozen=True):
    """Read these partitions from these offsets on, whatever was read before, as `epoch`."""

    offsets: Mapping[TP, int]
    epoch: int


class Unassign(Struct, frozen=True):
    """Read these partitions no more."""

    tps: tuple[TP, ...]


class Restore(Struct, frozen=True):
    """Find the committed offsets, and what the changelog holds; answer `Restored`."""

    tps: tuple[TP, ...]
    partition: int | None
    epoch: int


class CancelRestore(Struct, frozen=True):
    """The restore of `epoch` is wanted no more."""

    epoch: int


class Commit(Struct, frozen=True):
    """Commit this as one transaction.

    Answer `Committed`, `TransactionAborted`, `ProducerFenced` or `ProducerHung`; if it was not
    begun, `ProducerStale`.
    """

    producer: int
    checkpoint: Checkpoint


class InitProducer(Struct, frozen=True):
    """Take a new producer in place of the old; answer `ProducerReady` or `ProducerFailed`.

    `hung` tells that the old one is in a call that does not return: it is left behind.
    """

    producer: int
    hung: bool = False


class AckRevoke(Struct, frozen=True):
    """Give back what this ticket asked for."""

    ticket: int


class QueryEndOffsets(Struct, frozen=True):
    """Ask where these partitions end, and so whether Kafka answers.

    Answer `EndOffsets` or `KafkaSilent`. A new number of `asker` asks for a new client: the one
    before is in a call that does not return, or knows too little.
    """

    tps: tuple[TP, ...]
    asker: int = 0


class LogInfo(Struct, frozen=True):
    """Tell the operator what happens in good order."""

    sentence: str


class LogWarning(Struct, frozen=True):
    """Tell the operator what does not."""

    sentence: str


HUNG = 70
"""The exit code of a worker that ends since something in it, or under it, hangs."""


class Exit(Struct, frozen=True):
    """Leave the group and end the process; the sentence says why if it is no good end."""

    code: int
    sentence: str = ""


Command: TypeAlias = (
    Fetch
    | Unassign
    | Restore
    | CancelRestore
    | Commit
    | InitProducer
    | AckRevoke
    | QueryEndOffsets
    | LogInfo
    | LogWarning
    | Exit
)
