"""The benchmark's events as a company sends them: by identifier, with wishes and addresses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Literal

import msgspec

from benchmarks.events import CUSTOMERS, START_MS, events
from benchmarks.topics import PARTITIONS
from legato.wire.formats.avro import write_avro
from legato.wire.formats.registry import FileRegistry

Format = Literal["json", "avro"]
WHOLE = 1_000_000
"""So many events last as long as carts need to be abandoned; fewer are spread as far."""
REACHED_EVERY = 4
"""One customer in so many has an address and lets us write to it."""
SECOND_MS = 1_000


class Told(msgspec.Struct, omit_defaults=True, gc=False):
    """One event on an untrusted topic."""

    id: str
    type: str
    channel: str
    time: int
    identifiers: dict[str, str]
    session_id: str | None = None
    data: dict[str, Any] | None = None

    @property
    def key(self) -> str:
        """What upstream keys its topic by."""
        return self.identifiers["user_id"]


write_told = msgspec.json.Encoder().encode


def told_events(count: int, *, spread: bool, customers: int = CUSTOMERS) -> Iterator[Told]:
    """Yield `count` events; with `spread`, over as much time as the whole benchmark takes."""
    for event in islice(_all(count, customers), count):
        if spread:
            event.time = spread_time(event.time, count)
        yield event


def spread_time(time: int, count: int) -> int:
    """When an event of `count` happens that take as long as the whole benchmark."""
    return START_MS + (time - START_MS) * WHOLE // count


def _all(count: int, customers: int) -> Iterator[Told]:
    """Yield every event, and before the first of a customer what is to know of them."""
    known: set[str] = set()
    for event in events(count, customers):
        told = Told(
            event.id,
            event.type,
            event.channel,
            event.time,
            {"user_id": event.customer_id},
            event.session_id,
            msgspec.to_builtins(event.data),
        )
        if told.key not in known:
            known.add(told.key)
            yield from _profile(told)
        yield told


def links(event: Told) -> bool:
    """Does it show that two identifiers are one customer's, for the first time or again?"""
    return len(event.identifiers) > 1


def _profile(first: Told) -> Iterator[Told]:
    """Tell address and consent of a customer who has both."""
    number = first.key.removeprefix("cust-")
    if int(number) % REACHED_EVERY:
        return
    known = {**first.identifiers, "email": f"customer-{number}@mail.example"}
    facts: list[tuple[str, dict[str, Any]]] = [
        ("customer.updated", {"language": "en", "time_zone": "Europe/Vienna"}),
        ("consent.updated", {"purpose": "promotion", "status": "granted", "channel": "email"}),
    ]
    for kind, data in facts:
        yield Told(f"{kind}-{number}", kind, "web", first.time, known, data=data)


def closing(last_ms: int) -> Iterator[tuple[int, Told]]:
    """Yield an event for each partition, so that all clocks stop at the same instant."""
    for number in range(PARTITIONS):
        known = {"user_id": f"end-{number}"}
        yield number, Told(f"end-{number}", "page.viewed", "web", last_ms + SECOND_MS, known)


def written(told: Iterable[Told], form: Format) -> Iterator[tuple[bytes, Told]]:
    """Write events as JSON, or as Avro in Confluent's wire format."""
    if form == "json":
        yield from ((write_told(event), event) for event in told)
        return
    schema = FileRegistry().own("channel_event")
    for event in told:
        datum = msgspec.to_builtins(event)
        datum["data"] = None if event.data is None else write_told(event.data).decode()
        yield write_avro(datum, schema), event
