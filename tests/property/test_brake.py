"""The slots that are taken are as durable as contexts: whatever befalls a worker, the same."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from random import Random
from typing import Any

import pytest

from legato.core.context.context import Context
from legato.core.engine import BRAKE, Engine, EngineSetup, LogBatch, LogEntry, SourceWatermark
from legato.core.events.event import Event
from legato.core.values.outputs import Action, Output
from legato.core.values.time import HOUR
from legato.settings import IdentitySettings
from legato.wire.blobs import TODAY
from legato.wire.state import SNAPSHOTS
from tests.unit.core.stories import HOURS, added, at, may, ordered, playbook

RATE, PARTITIONS = 40, 4
PLAYBOOK = playbook(
    f"""
version: 1
time_zone: Europe/Berlin
situations:
  left: {{absence: {{of: cart, after: [1h, 9h]}}}}
  bought: {{match: {{on: order.completed}}}}
channels: {{email: {{address: [email]}}, sms: {{address: [phone]}}}}
actions:
  mail: {{situation: left, channel: email, purpose: promotion, content: x, expires: 6h}}
  thank: {{situation: bought, channel: email, purpose: service, content: y, expires: 3h}}
caps: {{weekly: {{most: 2, per: 7d}}}}
quiet_hours: {{from: "20:00", to: "08:00", channels: [email]}}
rate: {{email: {RATE}/h, sms: 1000/h}}
"""
)
IDENTITY = IdentitySettings()
SETUP = EngineSetup(
    PLAYBOOK,
    IDENTITY.identify,
    IDENTITY.rules,
    ("s/0",),
    continuous=False,
    cached_contexts=20,
    partitions=PARTITIONS,
)


def a_log(chance: Random) -> list[LogEntry]:
    """Crowds that leave their carts or buy, by day and by night."""
    events: list[Event] = []
    for number in range(150):
        minute = chance.choice([0, 5 * HOURS, 8 * HOURS]) + chance.randrange(40)
        name = f"c{number}"
        who: dict[str, Any] = {
            "customer_id": name,
            "identifiers": {"email": f"{name}@example.org"},
        }
        if chance.random() < 0.3:
            who["time_zone"] = chance.choice(["Asia/Tokyo", "America/New_York"])
        events += [may(minute, id=f"{name}-1", **who), added(minute + 1, id=f"{name}-2", **who)]
        if chance.random() < 0.4:
            events.append(ordered(minute + 30, "SHOE", id=f"{name}-3", **who))
    log: list[LogEntry] = []
    for event in sorted(events, key=lambda each: each.time):
        event.received = event.time + chance.randrange(90_000)
        log += [SourceWatermark("s/0", event.time), event]
    return [*log, *(SourceWatermark("s/0", at(hour * HOURS)) for hour in range(9, 40))]


def an_engine() -> Engine:
    return Engine(SETUP, TODAY, SNAPSHOTS)


def followed(log: list[LogEntry], first: int, count: int) -> LogBatch:
    entries = log[first : first + count]
    return LogBatch([copy(each) if isinstance(each, Event) else each for each in entries])


def undisturbed(log: list[LogEntry]) -> tuple[list[Output], Engine]:
    engine = an_engine()
    return engine.process(followed(log, 0, len(log))).outputs, engine


def disturbed(log: list[LogEntry], chance: Random) -> tuple[list[Output], Engine]:
    """Follow it in pieces, with checkpoints, aborted ones and crashes between them."""
    engine, changelog = an_engine(), dict[str, bytes]()
    done: list[Output] = []
    pending: list[Output] = []
    place = safe = 0
    while safe < len(log):
        count = chance.randrange(1, 60)
        pending += engine.process(followed(log, place, count)).outputs
        place = min(place + count, len(log))
        match chance.randrange(5):
            case 0:
                engine.checkpoint()
                engine.aborted()
                engine.roll_back()
                place, pending = safe, []
            case 1:
                engine = an_engine()
                engine.restore(dict(changelog))
                place, pending = safe, []
            case _:
                changelog.update(engine.checkpoint())
                engine.committed()
                done += pending
                safe, pending = place, []
    assert changelog[BRAKE]
    return done, engine


def mails(outputs: list[Output]) -> Iterator[Action]:
    return (each for each in outputs if isinstance(each, Action))


@pytest.mark.parametrize("seed", range(8))
def test_whatever_befalls_a_worker_the_same_waits_for_the_same_slots(seed: int) -> None:
    log = a_log(Random(seed))
    whole, engine = undisturbed(log)
    pieces, other = disturbed(log, Random(seed))
    assert pieces == whole
    for name, context in engine.contexts.items():
        assert TODAY.write_context(_plain(other, name)) == TODAY.write_context(context)


def _plain(engine: Engine, name: str) -> Context:
    found = engine.explain(name)
    assert found is not None
    return found.context


@pytest.mark.parametrize("seed", range(8))
def test_no_hour_holds_more_than_a_partitions_share_and_one(seed: int) -> None:
    actions = [*mails(undisturbed(a_log(Random(seed)))[0])]
    times = sorted(each.not_before for each in actions)
    assert len(times) > 60
    assert any(each.not_before > each.time for each in actions)
    for first in times:
        within = sum(first <= each < first + HOUR for each in times)
        assert within <= RATE / PARTITIONS + 1
    assert all(each.not_before < each.expires_at for each in actions)
