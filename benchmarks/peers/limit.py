"""Consume the events, and decode them or not: the limit for any Python engine on librdkafka."""

from __future__ import annotations

import gc
import sys

from confluent_kafka import Consumer

from benchmarks.events import read_event
from benchmarks.peers.marks import Job, Marks, say

BATCH = 5_000


def main(mode: str) -> None:
    """Read all events once."""
    gc.set_threshold(50_000, 50, 1_000)
    job = Job()
    consumer, marks = reader(job), Marks(job.events)
    finished = False
    while not finished:
        messages = consumer.consume(BATCH, timeout=0.2)
        if not messages:
            continue
        if mode == "decode":
            for message in messages:
                read_event(message.value() or b"")
        finished = marks.applied(len(messages))
    consumer.close()
    say("done")


def reader(job: Job) -> Consumer:
    """Return a consumer with its queues opened wide."""
    consumer = Consumer(
        {
            "bootstrap.servers": job.bootstrap,
            "group.id": job.run,
            "auto.offset.reset": "earliest",
            "fetch.message.max.bytes": 4 << 20,
            "queued.min.messages": 200_000,
            # One second by default: the queue would run dry again and again.
            "fetch.queue.backoff.ms": 10,
        }
    )
    consumer.subscribe([job.source])
    return consumer


if __name__ == "__main__":
    main(sys.argv[1])
