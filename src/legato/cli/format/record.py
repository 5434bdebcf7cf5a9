"""A record of any topic of Legato, as what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from rich.text import Text

from legato.cli.format.identity import in_words
from legato.cli.format.output import OutputLine, format_output, tell_event, tell_touchpoint
from legato.core.events.event import Event
from legato.core.identity.events import (
    CustomerRebuilt,
    CustomersMerged,
    IdentifierLinked,
    IdentifierSplit,
    IdentityOutput,
    MergeRefused,
)
from legato.core.values.outputs import JourneyTouchpoint, Output
from legato.core.values.results import Rejected, Unreadable
from legato.queries.dead_letters import ReadDeadLetter, read_dead_letter
from legato.queries.outputs import read_said
from legato.queries.topic_reader import TopicRecord
from legato.wire.formats.registry import Registry
from legato.wire.source.reader import read_event
from legato.wire.topics.identity import read_identity
from legato.wire.topics.outcomes import read_outcome
from legato.wire.topics.shadow import ShadowSaying, read_saying
from legato.wire.topics.touchpoints import read_touchpoint

Said: TypeAlias = (
    Output
    | ShadowSaying
    | Event
    | JourneyTouchpoint
    | IdentityOutput
    | ReadDeadLetter
    | Unreadable
    | Rejected
)


_OF_VALUE: Mapping[str, Callable[[bytes | None], Said]] = {
    "identity": read_identity,
    "shadow": read_saying,
}


def read_record(what: str, record: TopicRecord, registry: Registry) -> Said | None:
    """Read what a record says; None if it says nothing to a person, such as a clock record."""
    if what in _OF_VALUE:
        return _OF_VALUE[what](record.value)
    match what:
        case "events":
            return read_event(record.value or b"") if record.key else None
        case "outcomes":
            return read_outcome(record.value, record.headers, record.time, registry)
        case "touchpoints":
            return read_touchpoint(record.value, record.headers, registry)
        case "dead-letters":
            return read_dead_letter(record)
        case _:
            return read_said(record, registry)


def format_record(said: Said, record: TopicRecord) -> Iterator[OutputLine]:
    """Tell it in lines for a terminal."""
    match said:
        case Event():
            yield tell_event(said)
        case ShadowSaying():
            yield from format_output(said.said)
        case JourneyTouchpoint():
            yield tell_touchpoint(said)
        case ReadDeadLetter():
            yield from _dead_letter(said)
        case (
            IdentifierLinked()
            | CustomersMerged()
            | MergeRefused()
            | IdentifierSplit()
            | CustomerRebuilt()
        ):
            yield OutputLine(Text(in_words(said)), said.time)
        case Unreadable() | Rejected():
            place = f"{record.topic} {record.coordinate}"
            told = Text(f"{place} cannot be read: {said.message}", "red")
            yield OutputLine(told, record.time)
        case _:
            yield from format_output(said)


def as_json(said: Said) -> object:
    """Make it a JSON object, with the payload of a dead letter as text."""
    if not isinstance(said, ReadDeadLetter):
        return said
    record = said.record
    told = {name: getattr(said, name) for name in ("stage", "reason", "message", "topic")}
    return {
        "kind": "dead_letter",
        "coordinate": record.coordinate,
        **told,
        "partition": said.partition,
        "offset": said.offset,
        "time": record.time,
        "key": printable(record.key),
        "value": printable(record.value),
    }


def printable(raw: bytes | None) -> str | None:
    """Write bytes as text where they are UTF-8, else as escapes."""
    if raw is None:
        return None
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("ascii", errors="backslashreplace")


def _dead_letter(letter: ReadDeadLetter) -> Iterator[OutputLine]:
    told = Text.assemble(
        (f"{letter.stage} {letter.reason}", "bold red"),
        f"  {letter.record.coordinate}  from {letter.origin}",
    )
    yield OutputLine(told, letter.record.time)
    yield OutputLine(Text(letter.message, "dim"))
