"""Quix Streams: one stateful function over RocksDB with its changelog."""

from __future__ import annotations

# Quix Streams lives in an environment of its own, where no type checker looks.
from quixstreams import Application, State  # type: ignore[import-not-found]

from benchmarks.peers.fold import Document, fold, new_context
from benchmarks.peers.marks import Job, Marks, say

job = Job()
marks = Marks(job.events)
app = Application(
    broker_address=job.bootstrap,
    consumer_group=job.run,
    auto_offset_reset="earliest",
    state_dir=job.state,
    commit_interval=1.0,
    loglevel="WARNING",
    producer_extra_config={
        "linger.ms": 50,
        "compression.type": "lz4",
        "batch.num.messages": 10_000,
    },
    consumer_extra_config={"queued.min.messages": 200_000, "fetch.message.max.bytes": 4 << 20},
)


def follow(event: Document, state: State) -> list[Document]:
    """Fold an event into its customer's context."""
    context = state.get("context") or new_context()
    outputs = fold(context, event)
    state.set("context", context)
    if marks.applied():
        app.stop()
    return outputs


if __name__ == "__main__":
    events = app.topic(job.source, key_deserializer="bytes", value_deserializer="json")
    outputs = app.topic(job.output, key_serializer="bytes", value_serializer="json")
    app.dataframe(events).apply(follow, stateful=True, expand=True).to_topic(outputs)
    app.run()
    say("done")
