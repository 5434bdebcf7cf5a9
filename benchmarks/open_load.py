"""An open load: each event has its instant, whether or not anybody kept up with the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
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


class Load(msgspec.Struct, frozen=True):
    """So many events, evenly spread from an instant on (epoch milliseconds).

    Those of RULES.md and of RULES-FULL.md name the customer, others have identifiers.
    """

    bootstrap: str
    topic: str
    per_s: int
    count: int
    start_ms: float
    kind: Kind = "rules"

    def instant(self, number: int) -> float:
        """Return when the event is to be sent."""
        return self.start_ms + number * 1000 / self.per_s

    def due(self, now_ms: float) -> int:
        """Return how many events should have been sent by now."""
        return min(self.count, int((now_ms - self.start_ms) * self.per_s / 1000) + 1)


def planned(
    bootstrap: str, topic: str, per_s: int, seconds: float, kind: Kind = "rules"
) -> Load:
    """Return a load that starts as soon as all its events can be ready."""
    count = round(per_s * seconds)
    start_ms = now_ms() + (LEAD_S + count * ENCODING_S_PER_EVENT) * 1000
    return Load(bootstrap, topic, per_s, count, start_ms, kind)


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
    keyed = list(LOADS[load.kind](load))
    if now_ms() > load.start_ms:
        raise RuntimeError(f"`{load.count:,}` events were not ready in time: send fewer")
    return paced(load, keyed)


def by_rules(load: Load) -> Iterator[tuple[bytes, str]]:
    """Yield values and keys of the events of RULES.md."""
    for number, event in enumerate(events(load.count)):
        event.time = int(load.instant(number))
        yield write_event(event), event.customer_id


def by_full_rules(load: Load) -> Iterator[tuple[bytes, str]]:
    """Yield events of RULES-FULL.md as if they happened now: some come twice, none late."""
    first_sent: dict[str, int] = {}
    latest: dict[str, int] = {}
    for number, event in enumerate(lives(load.count)):
        who = event.customer_id
        if event.id not in first_sent:
            # Of a customer nothing happens at the same instant.
            latest[who] = max(int(load.instant(number)), latest.get(who, 0) + 1)
            first_sent[event.id] = latest[who]
        event.time = first_sent[event.id]
        yield write_event(event), who


def by_identifiers(load: Load) -> Iterator[tuple[bytes, str]]:
    """Yield values and keys of events whose customer is still to be found."""
    for number, told in enumerate(told_events(load.count, spread=False)):
        told.time = int(load.instant(number))
        yield write_told(told), told.key


LOADS: dict[Kind, Callable[[Load], Iterator[tuple[bytes, str]]]] = {
    "rules": by_rules,
    "full rules": by_full_rules,
    "identifiers": by_identifiers,
}


def paced(load: Load, keyed: list[tuple[bytes, str]]) -> float:
    """Produce what is due, again and again."""
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
    while sent < load.count:
        now = now_ms()
        if now >= load.instant(sent):
            late_ms = max(late_ms, now - load.instant(sent))
            for value, key in keyed[sent : load.due(now)]:
                producer.produce(load.topic, value, key)
            sent = load.due(now)
        producer.poll(0)
        time.sleep(PAUSE_S)
    producer.flush(60)
    return late_ms
