"""Plays this checkout's line over stories, a day and a shop, and writes all that comes of it.

`scripts/same.sh` runs it in two checkouts and compares. So this file may import whatever the
checkout has, and whoever moves or renames that changes it too; but what it writes must stay.
Each run is a file `RUN.jsonl` of records `[topic, partition, key, value, headers]`, bytes in
base64: each record and changelog value that the rooms of a worker write for Kafka, each
context at the end as the Redis view shows it, and what `legato replay` prints.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatch
from functools import partial
from hashlib import blake2b
from pathlib import Path

import click
import msgspec
from msgspec import Struct

import legato
from legato.core.values.ids import murmur2
from legato.core.values.outputs import Action, Output
from legato.core.values.time import DAY, HOUR, MINUTE, Instant, Span
from legato.harness import default_playbook
from legato.replay import Entry, read_log, until_when
from legato.runtime.host.alias_updates import apply_alias_updates
from legato.runtime.host.assembly import OutcomeReader, task_of
from legato.runtime.kafka.layout import FoundTopic, lay_out
from legato.runtime.kafka.topic_layout import TopicLayout
from legato.runtime.machine.checkpoint import ProducerRecord, TaskCheckpoint
from legato.runtime.machine.facts import TP, Batch
from legato.runtime.machine.task import Task
from legato.runtime.processors.job import Job
from legato.settings import IdentitySettings, Settings
from legato.wire.context_view import context_view
from legato.wire.formats.registry import FileRegistry
from legato.wire.source.reader import Reader
from legato.wire.source.source import Source
from legato.wire.state import read_context
from legato.wire.topics.names import Topics

TOPICS = Topics()
HOMES = 2
EVENTS, OUTCOMES = (TOPICS.channel_events, 0), (TOPICS.action_outcomes, 0)
FORMER = IdentitySettings(pepper="former")
NEWER = IdentitySettings(pepper="newer", key_id=1, previous_peppers={"0": "former"})
SHOP_BATCH, DAY_BATCH = 200, 25
ANSWERS = ((), ("delivered",), ("delivered", "clicked"), ("delivered", "accepted"), ("failed",))

Headers = Sequence[tuple[str, bytes | None]]
Write = Callable[[str, int, bytes | None, bytes | None, Headers], None]
_json = msgspec.json.Encoder().encode


class Stories(Struct, frozen=True):
    """What all runs are made of: the stories' folder, and where the runs are written."""

    folder: Path
    out: Path
    only: str

    @property
    def each(self) -> list[Path]:
        """The folders of the stories, in order."""
        return sorted(path.parent for path in self.folder.glob("*/story.yaml"))

    def run(self, name: str, play: Callable[[Write], None]) -> None:
        """Play one run and write it down, if it was asked for."""
        if not fnmatch(name, self.only):
            return
        count = 0
        with (self.out / f"{name}.jsonl").open("wb") as file:

            def write(
                topic: str,
                partition: int,
                key: bytes | None,
                value: bytes | None,
                headers: Headers = (),
            ) -> None:
                nonlocal count
                count += 1
                file.write(_json((topic, partition, key, value, headers)) + b"\n")

            play(write)
        print(f"{name}: {count:,} records", flush=True)


class Line:
    """The rooms of one worker, over two partitions of customer.events that lie in memory."""

    def __init__(
        self, identity: IdentitySettings, clock: str, write: Write, former: Line | None = None
    ) -> None:
        self._write = write
        self.plan = _plan(identity, clock)
        self.changelog: dict[int, dict[str, bytes]] = {number: {} for number in range(HOMES)}
        self.aliases: dict[bytes, bytes | None] = {}
        self.linked: list[str] = []
        self.actions: list[Action] = []
        self._offsets: dict[TP, int] = {}
        if former is not None:
            self.changelog, self.aliases = former.changelog, former.aliases
            self._offsets = former._offsets
        self._inbox: dict[TP, list[tuple[bytes | None, bytes | None]]] = {
            (TOPICS.customer_events, number): [] for number in range(HOMES)
        }
        heads = self.plan.layout.co_assigned(self._inbox)
        self._lanes = {tp: task_of(self.plan, tp) for tp in heads}
        apply_alias_updates(self.plan, (), self.aliases.items())
        for lane in self._lanes.values():
            home = lane.partition
            lane.processor.open({} if home is None else dict(self.changelog[home]))

    def feed(self, tp: TP, values: Sequence[bytes], times: Sequence[Instant]) -> None:
        """Take records of a source, and do all that comes of them."""
        self._take(tp, [(None, value) for value in values], times)
        self.pass_time(max(times))

    def send(self, home: int, value: bytes, at: Instant) -> None:
        """Put a command into customer.events, and do all that comes of it."""
        self._inbox[TOPICS.customer_events, home].append((None, value))
        self._settle(at)

    def pass_time(self, now: Instant) -> None:
        """Nothing more happens up to now."""
        for tp in (EVENTS, OUTCOMES):
            self._lanes[tp].processor.pass_time(tp, now)
            self._checkpoint(self._lanes[tp])
        self._settle(now)

    def show(self) -> None:
        """Write each context as it is shown to others."""
        for home, snapshots in self.changelog.items():
            for key, image in snapshots.items():
                if not key.startswith("\0"):
                    shown = _json(context_view(read_context(image)))
                    self._write("view.context", home, key.encode(), shown, ())

    def _settle(self, now: Instant) -> None:
        """Follow customer.events until nothing is left to read."""
        while any(self._inbox.values()):
            for tp, records in list(self._inbox.items()):
                self._inbox[tp] = []
                if records:
                    self._take(tp, records, [now] * len(records))

    def _take(
        self,
        tp: TP,
        records: Sequence[tuple[bytes | None, bytes | None]],
        times: Sequence[Instant],
    ) -> None:
        begin = self._offsets.get(tp, 0)
        self._offsets[tp] = begin + len(records)
        keys, values = zip(*records, strict=True)
        offsets = range(begin, begin + len(records))
        self._lanes[tp].processor.take(Batch(tp, 1, begin, offsets, keys, values, times))
        self._checkpoint(self._lanes[tp])

    def _checkpoint(self, lane: Task) -> None:
        part: TaskCheckpoint = lane.processor.checkpoint()
        for record in part.records:
            self._route(record)
        for key, image in part.snapshots.items():
            self._write(TOPICS.customer_contexts, part.partition, key.encode(), image, ())
            self.changelog[part.partition][key] = image
        lane.processor.on_committed()
        self._listen(part.outputs)

    def _route(self, record: ProducerRecord) -> None:
        key, value = record.key, record.value
        self._write(record.topic, record.partition, key, value, record.headers or ())
        if record.topic == TOPICS.customer_events:
            number = record.partition
            if number < 0:
                number = murmur2(key or b"") % HOMES
            self._inbox[record.topic, number].append((key, value))
        elif record.topic == TOPICS.identity_aliases:
            self.aliases[key or b""] = value
            apply_alias_updates(self.plan, self._lanes.values(), [(key, value)])
        elif record.topic == TOPICS.identity_events:
            told = msgspec.json.decode(value or b"")
            if told["kind"] == "identity.linked":
                self.linked.append(told["identifier"])

    def _listen(self, outputs: Sequence[Output]) -> None:
        self.actions += [each for each in outputs if isinstance(each, Action)]


def _plan(identity: IdentitySettings, clock: str) -> Job:
    source = {"name": "events", "topics": [TOPICS.channel_events], "clock": clock}
    settings = Settings(sources=(msgspec.convert(source, Source),))
    playbook, registry = default_playbook(), FileRegistry()
    counts = dict.fromkeys((TOPICS.customer_events, TOPICS.customer_contexts), HOMES)
    names = [topic.name for topic in TOPICS.all(playbook.channels)]
    found = {name: FoundTopic(counts.get(name, 1), 1) for name in names}
    layout = lay_out(settings, found)
    return Job(
        layout=layout,
        playbook=playbook,
        identify=identity.identify,
        rules=identity.rules,
        readers=_doors(layout, registry),
        registry=registry,
        listened=True,
    )


def _doors(layout: TopicLayout, registry: FileRegistry) -> dict[str, Reader | OutcomeReader]:
    doors: dict[str, Reader | OutcomeReader] = {
        topic: Reader(source, registry) for topic, source in layout.every_source.items()
    }
    return {**doors, TOPICS.action_outcomes: OutcomeReader(registry)}


class Log(Struct, frozen=True):
    """A file of events in the order in which the line sees them."""

    lines: list[bytes]
    entries: list[Entry]

    def batches(self, size: int) -> Iterator[tuple[list[bytes], list[Instant]]]:
        """The lines with their times, some at a time."""
        for start in range(0, len(self.entries), size):
            part = self.entries[start : start + size]
            yield [self.lines[entry.line - 1] for entry in part], [each.at for each in part]

    @property
    def begins(self) -> Instant:
        """When the first line was received."""
        return self.entries[0].at

    @property
    def ends(self) -> Instant:
        """When the last line was received."""
        return self.entries[-1].at


def _log(path: Path) -> Log:
    lines = path.read_bytes().splitlines()
    return Log(lines, read_log(lines))


def play_story(folder: Path, write: Write) -> None:
    """A story as it happens, with time passing between; then `legato replay` of it."""
    log, until = _log(folder / "events.jsonl"), _until(folder)
    line = Line(FORMER, "received", write)
    _live(line, log, 0, until_when(until, log.entries))
    line.show()
    _replay(folder / "events.jsonl", until, write)


def play_rotated(folder: Path, write: Write) -> None:
    """The same, but half of it before the worker starts anew with another pepper."""
    log = _log(folder / "events.jsonl")
    half = len(log.entries) // 2
    line = Line(FORMER, "received", write)
    _live(line, Log(log.lines, log.entries[:half]), 0, log.entries[half - 1].at)
    line = Line(NEWER, "received", write, line)
    until = until_when(_until(folder), log.entries)
    _live(line, Log(log.lines, log.entries[half:]), log.entries[half - 1].at, until)
    line.show()


def play_split(folder: Path, write: Write) -> None:
    """The same; then each identifier that was linked is split off, and three events follow."""
    log = _log(folder / "events.jsonl")
    line = Line(FORMER, "received", write)
    until = until_when(_until(folder), log.entries)
    _live(line, log, 0, until)
    for name in line.linked[:]:
        command = msgspec.msgpack.encode(["split", name, _kind_of(line, name), until, "asked"])
        line.send(line.plan.layout.partition_for(name), command, until)
    said = (msgspec.json.decode(log.lines[entry.line - 1]) for entry in log.entries)
    events = [each for each in said if "id" in each]
    for number, told in enumerate(events[-3:], 1):
        at = until + number * HOUR
        again = {**told, "id": f"{told['id']}-again", "time": at, "received": at}
        line.feed(EVENTS, [_json(again)], [at])
    line.pass_time(until + 4 * DAY)
    line.show()


def _kind_of(line: Line, name: str) -> str:
    """The type of an identifier, by the rank that its name begins with."""
    return IdentitySettings().priority[int(name[0], 36)]


def _live(line: Line, log: Log, since: Instant, until: Instant) -> None:
    """Let a story happen: time passes by half hours, and each event comes by itself."""
    now = since or log.begins
    for lines, times in log.batches(1):
        _wait(line, now, times[0], HOUR // 2)
        line.feed(EVENTS, lines, times)
        now = times[0]
    _wait(line, now, until, HOUR // 2)
    line.pass_time(until)


def _wait(line: Line, since: Instant, until: Instant, step: Span) -> None:
    for now in range(since + step, until, step):
        line.pass_time(now)


def _until(folder: Path) -> str:
    story = msgspec.yaml.decode((folder / "story.yaml").read_bytes())
    return str(story["until"])


def play_day(events: Path, write: Write) -> None:
    """A simulated day: many at a time, and adapters that report what became of actions."""
    _say_input(events, write)
    log = _log(events)
    line = Line(FORMER, "received", write)
    for lines, times in log.batches(DAY_BATCH):
        line.feed(EVENTS, lines, times)
        _report(line, times[-1])
    for now in range(log.ends, log.ends + 3 * DAY, 2 * HOUR):
        line.pass_time(now)
        _report(line, now)
    line.show()
    _replay(events, "+3d", write)


def play_shop(events: Path, write: Write) -> None:
    """Half a year of a shop, whose time is that of its events."""
    _say_input(events, write)
    log = _log(events)
    line = Line(FORMER, "event_time", write)
    for lines, times in log.batches(SHOP_BATCH):
        line.feed(EVENTS, lines, times)
        _report(line, times[-1])
    line.show()
    _replay(events, None, write)


def _report(line: Line, now: Instant) -> None:
    """Say what became of the actions that went out, by a toss that their ids decide."""
    due = [each for each in line.actions if max(each.not_before, each.time) < now - MINUTE]
    line.actions = [each for each in line.actions if each not in due]
    reports = [
        {
            "action_id": action.action_id,
            "customer_id": action.customer_id,
            "channel": action.channel,
            "status": status,
            "time": max(action.not_before, action.time) + MINUTE,
        }
        for action in due
        for status in _answer(action.action_id)
    ]
    if reports:
        line.feed(OUTCOMES, list(map(_json, reports)), [now] * len(reports))


def _answer(action_id: str) -> tuple[str, ...]:
    return ANSWERS[blake2b(action_id.encode(), digest_size=1).digest()[0] % len(ANSWERS)]


def play_broken(write: Write) -> None:
    """Records that cannot be followed, each for another reason."""
    line, at = Line(FORMER, "received", write), 1_772_000_000_000
    sound = {"id": "e-1", "type": "page.viewed", "channel": "web", "time": at}
    known = {"identifiers": {"email": "Kim@Example.org"}}
    events = [
        b"",
        b"\xff\xfe",
        b"{",
        b"[" * 2_000,
        b"\x00\x00\x00\x00\x01x",
        b"\x07",
        _json(sound),
        _json({**sound, "type": ""} | known),
        _json({**sound, "time": "yesterday"} | known),
        _json({**sound, "identifiers": {"email": "null"}}),
        _json({**sound, "type": "cart.item_added", "data": {"quantity": -1}} | known),
        _json(sound | known),
        _json(sound | known),
    ]
    outcome = {"action_id": "none", "customer_id": "2-" + "0" * 24, "channel": "email"}
    outcomes = [
        b"",
        _json({**outcome, "status": "delivered", "time": at}),
        _json({**outcome, "status": "lost", "time": at}),
    ]
    for number, value in enumerate(events):
        line.feed(EVENTS, [value], [at + number])
    for number, value in enumerate(outcomes):
        line.feed(OUTCOMES, [value], [at + number])
    line.send(0, b"\x93\xa4what", at + HOUR)
    line.pass_time(at + 2 * HOUR)
    line.show()


def _say_input(events: Path, write: Write) -> None:
    """What the run is made of is compared as well, for all else depends on it."""
    for value in events.read_bytes().splitlines():
        write("input", 0, None, value, ())


def _replay(events: Path, until: str | None, write: Write) -> None:
    """What `legato replay` prints."""
    words = ["replay", str(events), "--identity", *(["--until", until] if until else [])]
    for value in _run("-m", "legato", *words).splitlines():
        customer = msgspec.json.decode(value).get("customer_id") or ""
        write("legato replay", 0, customer.encode(), value, ())


def _run(*words: str) -> bytes:
    """Run a program of this checkout."""
    done = subprocess.run([sys.executable, *words], stdout=subprocess.PIPE, check=True)
    return done.stdout


def _simulated(folder: Path) -> Path:
    path = folder / "day.events"
    _run("-m", "legato", "simulate", "--events", "10000", "--out", str(path))
    return path


def _converted(root: Path, folder: Path) -> Path:
    events, profiles, path = folder / "clicks", folder / "profiles", folder / "shop.events"
    convert = str(root / "examples" / "ecommerce" / "convert.py")
    _run(convert, "--out", str(events), "--profiles", str(profiles))
    path.write_bytes(profiles.read_bytes() + events.read_bytes())
    return path


@click.command()
@click.option("--root", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--stories", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--out", type=click.Path(path_type=Path), required=True)
@click.option("--only", default="*", help="The runs whose name matches this pattern.")
def main(root: Path, stories: Path, out: Path, only: str) -> None:
    """Play all runs of the checkout at ROOT; `scripts/same.sh --help` says more."""
    if not Path(legato.__file__).is_relative_to(root):
        raise click.ClickException(f"this is the line of `{legato.__file__}`; set PYTHONPATH")
    out.mkdir(parents=True, exist_ok=True)
    told = Stories(stories, out, only)
    for folder in told.each:
        told.run(f"story.{folder.name}", partial(play_story, folder))
        told.run(f"rotated.{folder.name}", partial(play_rotated, folder))
        told.run(f"split.{folder.name}", partial(play_split, folder))
    told.run("broken", play_broken)
    told.run("day", lambda write: play_day(_simulated(out), write))
    told.run("ecommerce", lambda write: play_shop(_converted(root, out), write))


if __name__ == "__main__":
    main()
