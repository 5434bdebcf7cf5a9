"""`python -m benchmarks.redis_view`: how many contexts a second one view brings to Redis."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec
import psutil
import redis
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic
from rich.console import Console
from rich.progress import track

from benchmarks.measure import Measurement, Meter
from benchmarks.view_contexts import SHOPS, action_of, context_of, decisions_of
from legato.local import Child, RealKafka, RedisServer, wait_until
from legato.wire.formats.open_registry import open_registry
from legato.wire.state import write_context
from legato.wire.topics.actions import write_action
from legato.wire.topics.outputs import write_output

TOPIC = "legato.customer.contexts"
DECISIONS, OUTCOMES = "legato.decisions", "legato.action.outcomes"
ACTIONS = "legato.actions.store"
OWN_KEYS = 4
"""How far each of three topics is, and how fresh all is."""
PARTITIONS = 4
PATIENCE_S = 600
VIEW = """
from legato.serving.redis_view.view import run
from legato.settings import load
raise SystemExit(run(load(), rebuild=False))
"""


class Row(msgspec.Struct, frozen=True):
    """What one view did; the CPU of Redis is not in that of the view."""

    engine: str
    config: str
    contexts_per_s: int
    warm_contexts_per_s: int
    cpu_us_per_context: float
    redis_cpu_us_per_context: float
    rss_mb: int
    mean_context_bytes: int
    redis_bytes_per_context: int
    counts_ok: bool
    contexts: int


class Load(msgspec.Struct, frozen=True):
    """What customer.contexts was filled with, and how many keys that makes in Redis."""

    contexts: int
    bytes: int
    keys: int


@click.command()
@click.option("--contexts", "count", default=200_000, show_default=True, help="Customers.")
@click.option("--said", is_flag=True, help="Two decisions and an open action for each, too.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the row to this file."
)
def main(count: int, said: bool, out: Path | None) -> None:
    """Fill customer.contexts on a real Kafka, and time one Redis view over it.

    Prints one JSON object. Exits with 1 if not every context arrived.
    """
    console = Console(stderr=True)
    with RealKafka.start() as kafka, RedisServer.start() as server:
        load = fill(kafka.bootstrap, count, console)
        if said:
            load = say(kafka.bootstrap, load, console)
        row = measure(kafka.bootstrap, server, load)
    text = msgspec.json.encode(row).decode()
    if out:
        out.write_text(f"{text}\n")
    print(text)
    sys.exit(not row.counts_ok)


def fill(bootstrap: str, count: int, console: Console, most: int = 30) -> Load:
    """Write one context a customer to a topic of its own."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    wanted = NewTopic(TOPIC, PARTITIONS, 1, config={"cleanup.policy": "compact"})
    beside = [NewTopic(name, PARTITIONS, 1) for name in (DECISIONS, OUTCOMES)]
    for made in admin.create_topics([wanted, *beside]).values():
        made.result(30)
    producer = producer_of(bootstrap)
    size, keys = 0, OWN_KEYS
    for number in track(range(count), "writing contexts", console=console):
        context = context_of(number, most=most)
        value = write_context(context)
        size += len(value)
        keys += 1 + sum(map(len, context.identifiers.values()))
        produce(producer, TOPIC, (number % PARTITIONS, context.customer_id), value)
    producer.flush(60)
    return Load(count, size, keys)


def say(bootstrap: str, load: Load, console: Console) -> Load:
    """Write two decisions and an open action for each customer, in one of many shops."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.create_topics([NewTopic(ACTIONS, PARTITIONS, 1)])[ACTIONS].result(30)
    producer, registry, now = producer_of(bootstrap), open_registry(), time.time_ns() // 10**6
    for number in track(range(load.contexts), "writing what was said", console=console):
        at = number % PARTITIONS, f"0-{number:024x}"
        for decision in decisions_of(number, now):
            produce(producer, DECISIONS, at, write_output(decision))
        produce(producer, ACTIONS, at, write_action(action_of(number, now), registry))
    producer.flush(60)
    shops = min(load.contexts, SHOPS)
    more = (
        3 * load.contexts + shops + 1
    )  # decisions, action, actions; and how far that topic is
    return msgspec.structs.replace(load, keys=load.keys + more)


def producer_of(bootstrap: str) -> Producer:
    """Open a producer that gathers much."""
    return Producer(
        {"bootstrap.servers": bootstrap, "compression.type": "lz4", "linger.ms": 20}
    )


def produce(producer: Producer, topic: str, at: tuple[int, str], value: bytes) -> None:
    """Produce to a partition under a key, waiting while the producer's queue is full."""
    partition, key = at
    while True:
        try:
            return producer.produce(topic, value, key, partition)
        except BufferError:
            producer.poll(0.1)


def measure(bootstrap: str, server: RedisServer, load: Load) -> Row:
    """Run one view until Redis has every context."""
    client = redis.Redis.from_url(server.url)
    before = cpu_s(server.pid)
    with view(bootstrap, server) as child, Meter(child.pid) as meter:
        watch(client, meter, load, child)
        redis_cpu_s = cpu_s(server.pid) - before
        keys = int(client.info("keyspace")["db0"]["keys"])
        held = int(client.info("memory")["used_memory"])
    done = Measurement(load.contexts, tuple(meter.marks), meter.peak_bytes)
    return Row(
        engine="legato",
        config=f"redis view, one process, {PARTITIONS} partitions",
        contexts_per_s=round(done.whole().events_per_s),
        warm_contexts_per_s=round(done.warm().events_per_s),
        cpu_us_per_context=round(done.whole().cpu_us_per_event, 1),
        redis_cpu_us_per_context=round(redis_cpu_s / load.contexts * 1e6, 1),
        rss_mb=meter.peak_bytes >> 20,
        mean_context_bytes=load.bytes // load.contexts,
        redis_bytes_per_context=held // load.contexts,
        counts_ok=keys == load.keys,
        contexts=load.contexts,
    )


@contextmanager
def view(bootstrap: str, server: RedisServer) -> Iterator[Child]:
    """Run the view as a process of its own."""
    environment = {
        "LEGATO_KAFKA_BOOTSTRAP": bootstrap,
        "LEGATO_REDIS_URL": server.url,
        "LEGATO_VIEW_PORT": "0",
    }
    child = Child([sys.executable, "-c", VIEW], server.folder / "view.log", environment)
    try:
        yield child
    finally:
        child.stop()


def watch(client: redis.Redis, meter: Meter, load: Load, child: Child) -> None:
    """Mark how far it is, from the first context on, until all keys are there."""

    def complete() -> bool:
        keys = client.dbsize()
        if keys:
            meter.mark(load.contexts * keys // load.keys)
        return keys >= load.keys

    try:
        wait_until(complete, "all contexts", deadline_s=PATIENCE_S, cancelled=child.exited)
    except TimeoutError as error:
        raise click.ClickException(f"{error}; the view said `{child.last_words()}`") from None


def cpu_s(pid: int) -> float:
    """Return the CPU time of a process until now."""
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.redis_view")
