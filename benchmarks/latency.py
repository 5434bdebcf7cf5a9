"""`python -m benchmarks.latency`: from an event's scheduled send to its output being readable.

Unless a rate is named, a load climbs until it is too much for sender, broker, engine and reader
on the same machine, and half of the highest rate that was sustained is measured. An event
carries the instant of its scheduled send as its `time`, and a switch bears the time of its
event: so what waits anywhere counts, also in a sender that was late.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from statistics import quantiles
from typing import Literal

import click
import msgspec
from confluent_kafka import Consumer, TopicPartition
from rich.console import Console

from benchmarks.broker import kafka
from benchmarks.engines import ENGINES
from benchmarks.engines.engine import Engine, Job
from benchmarks.engines.legato_full import LEGATO_FULL
from benchmarks.engines.legato_full import expected as expected_in_full
from benchmarks.measure import Meter, Pace, pace
from benchmarks.open_load import Kind, Load, Stretch, now_ms, planned, sending
from benchmarks.oracle import Looked
from benchmarks.outputs import Output, Summary, summarise, told
from benchmarks.rules import FULL, USUAL
from benchmarks.run import Failed, staged, started
from benchmarks.sustained import Delay, Unsustained, highest_sustained, stairs
from benchmarks.topics import PARTITIONS, Topics, values
from legato.local import Child, wait_until

GROUPS = [engine for engine in ENGINES if engine.follows]
"""The configurations that can follow a topic as it grows."""

QUIET_MS = 5_000.0
READY_S = 60.0
LOWEST = {"trusted": 4_000, "full": 1_000}

EXAMPLES = """
\b
Examples:
  python -m benchmarks.latency           at half of what is sustained
  python -m benchmarks.latency --line full
  python -m benchmarks.latency --engine kafka-streams --rate 20000 --seconds 60
  python -m benchmarks.latency --rules full --engine kafka-streams --config "commit 0.1 s"
"""


class Latency(msgspec.Struct, frozen=True):
    """What a run found after the warm-up, in milliseconds."""

    rules: str
    engine: str
    config: str
    cpu_us_per_event: float
    elsewhere_cores: float
    rate: int
    sustained: int | None
    """The highest rate that was; None if the rate was named."""

    warm_up: float
    seconds: float
    outputs: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float
    sender_late_ms: float
    counts_ok: bool


class Went(msgspec.Struct, frozen=True):
    """How a run went: its load, all delays, how late the sender was, what the engine took."""

    load: Load
    delays: list[Delay]
    late_ms: float
    pace: Pace


class Seen(msgspec.Struct, frozen=True, gc=False):
    """An output, and when it could be read."""

    output: Output
    at_ms: float


class Asked(msgspec.Struct, frozen=True):
    """What one call is to measure."""

    name: str
    rules: str
    config: str
    line: Literal["trusted", "full"]
    rate: int | None
    lowest: int | None
    seconds: float
    warm_up: float

    @property
    def begins(self) -> int:
        """Where the load begins to climb, in events a second."""
        return self.lowest or LOWEST[self.line]


@click.command(epilog=EXAMPLES)
@click.option(
    "--engine",
    "name",
    type=click.Choice(list(dict.fromkeys(engine.name for engine in GROUPS))),
    default="legato",
    show_default=True,
)
@click.option(
    "--rules",
    type=click.Choice([USUAL.name, FULL.name]),
    default=USUAL.name,
    show_default=True,
    help="By RULES.md or by RULES-FULL.md.",
)
@click.option(
    "--config", default="", metavar="TEXT", help="The first configuration that has this in it."
)
@click.option(
    "--line",
    type=click.Choice(["trusted", "full"]),
    default="trusted",
    show_default=True,
    help="Legato only: its first hop and its own playbook too, up to actions.",
)
@click.option(
    "--rate",
    type=int,
    help="Events a second.  [default: half of the highest that is sustained]",
)
@click.option(
    "--lowest",
    type=int,
    help="Without --rate: where the load begins to climb.  [default: 4000, full line 1000]",
)
@click.option("--seconds", default=30.0, show_default=True, help="How long to measure.")
@click.option(
    "--warm-up",
    default=60.0,
    show_default=True,
    help="Seconds to send before: a broker that just started compiles its Java first.",
)
@click.option("--bootstrap", metavar="HOST:PORT", help="Kafka to use.  [default: our own]")
@click.option("--out", type=click.Path(path_type=Path), help="Write the result there as JSON.")
def main(bootstrap: str | None, out: Path | None, **of: object) -> None:
    """Send events at a fixed rate and tell how long until their outputs are readable."""
    console, asked = Console(), msgspec.convert(of, Asked)
    engine = chosen(asked)
    try:
        with kafka(bootstrap) as topics:
            found = probe(engine, topics, asked, console)
    except (Failed, Unsustained) as error:
        console.print(f"{engine.name}: {error}")
        sys.exit(1)
    console.print(found)
    if out:
        out.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")


def chosen(asked: Asked) -> Engine:
    """Find the engine that was asked for; raises UsageError if there is none."""
    if asked.line == "full":
        if (asked.name, asked.rules) != (LEGATO_FULL.name, USUAL.name):
            raise click.UsageError("only `legato` has a full line, and by `rules` alone")
        return LEGATO_FULL
    named = (asked.name, asked.rules)
    for engine in GROUPS:
        if (engine.name, engine.rules.name) == named and asked.config in engine.config:
            return engine
    raise click.UsageError(
        f"`{asked.name}` has no configuration with `{asked.config}` by `{asked.rules}`"
    )


def probe(engine: Engine, topics: Topics, asked: Asked, console: Console) -> Latency:
    """Measure at the rate that was asked for, or at half of what is sustained.

    Raises Failed when the engine puts out anything else, Unsustained.
    """
    rate, sustained, seconds = asked.rate, None, asked.seconds
    if rate is None:
        sustained = climb(engine, topics, asked.begins, asked.warm_up)
        console.print(f"{engine.name}: {sustained:,} events/s are sustained")
        rate = sustained // 2
    return reduced(
        engine,
        follow(engine, topics, [Stretch(rate, asked.warm_up), Stretch(rate, seconds)]),
        sustained,
    )


def climb(engine: Engine, topics: Topics, begins: int, warm_up: float) -> int:
    """Return the highest rate that is sustained; climb on from a top that was no limit."""
    while True:
        stretches = [Stretch(begins, warm_up), *stairs(begins)]
        went = follow(engine, topics, stretches)
        highest = highest_sustained(went.load, went.delays)
        if highest < stretches[-1].per_s:
            return highest
        begins = highest


def follow(engine: Engine, topics: Topics, stretches: Sequence[Stretch]) -> Went:
    """Run one engine under a load; raises Failed when it puts out anything else."""
    source = f"bench.latency.{secrets.token_hex(4)}"
    topics.create(source, **{"message.timestamp.type": "LogAppendTime"})
    count = sum(stretch.count for stretch in stretches)
    try:
        with (
            staged(engine, topics, source, count, follows=True) as job,
            started(engine, job) as child,
            Meter(child.pid) as meter,
        ):
            ready(engine, topics, job, child)
            load = planned(topics.bootstrap, source, stretches, kind_of(engine))
            meter.mark(0)
            with sending(load) as sent:
                # What time alone shows after the last event is nothing that was sent.
                seen = [
                    each
                    for each in reading(engine, topics, job, sent)
                    if each.output.time <= load.starts()[-1]
                ]
                meter.mark(load.count)
                check(seen, wanted_of(engine, topics, job))
                return Went(load, delays_of(seen), sent.result(), pace(*meter.marks))
    finally:
        topics.delete([source])


def kind_of(engine: Engine) -> Kind:
    """Say which events an engine reads."""
    if engine is LEGATO_FULL:
        return "identifiers"
    return "full rules" if engine.rules is FULL else "rules"


def ready(engine: Engine, topics: Topics, job: Job, child: Child) -> None:
    """Wait until the engine has all partitions, as far as one sees, and its output topic."""

    def is_ready() -> bool:
        has_all = not engine.in_group or topics.assigned(job.run) >= PARTITIONS
        return has_all and bool(output_topics(topics, job))

    wait_until(
        is_ready,
        f"`{job.run}` to take its partitions",
        deadline_s=READY_S,
        cancelled=child.exited,
    )


def output_topics(topics: Topics, job: Job) -> list[str]:
    """Return the output topic, or all of them where each channel has its own."""
    return sorted(name for name in topics.names() if name.startswith(job.output))


def reading(engine: Engine, topics: Topics, job: Job, sent: Future[float]) -> Iterator[Seen]:
    """Yield each output as it can be read, until all is sent and nothing more comes."""
    consumer = Consumer(
        {
            "bootstrap.servers": job.bootstrap,
            "group.id": f"{job.run}-reader",
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
        }
    )
    consumer.assign(
        [
            TopicPartition(topic, number, 0)
            for topic in output_topics(topics, job)
            for number in range(PARTITIONS)
        ]
    )
    last = now_ms()
    while not sent.done() or now_ms() < last + QUIET_MS:
        messages = consumer.consume(1_000, timeout=0.01)
        if messages or not sent.done():
            last = now_ms()
        for value in values(messages):
            if (output := engine.read(value)) is not None:
                yield Seen(output, last)
    consumer.close()


def wanted_of(engine: Engine, topics: Topics, job: Job) -> Summary:
    """Say what must come out: by the oracle, or by the full line without Kafka.

    What an engine knows in the end is asked where it has an end.
    """
    if engine is LEGATO_FULL:
        return expected_in_full(topics, job)
    wanted = engine.rules.expected(topics, job.source, Looked.BY_TIMER)
    return Summary(wanted.counts, wanted.digest)


def check(seen: Sequence[Seen], wanted: Summary) -> None:
    """Raise Failed unless an engine put out what is wanted."""
    found = summarise(each.output for each in seen)
    if found != wanted:
        raise Failed(f"put out {told(found)} instead of {told(wanted)}")


def delays_of(seen: Iterable[Seen]) -> list[Delay]:
    """Say how long each output took from the instant of its event on."""
    return [Delay(each.output.time, each.at_ms - each.output.time) for each in seen]


def reduced(engine: Engine, went: Went, sustained: int | None) -> Latency:
    """Reduce the delays of what was sent after the warm-up."""
    warm_up, measured = went.load.stretches
    warm = went.load.starts()[1]
    took = [each.took for each in went.delays if each.instant >= warm]
    cuts = quantiles(took, n=100, method="inclusive")
    return Latency(
        rules=engine.rules.name,
        engine=engine.name,
        config=engine.config,
        cpu_us_per_event=round(went.pace.cpu_us_per_event, 1),
        elsewhere_cores=round(went.pace.elsewhere_cores, 2),
        rate=measured.per_s,
        sustained=sustained,
        warm_up=warm_up.seconds,
        seconds=measured.seconds,
        outputs=len(took),
        p50_ms=round(cuts[49], 1),
        p95_ms=round(cuts[94], 1),
        p99_ms=round(cuts[98], 1),
        max_ms=round(max(took), 1),
        sender_late_ms=round(went.late_ms, 1),
        counts_ok=True,
    )


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.latency")
