"""How the town and its courier write to Kafka."""

from __future__ import annotations

from confluent_kafka import Producer

from legato.kafka import client_config
from legato.settings import Settings

FLUSH_S = 30.0


def open_producer(settings: Settings) -> Producer:
    """Make a producer that repeats nothing when it has to try again.

    Each record is a batch of its own: asked for the end of a partition, the embedded broker
    answers with the beginning of the last batch plus one, and a worker that had read beyond
    that would refuse to go on.
    """
    config = {
        "enable.idempotence": True,
        "partitioner": "murmur2_random",
        "linger.ms": 0,
        "batch.num.messages": 1,
    }
    return Producer(client_config(settings, **config))
