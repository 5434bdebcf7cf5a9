"""An open load: each event has its instant, whether or not anybody kept up with the others."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from itertools import accumulate
from multiprocessing import get_context
from typing import Literal

import msgspec
from confluent_kafka import Producer

from benchmarks.events import events, write_event
from benchmarks.full_events import told_events, write_told
from benchmarks.lives import lives

Kind = Literal["rules", "full rules", "identifiers"]

ENCODING_S_PER_EVENT = 25e-6
LEAD_S = 8.0
PAUSE_S = 0.0005


class Stretch(msgspec.Struct, frozen=True):
    """So many events a second, for so long."""

    per_s: int
    seconds: float

    @property
    def count(self) -> int:
        """How many events that are."""
        return round(self.per_s * self.seconds)


class Load(msgspec.Struct, frozen=True):
    """Stretches of evenly spread events, one after the other from an instant on (epoch ms).

    Those of RULES.md and of RULES-FULL.md name the customer, others have identifiers.
    """

    bootstrap: str
    topic: str
    stretches: tuple[Stretch, ...]
    start_ms: float
    kind: Kind = "rules"

    @property
    def count(self) -> int:
        """How many events there are in all."""
        return sum(stretch.count for stretch in self.stretches)

    def starts(self) -> list[float]:
        """Return when each stretch begins, and when the last one ends."""
        lengths = (stretch.seconds * 1000 for stretch in self.stretches)
        return list(accumulate(lengths, initial=self.start_ms))

    def instants(self) -> list[float]:
        """Return when each event is to be sent."""
        return [
            start + number * 1000 / stretch.per_s
            for start, stretch in zip(self.starts(), self.stretches, strict=False)
            for number in range(stretch.count)
        ]


def planned(
    bootstrap: str, topic: str, stretches: Sequence[Stretch], kind: Kind = "rules"
) -> Load:
    """Return a load that starts as soon as all its events can be ready."""
    count = sum(stretch.count for stretch in stretches)
    start_ms = now_ms() + (LEAD_S + count * ENCODING_S_PER_EVENT) * 1000
    return Load(bootstrap, topic, tuple(stretches), start_ms, kind)


def now_ms() -> float:
    """Return the wall clock, which sender and reader share."""
    return time.time() * 1000


@contextmanager
def sending(load: Load) -> Iterator[Future[float]]:
    """Send from another process; the future tells by how many ms it was late at worst."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield pool.submit(send, load)


def send(load: Load) -> float:
    """Encode everything, then send each event at its instant; return the largest delay."""
    instants = load.instants()
    keyed = list(LOADS[load.kind](instants))
    if now_ms() > load.start_ms:
        raise RuntimeError(f"`{load.count:,}` events were not ready in time: send fewer")
    return paced(load, instants, keyed)


def by_rules(instants: Sequence[float]) -> Iterator[tuple[bytes, str]]:
    """Yield values and keys of the events of RULES.md."""
    for event, instant in zip(events(len(instants)), instants, strict=True):
        event.time = int(instant)
        yield write_event(event), event.customer_id


def by_full_rules(instants: Sequence[float]) -> Iterator[tuple[bytes, str]]:
    """Yield events of RULES-FULL.md as if they happened now: some come twice, none late."""
    first_sent: dict[str, int] = {}
    latest: dict[str, int] = {}
    for event, instant in zip(lives(len(instants)), instants, strict=True):
        who = event.customer_id
        if event.id not in first_sent:
            # Of a customer nothing happens at the same instant.
            latest[who] = max(int(instant), latest.get(who, 0) + 1)
            first_sent[event.id] = latest[who]
        event.time = first_sent[event.id]
        yield write_event(event), who


def by_identifiers(instants: Sequence[float]) -> Iterator[tuple[bytes, str]]:
    """Yield values and keys of events whose customer is still to be found."""
    events_told = told_events(len(instants), spread=False)
    for told, instant in zip(events_told, instants, strict=True):
        told.time = int(instant)
        yield write_told(told), told.key


LOADS: dict[Kind, Callable[[Sequence[float]], Iterator[tuple[bytes, str]]]] = {
    "rules": by_rules,
    "full rules": by_full_rules,
    "identifiers": by_identifiers,
}


def paced(load: Load, instants: Sequence[float], keyed: Sequence[tuple[bytes, str]]) -> float:
    """Produce what is due, again and again; return by how many ms it was late at worst."""
    producer = Producer(
        {
            "bootstrap.servers": load.bootstrap,
            "partitioner": "murmur2_random",
            "enable.idempotence": True,
            "compression.type": "lz4",
            "linger.ms": 1,
            "queue.buffering.max.messages": 2_000_000,
        }
    )
    sent, late_ms = 0, 0.0
    while sent < len(instants):
        now = now_ms()
        due = bisect_right(instants, now, lo=sent)
        if due > sent:
            late_ms = max(late_ms, now - instants[sent])
            for value, key in keyed[sent:due]:
                producer.produce(load.topic, value, key)
            sent = due
        producer.poll(0)
        time.sleep(PAUSE_S)
    producer.flush(60)
    return late_ms
