"""Plain faust-streaming: one agent, one Table with its changelog, outputs by `topic.send`."""

from __future__ import annotations

import asyncio
import os
import sys

import faust

from benchmarks.peers.fold import Document, fold, new_context
from benchmarks.peers.marks import Job, Marks, say

PARTITIONS = 4

job = Job()
marks = Marks(job.events)
app = faust.App(
    job.run,
    broker=f"kafka://{job.bootstrap}",
    store="memory://",
    datadir=job.state,
    topic_partitions=PARTITIONS,
    topic_replication_factor=1,
    consumer_auto_offset_reset="earliest",
    consumer_max_fetch_size=4 << 20,
    broker_max_poll_records=5_000,
    broker_commit_interval=1.0,
    producer_acks=-1,
    producer_linger_ms=50,
    producer_compression_type="lz4",
    stream_wait_empty=False,
    web_enabled=False,
)
events = app.topic(job.source, key_type=str, key_serializer="raw", value_serializer="json")
outputs = app.topic(job.output, key_type=str, value_serializer="json", partitions=PARTITIONS)
contexts = app.Table("contexts", partitions=PARTITIONS, key_type=str, value_type=dict)
ending: set[asyncio.Task[None]] = set()


@app.agent(events)
async def follow(stream: faust.StreamT[Document]) -> None:
    """Fold each event into its customer's context."""
    async for event in stream:
        customer = event["customer_id"]
        context = contexts.get(customer) or new_context()
        for output in fold(context, event):
            await outputs.send(key=customer, value=output)
        contexts[customer] = context
        if marks.applied():
            ending.add(asyncio.ensure_future(finish()))


async def finish() -> None:
    """Write out what is on its way, then leave at once: a drain would take its time."""
    await app.producer.flush()
    await app.consumer.commit()
    say("done")
    os._exit(0)


if __name__ == "__main__":
    sys.argv = ["faust", "worker", "-l", "warn", "--without-web"]
    app.main()
