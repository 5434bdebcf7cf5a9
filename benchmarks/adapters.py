"""How many actions an adapter delivers a second: `python -m benchmarks.adapters`.

The actions lie on the topic as it starts; the provider answers at once, so what is measured is
the frame: reading, order, consent asked of Redis, the report, the commit. The time counts from
the first report to the last.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import psutil
from confluent_kafka import Producer

from legato.core.values.outputs import Action, Factors
from legato.core.values.time import HOUR
from legato.kafka import client_config
from legato.local import RealKafka, RedisServer, wait_until
from legato.queries.topic_reader import TopicReader
from legato.runtime.host.topic_commands import create_missing
from legato.settings import (
    AdapterSettings,
    KafkaSettings,
    RedisSettings,
    Settings,
)
from legato.wire.formats.open_registry import open_registry
from legato.wire.topics.actions import action_headers, write_action

PROVIDER = """
from legato.adapter import Delivered

CHANNELS = ("email",)


async def deliver(action):
    return Delivered()
"""
LEGATO = (sys.executable, "-c", "from legato.cli import main; main()")


@click.command()
@click.option("--actions", default=100_000, show_default=True, help="How many.")
@click.option("--customers", default=20_000, show_default=True, help="Of how many customers.")
@click.option("--partitions", default=4, show_default=True, help="Over how many partitions.")
@click.option("--concurrency", default=200, show_default=True, help="How many at once.")
@click.option("--no-view", is_flag=True, help="Ask nobody for consent.")
def main(
    actions: int, customers: int, partitions: int, concurrency: int, *, no_view: bool
) -> None:
    """Publish actions, start an adapter, and see how long it takes."""
    with RealKafka.start() as kafka, RedisServer.start() as view, TemporaryDirectory() as place:
        adapter = AdapterSettings(
            use="./provider.py",
            channels=("email",),
            concurrency=concurrency,
            check="none" if no_view else "view",
            port=0,
        )
        settings = Settings(
            kafka=KafkaSettings(bootstrap=kafka.bootstrap, partitions=partitions),
            redis=RedisSettings(url=view.url),
            adapters={"fake": adapter},
        )
        create_missing(settings)
        _publish(settings, actions, customers)
        _run(settings, Path(place), actions)


def _publish(settings: Settings, actions: int, customers: int) -> None:
    registry, now = open_registry(), time.time_ns() // 1_000_000
    config = {"linger.ms": 20, "partitioner": "murmur2_random"}
    producer = Producer(client_config(settings, **config))
    for number in range(actions):
        action = _action(number, f"1-{number % customers:026d}", now)
        value, headers = write_action(action, registry), action_headers(action)
        producer.produce(
            "legato.actions.email", value, action.customer_id, headers=list(headers)
        )
        if number % 1_000 == 0:
            producer.poll(0.01)
    producer.flush(60)


def _action(number: int, customer_id: str, now: int) -> Action:
    return Action(
        customer_id=customer_id,
        action_id=f"{number:016x}",
        occurrence_id=f"{number:016x}",
        journey_id=f"{number:016x}",
        situation="cart_abandoned",
        action="remind_by_email",
        purpose="promotion",
        channel="email",
        address=f"{number}@example.org",
        content_ref="cart_reminder_email",
        time=now,
        not_before=now,
        expires_at=now + HOUR,
        factors=Factors(1, 1, 1, 1),
    )


def _run(settings: Settings, folder: Path, actions: int) -> None:
    (folder / "provider.py").write_text(PROVIDER)
    told = settings.adapters["fake"]
    (folder / "legato.toml").write_text(
        f'[kafka]\nbootstrap = "{settings.kafka.bootstrap}"\n'
        f'[redis]\nurl = "{settings.redis.url}"\n'
        f'[adapters.fake]\nuse = "./provider.py"\nchannels = ["email"]\n'
        f'concurrency = {told.concurrency}\ncheck = "{told.check}"\nport = 0\n'
    )
    process = subprocess.Popen([*LEGATO, "adapter", "run", "fake"], cwd=folder)
    try:
        _measure(settings, psutil.Process(process.pid), actions)
    finally:
        process.terminate()
        process.wait(30)


def _measure(settings: Settings, process: psutil.Process, actions: int) -> None:
    with TopicReader(settings) as reader:

        def reports() -> int:
            numbers: Sequence[int] = range(settings.kafka.partitions)
            return sum(reader.count("legato.action.outcomes", each) for each in numbers)

        wait_until(lambda: reports() > 0, "the first report", deadline_s=120)
        began, before, first = time.monotonic(), _cpu_s(process), reports()
        wait_until(lambda: reports() >= actions, "all reports", deadline_s=600)
        took, cpu = time.monotonic() - began, _cpu_s(process) - before
        done = reports() - first
    click.echo(
        f"{actions:,} actions, {done / took:,.0f} a second; "
        f"{cpu / done * 1e6:,.0f} µs of CPU an action; {process.memory_info().rss >> 20} MiB"
    )


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


if __name__ == "__main__":
    main()
