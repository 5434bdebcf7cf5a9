"""`python -m benchmarks.full_line`: events by identifier, through both hops, to actions."""

from __future__ import annotations

import secrets
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import click
import msgspec
from rich.console import Console

from benchmarks.broker import kafka
from benchmarks.engines.engine import Job
from benchmarks.engines.legato_full import LEGATO_FULL, in_memory, registry, settings_of
from benchmarks.engines.legato_full import start_backfill as start
from benchmarks.engines.watch import ASK_EVERY_S, Died
from benchmarks.full_events import Format, Told, closing, links, told_events, written
from benchmarks.load import produce
from benchmarks.measure import Measurement, Meter, await_quiet
from benchmarks.run import Failed, staged, started
from benchmarks.topics import PARTITIONS, Topics
from legato.core.values.outputs import Action
from legato.harness import Harness
from legato.local import Child
from legato.queries.topic_reader import TopicReader
from legato.wire.topics.actions import read_action
from legato.wire.topics.names import Topics as Names

EXAMPLES = """
\b
Examples:
  python -m benchmarks.full_line
  python -m benchmarks.full_line --format avro --out avro.json
  python -m benchmarks.full_line --events 300000      a cold start: most customers are new
  LEGATO_PLAYBOOK=mine.yaml python -m benchmarks.full_line   by another playbook
"""


class Row(msgspec.Struct, frozen=True):
    """What one worker did over the whole line."""

    engine: str
    config: str
    events: int
    linking_percent: float
    events_per_s: int
    warm_events_per_s: int
    cpu_us_per_event: float
    rss_mb: int
    elsewhere_cores: float
    actions: int
    counts_ok: bool


class Look(msgspec.Struct, frozen=True):
    """How many records of the source, and of customer.events, were committed at a mark."""

    source: int
    resolved: int


@click.command(epilog=EXAMPLES)
@click.option("--events", "count", default=1_000_000, show_default=True, help="Events to read.")
@click.option(
    "--format", "form", type=click.Choice(["json", "avro"]), default="json", show_default=True
)
@click.option("--bootstrap", metavar="HOST:PORT", help="Kafka to use.  [default: our own]")
@click.option("--out", type=click.Path(path_type=Path), help="Write the row there as JSON.")
def main(count: int, form: str, bootstrap: str | None, out: Path | None) -> None:
    """Run one worker over events that wait, from identify to actions; print what it took.

    Exits with 1 when its actions are not those that the same line decides without Kafka. What
    that line took back may be missing.
    """
    console = Console(stderr=True)
    try:
        with kafka(bootstrap) as topics:
            row = whole_line(topics, count, cast(Format, form), console)
    except Failed as error:
        raise click.ClickException(str(error)) from None
    text = msgspec.json.format(msgspec.json.encode(row), indent=2).decode()
    if out:
        out.write_text(f"{text}\n")
    print(text)
    sys.exit(not row.counts_ok)


def whole_line(topics: Topics, count: int, form: Format, console: Console) -> Row:
    """Load, run, and compare with the line in memory."""
    source = f"bench.full.{secrets.token_hex(4)}"
    topics.create(source, **{"message.timestamp.type": "LogAppendTime"})
    total = count + PARTITIONS
    produce(topics.bootstrap, source, keyed(count, form), total, console)
    try:
        with staged(LEGATO_FULL, topics, source, total) as job:
            await_quiet()
            done = measure(topics, job)
            came = Counter(acted(topics, job))
            right = is_right(in_memory(topics, job), came)
            return row_of(config_of(job, form), done, came.total(), right=right)
    finally:
        topics.delete([source])


def keyed(count: int, form: Format) -> Iterator[tuple[bytes, str, int]]:
    """Yield values, keys and partitions; the last event of each partition stops its clock."""
    last: Told | None = None
    for value, last in written(told_events(count, spread=True), form):
        yield value, last.key, -1
    for number, told in closing(last.time if last else 0):
        yield next(value for value, _ in written([told], form)), told.key, number


def measure(topics: Topics, job: Job) -> Measurement:
    """Follow the worker from its first commit until both hops have committed everything."""
    engine = msgspec.structs.replace(LEGATO_FULL, start=start)
    with started(engine, job) as child, Meter(child.pid) as meter:
        looks = list(looking(topics, job, child, meter))
    final = looks[-1].resolved
    marks = tuple(
        msgspec.structs.replace(mark, events=share(job.events, look, final))
        for mark, look in zip(meter.marks, looks, strict=True)
    )
    return Measurement(job.events, marks, meter.peak_bytes)


def share(events: int, look: Look, final: int) -> int:
    """Say of how many events the work was done, half of it in each hop."""
    return round(events * (look.source / events + look.resolved / final) / 2)


def looking(topics: Topics, job: Job, child: Child, meter: Meter) -> Iterator[Look]:
    """Mark each look from the first commit on, until nothing is left in either topic.

    What a transaction has just written shows a moment after its offsets, so an end counts once
    it was seen twice.
    """
    resolved = Names(settings_of(job).kafka.prefix).customer_events
    ends: dict[int, int] = {}
    done = False
    while not done:
        if child.exited.wait(ASK_EVERY_S):
            raise Died(f"it ended with {child.returncode}")
        source = topics.committed(job.run, job.source)
        if not source:
            continue
        places = topics.places(job.run, resolved)
        meter.mark(source)
        yield Look(source, sum(places.values()))
        if source == job.events:
            before, ends = ends, last_places(job, resolved)
            reached = all(places[number] >= end for number, end in ends.items())
            done = reached and ends == before


def last_places(job: Job, topic: str) -> dict[int, int]:
    """Return the offset behind the last record of each partition; commits may follow."""
    with TopicReader(settings_of(job)) as reader:
        newest = {number: reader.newest(topic, number) for number in range(PARTITIONS)}
    return {number: record.offset + 1 for number, record in newest.items() if record}


def acted(topics: Topics, job: Job) -> Iterator[str]:
    """Yield the ids of the actions that anybody can read, on whatever channel.

    Offsets show as committed a moment before the records of their transaction do, so each
    partition is read to where it ends with all that is open.
    """
    prefix = Names(settings_of(job).kafka.prefix).actions("")
    for topic in sorted(name for name in topics.names() if name.startswith(prefix)):
        for partition, end in topics.ends(topic).items():
            for value in topics.read(topic, partition, end) if end else ():
                found = read_action(value, None, registry())
                if isinstance(found, Action):
                    yield found.action_id


def config_of(job: Job, form: Format) -> str:
    """Say by which playbook it decided, and in which format the events were."""
    playbook = settings_of(job).playbook or "default playbook"
    return f"{LEGATO_FULL.config}, {playbook}, {form}"


def is_right(line: Harness, came: Counter[str]) -> bool:
    """Did the actions of a line without Kafka come, none made up and none twice?

    What that line took back may be missing: it was over before the address had answered.
    """
    wanted = Counter(action.action_id for action in line.actions)
    missing = (wanted - came).keys()
    taken_back = {each.action_id for each in line.revoked}
    return bool(came) and came <= wanted and missing <= taken_back


def row_of(config: str, done: Measurement, actions: int, *, right: bool) -> Row:
    """Reduce a run to its row."""
    whole = done.whole()
    return Row(
        engine=LEGATO_FULL.name,
        config=config,
        events=done.events,
        linking_percent=linking_percent(done.events),
        events_per_s=round(whole.events_per_s),
        warm_events_per_s=round(done.warm().events_per_s),
        cpu_us_per_event=round(whole.cpu_us_per_event, 1),
        rss_mb=done.peak_bytes >> 20,
        elsewhere_cores=round(whole.elsewhere_cores, 2),
        actions=actions,
        counts_ok=right,
    )


def linking_percent(count: int) -> float:
    """Say how many of a hundred events show that two identifiers are one customer's."""
    return round(100 * sum(map(links, told_events(count, spread=False))) / count, 2)


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.full_line")
