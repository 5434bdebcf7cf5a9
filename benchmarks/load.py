"""Load the events of the benchmark into a topic."""

from __future__ import annotations

from collections.abc import Iterable

from confluent_kafka import Producer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from benchmarks.rules import USUAL, Rules
from benchmarks.topics import QUIET, Topics

POLL_EVERY = 1_000


def load(topics: Topics, count: int, console: Console, rules: Rules = USUAL) -> str:
    """Fill the topic of the first `count` events, unless it is there; return its name."""
    topic = rules.source_topic(count)
    if topic not in topics.names():
        # The broker's own time on the records, as a source topic of Legato should have it.
        topics.create(topic, **{"message.timestamp.type": "LogAppendTime"})
        keyed = ((value, key, -1) for value, key in rules.events(count))
        produce(topics.bootstrap, topic, keyed, count, console)
    loaded = sum(topics.ends(topic).values())
    if loaded != count:
        raise RuntimeError(
            f"`{topic}` holds {loaded:,} events instead of {count:,}; delete it and run again"
        )
    return topic


def produce(
    bootstrap: str,
    topic: str,
    keyed: Iterable[tuple[bytes, str, int]],
    count: int,
    console: Console,
) -> None:
    """Write values by key, to a partition unless it is -1, while a bar shows how far it is."""
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            **QUIET,
            "partitioner": "murmur2_random",
            # Without it a retry may overtake, and time would run backwards in the partition.
            "enable.idempotence": True,
            "compression.type": "lz4",
            "linger.ms": 20,
            "batch.num.messages": 10_000,
            "queue.buffering.max.messages": 2_000_000,
        }
    )
    columns = ("loading", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=count)
        for number, (value, key, partition) in enumerate(keyed, 1):
            producer.produce(topic, value, key, partition)
            if number % POLL_EVERY == 0:
                producer.poll(0)
                bar.update(task, completed=number)
        producer.flush(60)
        bar.update(task, completed=count)
