"""The first hop: does customer.events hold each event of the source once, as identify wrote it?

Besides what identify writes, customer.events holds what slots tell other slots, and events that
a forwarder sends on. The reference, which follows the same log, says precisely which records
those are. What is left is the work of identify: every event once, by its key or within a
`DeferredEvent`, those from one partition of the source in their order; and for each link that a
`DeferredEvent` waits for, the `Link`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

from msgspec import Struct

from legato.core.engine import SourceWatermark
from legato.core.events.event import Event
from legato.core.events.vocabulary import REFERENCE
from legato.core.identity.commands import (
    AddressAnswered,
    AskAddress,
    Command,
    CustomerMoved,
    DeferredEvent,
    FillPast,
    IdentifierReleased,
    Link,
    LinkSettled,
    Merge,
    Merged,
    MergeDeclined,
    Rebuilt,
    RefusalHeard,
    ReservationChanged,
    Split,
    WithdrawAction,
)
from legato.core.values.ids import derive_id, murmur2
from legato.core.values.results import Unreadable
from legato.queries.topic_reader import TopicRecord
from legato.wire.source.reader import read_event, write_event
from legato.wire.topics.commands import read_told, write_command

Log: TypeAlias = Mapping[int, Sequence[TopicRecord]]
Count: TypeAlias = "Counter[tuple[str, ...]]"
Place: TypeAlias = tuple[int, str, bytes]
"""A record by its partition, by whom it is for, and by its bytes."""
Written: TypeAlias = "tuple[Place, Command | Event]"
NOWHERE = -1


class IdentifyCheck(Struct, frozen=True):
    """What should lie in the log and what does; `repeated` records were not counted again."""

    wanted: Count
    found: Count
    repeated: int


def check(
    source: Log, homes: Log, sent: Iterable[Command | Event], *, strict: bool
) -> IdentifyCheck:
    """Tell the records of slots from those of identify, and hold both against what should be.

    Unless `strict`, what is written more than once counts once: a record by its bytes, an
    event and a link by their ids.
    """
    written, again = _written(homes, strict=strict)
    due = Counter(_place(each, len(homes)) for each in sent)
    if not strict:
        due = Counter(due.keys())
    left, more = _left(written, due, strict=strict)
    wanted: Count = Counter()
    found: Count = Counter()
    events: dict[int, list[str]] = {home: [] for home in homes}
    for place, told in left:
        _note(place, told, events, wanted, found)
    for place, count in (+due).items():
        wanted[_words(place)] += count
    ours, theirs = _in_order(source, events)
    return IdentifyCheck(wanted + ours, found + theirs, again + more)


def _left(
    written: Sequence[Written], due: Counter[Place], *, strict: bool
) -> tuple[list[Written], int]:
    """Take away what slots sent, which is `due` no longer; say how much else was left out."""
    left: list[Written] = []
    known: set[str] = set()
    again = 0
    for place, told in written:
        name = _name(told)
        if due[place] > 0:
            due[place] -= 1
        elif not strict and name in known:
            again += 1
        else:
            known |= {name} - {""}
            left.append((place, told))
    return left, again


def _written(homes: Log, *, strict: bool) -> tuple[list[Written], int]:
    """List what lies in the log besides clocks and outcomes; and how much was left out."""
    listed = [
        ((home, _to(told), record.value or b""), told)
        for home, records in homes.items()
        for record in records
        if (told := _told(record)) is not None
    ]
    if strict:
        return listed, 0
    once = dict(listed)
    return list(once.items()), len(listed) - len(once)


def _told(record: TopicRecord) -> Command | Event | None:
    """Read a record; None for a clock, and for what became of an action."""
    if record.key is None:
        told = read_told(record.value)
        return None if isinstance(told, SourceWatermark | Unreadable) else told
    event = read_event(record.value or b"")
    return event if isinstance(event, Event) else None


def _note(
    place: Place,
    told: Command | Event,
    events: Mapping[int, list[str]],
    wanted: Count,
    found: Count,
) -> None:
    """Count a record that no slot sent."""
    match told:
        case Event():
            if not told.type.startswith(("action.", REFERENCE)):
                events[place[0]].append(told.id)
        case DeferredEvent():
            event = read_event(told.event)
            if isinstance(event, Event):
                events[place[0]].append(event.id)
            wanted.update(("link", token) for token in told.tokens)
        case Link():
            found["link", told.token] += 1
        case Split(reason="logged_out"):
            """It goes with an event that is counted."""
        case (
            Merge()
            | Merged()
            | MergeDeclined()
            | LinkSettled()
            | IdentifierReleased()
            | CustomerMoved()
            | Split()
            | Rebuilt()
            | AskAddress()
            | AddressAnswered()
            | WithdrawAction()
            | ReservationChanged()
            | RefusalHeard()
            | FillPast()
        ):
            found[_words(place)] += 1


def _in_order(source: Log, events: Mapping[int, list[str]]) -> tuple[Count, Count]:
    """Count events by whence and whereto, and by the one before, so that order counts."""
    went = {name: home for home, names in events.items() for name in names}
    came = {event.id: number for number, event in read_source(source)}
    sent: defaultdict[tuple[int, int], list[str]] = defaultdict(list)
    for number, event in read_source(source):
        sent[number, went.get(event.id, NOWHERE)].append(event.id)
    taken: defaultdict[tuple[int, int], list[str]] = defaultdict(list)
    for home, names in events.items():
        for name in names:
            taken[came.get(name, NOWHERE), home].append(name)
    return _pairs(sent), _pairs(taken)


def read_source(source: Log) -> Iterator[tuple[int, Event]]:
    """Read the events of a source, with their partition."""
    for number, records in source.items():
        for record in records:
            event = read_event(record.value or b"")
            if isinstance(event, Event):
                yield number, event


def _pairs(listed: Mapping[tuple[int, int], list[str]]) -> Count:
    return Counter(
        ("event", f"{came}->{went}", before, name)
        for (came, went), names in listed.items()
        for before, name in pairwise(("", *names))
    )


def _place(sent: Command | Event, homes: int) -> Place:
    to = _to(sent)
    value = write_event(sent) if isinstance(sent, Event) else write_command(sent)
    return murmur2(to.encode()) % homes, to, value


def _to(told: Command | Event) -> str:
    return told.customer_id if isinstance(told, Event) else told.to


def _name(told: Command | Event) -> str:
    """Name what identify writes by its id; empty for what it does not."""
    match told:
        case Event():
            return f"event {told.id}"
        case DeferredEvent():
            event = read_event(told.event)
            return f"event {event.id}" if isinstance(event, Event) else ""
        case Link():
            return f"link {told.token}"
        case (
            Merge()
            | Merged()
            | MergeDeclined()
            | LinkSettled()
            | IdentifierReleased()
            | CustomerMoved()
            | Split()
            | Rebuilt()
            | AskAddress()
            | AddressAnswered()
            | WithdrawAction()
            | ReservationChanged()
            | RefusalHeard()
            | FillPast()
        ):
            return ""


def _words(place: Place) -> tuple[str, ...]:
    """Name a record that one slot sends to another, to look for in the log."""
    home, to, value = place
    told = read_event(value) if value.startswith(b"{") else read_told(value)
    return "told", f"{home}", type(told).__name__, to, derive_id(value.hex())
