"""Replay: the line over a log in virtual time, one JSON object for each thing that happens.

Lines with `received` are taken in that order and move the clock to it, as the broker's time
does live; the others are taken in order of `time`. Ties keep their place in the file. Lines of
references stand among them, and are never taken before their `time`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

import msgspec
from msgspec import Struct

from legato.core.events.event import Event
from legato.core.events.words import CHANNELS
from legato.core.identity.events import IdentityOutput
from legato.core.identity.rules import Authenticates
from legato.core.playbook.versions import PlaybookVersion
from legato.core.values.outputs import Output
from legato.core.values.results import Ignored, Rejected, Unreadable
from legato.core.values.time import (
    NEVER,
    Instant,
    in_words,
    is_plausible,
    read_instant,
    read_span,
    read_time,
)
from legato.harness import Harness
from legato.wire.formats.envelope import Misunderstood, SourceReading, each_of, texts_of
from legato.wire.record import BOM
from legato.wire.source.reader import Reader
from legato.wire.source.source import Source
from legato.wire.topics.playbooks import read_playbook_line
from legato.wire.topics.references import ReferenceLine, read_reference

Order = Literal["auto", "received", "time"]

_NO_CLAMP: Instant = NEVER >> 1
_encode = msgspec.json.Encoder().encode


class Undecodable(Struct, frozen=True, tag_field="kind", tag="dead_letter"):
    """A line that could not be followed, whose it is if that can be read, and why.

    `time` is the clock then.
    """

    time: Instant
    customer_id: str
    identifiers: dict[str, str]
    line: int
    reason: str
    message: str


class Entry(Struct, frozen=True):
    """One line of the log, in its place: an event, a reference, or why it is none.

    `authenticates` says whether its source proves whose the identifiers are.
    """

    at: Instant
    line: int
    reading: SourceReading | ReferenceLine | PlaybookVersion
    identifiers: dict[str, str] = {}
    authenticates: Authenticates = "auto"

    @property
    def event(self) -> Event | None:
        """What is followed of it, if anything."""
        reading = self.reading
        event = reading.event if isinstance(reading, Misunderstood) else reading
        return event if isinstance(event, Event) else None


class _Stamp(Struct, gc=False):
    received: int | str | None = None


class _Label(Struct, gc=False):
    time: int | str | None = None
    received: int | str | None = None
    identifiers: dict[str, Any] = {}


_read_stamp = msgspec.json.Decoder(_Stamp).decode
_read_label = msgspec.json.Decoder(_Label).decode


def read_log(
    lines: Iterable[bytes],
    order: Order = "auto",
    source: Source | None = None,
    channels: frozenset[str] = CHANNELS,
) -> list[Entry]:
    """Read a log of JSON lines into the order in which the line would see them.

    `channels` are those of the playbook.
    """
    source = source or Source(name="replay", topics=("-",))
    reader, trust = Reader(source, channels=channels), source.authenticates
    entries: list[Entry] = []
    at: Instant = 0
    for number, told in enumerate(lines, 1):
        line = told.removeprefix(BOM)
        if not line.strip():
            continue
        found = read_reference(line) or read_playbook_line(line)
        if isinstance(found, ReferenceLine | PlaybookVersion):
            at = _counts_from(found, order)
            entries.append(Entry(at, number, found))
            continue
        for reading in _read(reader, line, order) if found is None else (found,):
            event = reading.event if isinstance(reading, Misunderstood) else reading
            if isinstance(event, Event):
                at = event.time if order == "time" else event.received or event.time
                entries.append(Entry(at, number, reading, authenticates=trust))
            elif not isinstance(event, Ignored):
                label = _label_of(line)
                if event.reason in ("bad_payload", "unknown_word"):
                    at = _stamped(label, order, at)
                entries.append(Entry(at, number, event, texts_of(label.identifiers)))
    entries.sort(key=lambda entry: entry.at)
    return entries


def _counts_from(told: ReferenceLine | PlaybookVersion, order: Order) -> Instant:
    """Return the place in the log of what counts from then on."""
    if isinstance(told, PlaybookVersion):
        return told.since - 1  # so that it is known to what happens at that very instant
    time = told.version.time
    return time if order == "time" else max(time, told.known)


def _read(reader: Reader, line: bytes, order: Order) -> Iterator[SourceReading]:
    received = 0 if order == "time" else _received(line)
    if received and not is_plausible(received):
        message = f"`received` is `{received}`; send epoch ms from 2000 on"
        yield Rejected("bad_time", message, "read")
        return
    for reading in each_of(reader.read(line, None, None, received or _NO_CLAMP)):
        event = reading.event if isinstance(reading, Misunderstood) else reading
        if not isinstance(event, Event):
            yield reading
        elif not received and order == "received":
            yield Rejected("bad_envelope", "no `received`; add it, or replay by `time`", "read")
        else:
            event.received = received
            yield reading


def _received(line: bytes) -> Instant:
    """Read when the log took a line; 0 if it does not say."""
    if b'"received"' not in line:
        return 0
    try:
        stamp = _read_stamp(line).received
        return 0 if stamp is None else read_instant(stamp)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return 0


def _label_of(line: bytes) -> _Label:
    """Read what a line says of itself that is no event, as far as it can be read."""
    try:
        return _read_label(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _Label()


def _stamped(label: _Label, order: Order, before: Instant) -> Instant:
    """Return the place in the log of a line whose envelope was sound."""
    stamp = label.time if order == "time" else label.received or label.time
    return before if stamp is None else read_instant(stamp)


def until_when(text: str | None, entries: list[Entry]) -> Instant:
    """Read `--until`: an instant, or a span after the last line; the last line if None."""
    last = entries[-1].at if entries else 0
    if text is None:
        return last
    if text.startswith("+"):
        return last + read_span(text[1:])
    end = read_time(text)
    first = next((entry.at for entry in entries if isinstance(entry.reading, Event)), end)
    if end < first:
        raise ValueError(
            f"`{text}` is before the first event, at {in_words(first)}; write a later time"
        )
    return end


def replay(
    harness: Harness,
    entries: Iterable[Entry],
    until: Instant,
    seen: Callable[[int], None] = lambda _: None,
    *,
    identity: bool = False,
) -> Iterator[bytes]:
    """Follow every line up to `until`, then let time pass; yield what happens as JSON lines.

    `seen` is told how many lines were followed, every thousand lines. With `identity`, what is
    said of links, merges, conflicts and splits is told as on its topic: names, no values.
    """
    count = 0
    for count, entry in enumerate(entries, 1):
        if entry.at > until:
            break
        yield from _follow(harness, entry, identity=identity)
        if count % 1_000 == 0:
            seen(count)
    harness.wait_until(until)
    yield from _told(harness, identity=identity)
    seen(count)


def play(
    harness: Harness,
    entries: Iterable[Entry],
    until: Instant,
    seen: Callable[[int], None] = lambda _: None,
) -> Iterator[Output]:
    """Follow every line up to `until`, then let time pass; yield what the line says."""
    count = 0
    for count, entry in enumerate(entries, 1):
        if entry.at > until:
            break
        if (event := entry.event) is not None:
            harness.take(event, entry.authenticates)
        elif isinstance(entry.reading, ReferenceLine):
            harness.take_version(entry.reading.version, entry.at)
        elif isinstance(entry.reading, PlaybookVersion):
            harness.take_playbook(entry.reading)
        yield from harness.drain()
        if count % 1_000 == 0:
            seen(count)
    harness.wait_until(until)
    yield from harness.drain()
    seen(count)


def _follow(harness: Harness, entry: Entry, *, identity: bool) -> Iterator[bytes]:
    reading = entry.reading
    answer: Rejected | Ignored | Unreadable | None
    match reading:
        case Event():
            answer = harness.take(reading, entry.authenticates)
        case Misunderstood(event=event, why=why):
            answer = harness.take(event, entry.authenticates)
            answer = answer if isinstance(answer, Rejected) else why
        case ReferenceLine(version=version):
            harness.take_version(version, entry.at)
            answer = None
        case PlaybookVersion():
            harness.take_playbook(reading)
            answer = None
        case Rejected() | Unreadable() | Ignored():
            answer = reading
    if harness.outputs or identity:
        yield from _told(harness, identity=identity)
    if answer is not None and not isinstance(answer, Ignored):
        yield _encode(_dead_letter(harness, entry, answer))


def _dead_letter(harness: Harness, entry: Entry, why: Rejected | Unreadable) -> Undecodable:
    known, reading = entry.identifiers, entry.reading
    event = reading.event if isinstance(reading, Misunderstood) else reading
    if isinstance(event, Event):
        known = event.identifiers or {}
    who = harness.customer_of(known)
    customer_id = who if isinstance(who, str) else ""
    return Undecodable(entry.at, customer_id, known, entry.line, why.reason, why.message)


def _told(harness: Harness, *, identity: bool) -> Iterator[bytes]:
    said = harness.drain_all() if identity else harness.drain()
    for each in said:
        if isinstance(each, IdentityOutput):
            yield _encode(each)
        else:
            yield _encode(_with_identifiers(harness, each))


def _with_identifiers(harness: Harness, output: Output) -> dict[str, Any]:
    """Tell by what the customer is known now; who was merged since is known with the other."""
    told: dict[str, Any] = msgspec.to_builtins(output)
    context = harness.contexts.get(harness.root_of(output.customer_id))
    known = {} if context is None else context.identifiers
    told["identifiers"] = {kind: values[-1] for kind, values in known.items()}
    return told
