"""Consume the events, decode them, and follow the rule: what a Python engine cannot go below.

The bare loop keeps what RULES.md asks for in plain data, in memory alone, and puts out nothing.
"""

from __future__ import annotations

import gc
import sys
from collections import defaultdict
from collections.abc import Callable

import msgspec
from confluent_kafka import Consumer

from benchmarks.events import read_event
from benchmarks.peers.fold import Document, fold, new_context
from benchmarks.peers.marks import Job, Marks, say

BATCH = 5_000


def main(mode: str) -> None:
    """Read all events once."""
    gc.set_threshold(50_000, 50, 1_000)
    job = Job()
    work = WORKS[mode]()
    consumer, marks = reader(job), Marks(job.events)
    finished = False
    while not finished:
        messages = consumer.consume(BATCH, timeout=0.2)
        if not messages:
            continue
        if work is not None:
            for message in messages:
                work(message.value() or b"")
        finished = marks.applied(len(messages))
    consumer.close()
    say("done")


def follower() -> Callable[[bytes], object]:
    """Return what follows one event after the other."""
    read = msgspec.json.Decoder(Document).decode
    contexts: defaultdict[str, Document] = defaultdict(new_context)

    def follow(value: bytes) -> object:
        event = read(value)
        return fold(contexts[event["customer_id"]], event)

    return follow


WORKS: dict[str, Callable[[], Callable[[bytes], object] | None]] = {
    "consume": lambda: None,
    "decode": lambda: read_event,
    "follow": follower,
}


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
