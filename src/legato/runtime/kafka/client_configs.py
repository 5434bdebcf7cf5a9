"""How each client is set; what `kafka.properties` say wins, but for what correctness needs."""

from __future__ import annotations

from typing import Any

from legato.kafka import client_config
from legato.settings import Settings

LARGEST = 16 << 20
"""Bytes of the largest record that we read or write; topics set their own, lower limits."""


SOON: dict[str, Any] = {
    # A leader that froze answers nothing: so soon, and not after a minute, others are asked.
    "socket.timeout.ms": 10_000,
    # Who leads where is looked up so often, though nothing failed: five minutes by default.
    "topic.metadata.refresh.interval.ms": 10_000,
}


def admin_config(settings: Settings) -> dict[str, Any]:
    """Whoever asks Kafka what there is, and where it ends."""
    return SOON | client_config(settings)


def consumer_config(settings: Settings, index: int) -> dict[str, Any]:
    """The feed: a member of the group that reads what is committed, and commits nothing."""
    worker = settings.worker
    needs: dict[str, Any] = {
        "group.id": worker.group,
        "client.id": f"{worker.name}-{index}",
        "partition.assignment.strategy": "cooperative-sticky",
        "session.timeout.ms": worker.session_timeout_ms,
        "heartbeat.interval.ms": max(worker.session_timeout_ms // 10, 100),
        "max.poll.interval.ms": max(300_000, worker.session_timeout_ms),
    }
    if worker.static_membership:
        needs["group.instance.id"] = f"{worker.name}-{index}"
    # Else each event of a quiet stream is a fetch of its own, and the broker works most.
    gathered = {"fetch.min.bytes": 64 << 10, "fetch.wait.max.ms": 20}
    return _reader(settings, gathered, needs)


def restore_config(settings: Settings, index: int) -> dict[str, Any]:
    """The restorer: it asks for the group's offsets, but is no member."""
    worker = settings.worker
    needs = {"group.id": worker.group, "client.id": f"{worker.name}-{index}-restore"}
    tuned = {
        # What waits is memory to be touched for the first time: we are as fast with less.
        "queued.min.messages": 20_000,
        # The end behind a transaction's marker is only told when a fetch comes back empty.
        "fetch.wait.max.ms": 10,
    }
    return _reader(settings, tuned, needs)


def producer_config(settings: Settings, index: int) -> dict[str, Any]:
    """A worker's producer; its transactional id outlives restarts, and so fences them."""
    worker = settings.worker
    needs = {
        "client.id": f"{worker.name}-{index}",
        "transactional.id": f"{worker.group}-{worker.name}-{index}",
        "transaction.timeout.ms": worker.transaction_timeout_ms,
        "partitioner": "murmur2_random",
        "message.max.bytes": LARGEST,
    }
    tuned = {
        **SOON,
        # librdkafka wants no request to outlast its transaction.
        "socket.timeout.ms": min(SOON["socket.timeout.ms"], worker.transaction_timeout_ms),
        "compression.type": "lz4",
        "linger.ms": 5,
        # A transaction that begins while the broker still ends the one before is told to
        # try again: after 100 ms by default, where a few would do.
        "retry.backoff.ms": 10,
        "batch.num.messages": 10_000,
        "queue.buffering.max.messages": 2_000_000,
        "queue.buffering.max.kbytes": 1 << 20,
    }
    return tuned | client_config(settings, **needs)


def _reader(settings: Settings, tuned: dict[str, Any], needs: dict[str, Any]) -> dict[str, Any]:
    """Put `kafka.properties` above how a reader is tuned, and below what it needs."""
    usual = {
        **SOON,
        "fetch.queue.backoff.ms": 10,
        "fetch.message.max.bytes": 4 << 20,
        "fetch.max.bytes": max(LARGEST * 2, 52_428_800),
        "receive.message.max.bytes": LARGEST * 4,
        "queued.min.messages": 200_000,
        "queued.max.messages.kbytes": 256 << 10,
    }
    correct = {
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",
        "enable.partition.eof": True,
    }
    return usual | tuned | client_config(settings, **correct, **needs)
