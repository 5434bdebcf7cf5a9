"""How the town and its courier write to Kafka."""

from __future__ import annotations

from confluent_kafka import Producer

from legato.kafka import client_config
from legato.settings import Settings

FLUSH_S = 30.0


def open_producer(settings: Settings, *, batch: int) -> Producer:
    """Make a producer that repeats nothing when it has to try again; `batch` in records.

    Asked where a partition ends, the embedded broker answers with the beginning of the last
    batch plus one, and a worker that comes back and had read beyond that refuses to go on. So
    what may be last for a while must be a batch of its own.
    """
    config = {
        "enable.idempotence": True,
        "partitioner": "murmur2_random",
        "linger.ms": 5,
        "batch.num.messages": batch,
    }
    return Producer(client_config(settings, **config))
