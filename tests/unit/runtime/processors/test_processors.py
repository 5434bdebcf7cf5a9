"""The rooms between two checkpoints: what they write, what they undo, what they turn away."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import json
from msgspec.structs import replace

from legato.core.conditions.scope import Scope
from legato.core.engine import CLOCK, ContextTooLarge
from legato.core.events.event import Event
from legato.core.line.partition import TimerFailed
from legato.core.situations.absence import Absence
from legato.core.situations.protocol import Found
from legato.core.values.ids import murmur2
from legato.core.values.outputs import JourneyTouchpoint
from legato.core.values.results import Rejected
from legato.core.values.time import HOUR, LONG_AGO, MINUTE, Instant
from legato.harness import default_playbook
from legato.runtime.machine.checkpoint import TaskCheckpoint
from legato.runtime.machine.errors import WorkerFatal
from legato.runtime.processors.follow import FollowProcessor
from legato.runtime.processors.identify import IdentifyProcessor
from legato.runtime.processors.job import JobLimits
from legato.wire.formats.registry import FileRegistry
from legato.wire.source.reader import write_event
from legato.wire.state import read_context
from legato.wire.topics.dead_letters import errors_of
from legato.wire.topics.outcomes import read_outcome
from legato.wire.topics.touchpoints import read_touchpoint
from tests.unit.runtime.home import (
    EVENTS,
    NOON,
    OUTS,
    TILL,
    TOPICS,
    WEB,
    batch,
    event,
    hour_later,
    passed,
    plan,
)


def _opened(processor: FollowProcessor) -> FollowProcessor:
    processor.open({})
    return processor


def _written(part: TaskCheckpoint, topic: str) -> list[Any]:
    found = [record.value for record in part.records if record.topic == topic]
    return [json.decode(value) for value in found if value is not None]


def _situations(part: TaskCheckpoint) -> list[str]:
    return [each["situation"] for each in _written(part, TOPICS.situations)]


def _letters(part: TaskCheckpoint) -> list[str]:
    letters = [record for record in part.records if record.topic == TOPICS.dead_letters]
    return [errors_of(letter.headers)["class"] for letter in letters]


CART = event(1, "cart.item_added", NOON, sku="HAT")


def test_a_checkpoint_holds_outputs_the_context_and_the_clock() -> None:
    processor = _opened(FollowProcessor(plan(), 0))
    processor.take(batch(TILL, [CART], [NOON]))
    hour_later(processor)
    part = processor.checkpoint()
    assert _situations(part) == ["cart_abandoned"]
    assert set(part.snapshots) == {"ada", CLOCK}
    assert read_context(part.snapshots["ada"]).carts
    assert json.decode(part.snapshots[CLOCK])["till/0"] == NOON + 2 * HOUR
    assert processor.pending == 0


def test_time_waits_for_the_slowest_source() -> None:
    processor = _opened(FollowProcessor(plan(), 0))
    processor.take(batch(TILL, [CART], [NOON]))
    processor.pass_time(TILL, NOON + 9 * HOUR)
    passed(processor, WEB, NOON + 9 * HOUR)
    assert not _situations(processor.checkpoint())
    passed(processor, OUTS, NOON + HOUR - 1)
    assert not _situations(processor.checkpoint())
    passed(processor, OUTS, NOON + HOUR)
    assert _situations(processor.checkpoint()) == ["cart_abandoned"]


def test_a_rollback_forgets_what_came_after_the_checkpoint_and_an_abort_also_that() -> None:
    processor = _opened(FollowProcessor(plan(), 0))
    processor.take(batch(TILL, [CART], [NOON]))
    processor.checkpoint()
    hour_later(processor)
    assert processor.engine.dues == {"ada": NOON + 24 * HOUR}
    processor.rollback()
    assert processor.pending == 0
    assert processor.engine.dues == {"ada": NOON + HOUR}
    assert processor.engine.clock == LONG_AGO
    processor.on_aborted()
    processor.rollback()
    assert processor.engine.dues == {}
    assert processor.engine.explain("ada") is None


def test_what_is_restored_goes_on_where_it_was() -> None:
    processor = _opened(FollowProcessor(plan(), 0))
    processor.take(batch(TILL, [CART], [NOON]))
    snapshots = dict(processor.checkpoint().snapshots)
    heir = FollowProcessor(plan(), 0)
    heir.open(snapshots)
    hour_later(heir)
    assert _situations(heir.checkpoint()) == ["cart_abandoned"]
    assert len(heir.engine) == 1


def test_a_context_that_grows_too_large_turns_away_what_adds_to_it() -> None:
    processor = _opened(FollowProcessor(plan(limits=JobLimits(context_bytes=2_000)), 0))
    many = [
        event(number, "cart.item_added", NOON + number, sku=f"S{number}" * 9)
        for number in range(30)
    ]
    processor.take(batch(TILL, many, [NOON] * 30))
    with pytest.raises(ContextTooLarge):
        processor.checkpoint()
    processor.rollback()
    processor.take(batch(TILL, many, [NOON] * 30))
    part = processor.checkpoint()
    assert 0 < len(part.snapshots["ada"]) <= 2_000
    assert set(_letters(part)) == {"context_full"}
    assert len(read_context(part.snapshots["ada"]).carts["-"].lines) + len(_letters(part)) == 30


def test_touchpoints_go_to_their_topic_if_they_are_wanted() -> None:
    quiet, telling = plan(), replace(plan(), touchpoints=True)
    for job, wanted in ((quiet, 0), (telling, 1)):
        processor = _opened(FollowProcessor(job, 0))
        processor.take(batch(TILL, [CART, CART], [NOON, NOON]))
        records = [
            each for each in processor.checkpoint().records if each.topic == TOPICS.touchpoints
        ]
        assert len(records) == wanted
        for record in records:
            told = read_touchpoint(record.value, record.headers or (), FileRegistry())
            assert isinstance(told, JourneyTouchpoint)
            assert (told.customer_id, told.goal, record.key) == ("ada", "cart:-", b"ada")


class Failing(Absence, frozen=True):
    """Fails whenever it is due."""

    def on_timer(self, scope: Scope, clock: Instant) -> list[Found]:
        raise ZeroDivisionError(self.name)


FAILING = Failing("cart_abandoned", "cart", (HOUR,))


def test_a_timer_that_fails_is_muted_and_told() -> None:
    good = default_playbook()
    processor = _opened(FollowProcessor(plan(good), 0))
    processor.take(batch(TILL, [CART], [NOON]))
    snapshots = dict(processor.checkpoint().snapshots)
    processor = FollowProcessor(plan(replace(good, situations=(FAILING,))), 0)
    processor.open(snapshots)
    with pytest.raises(TimerFailed) as failure:
        hour_later(processor)
    assert failure.value.customer_id == "ada"
    processor.suspend_timers("ada", Rejected("unexpected", "ZeroDivisionError", "tick"))
    processor.rollback()
    hour_later(processor)
    assert _letters(processor.checkpoint()) == ["unexpected"]
    processor.on_committed()
    processor.rollback()
    assert not _letters(processor.checkpoint())


def test_a_topic_that_is_not_keyed_as_trusted_ends_the_worker() -> None:
    apart = plan()
    halved = replace(apart.layout, partition_count=2)
    processor = FollowProcessor(replace(apart, layout=halved), 0)
    processor.open({})
    stranger = next(key for key in (b"ada", b"bob", b"eve", b"joe") if murmur2(key) % 2)
    with pytest.raises(WorkerFatal, match="not keyed by customer_id"):
        processor.take(batch(TILL, [CART] * 3, [NOON] * 3, stranger))


def test_identify_sends_events_to_their_customer_and_tells_the_time_each_second() -> None:
    processor = IdentifyProcessor(plan(), WEB)
    processor.open({})
    processor.take(batch(WEB, [CART, None], [NOON, NOON + 10], b"any"))
    part = processor.checkpoint()
    (first, letter, clock) = part.records
    assert first.topic == clock.topic == EVENTS[0]
    assert first.key is not None
    assert first.key.startswith(b"0-")
    assert letter.topic == TOPICS.dead_letters
    assert (clock.key, clock.partition) == (None, 0)
    assert json.decode(clock.value or b"") == {"source": "web/0", "time": NOON + 10}
    processor.take(batch(WEB, [event(2, "page.viewed", NOON)], [NOON + 900], b"any"))
    assert len(processor.checkpoint().records) == 1
    processor.pass_time(WEB, NOON + MINUTE)
    assert len(processor.checkpoint().records) == 1


def _wish_in(snapshot: bytes) -> str:
    (key,) = read_context(snapshot).consents
    return key


REFUSED = event(7, "consent.updated", NOON, purpose="marketing", status="revoked")


def test_identify_tells_of_words_that_nobody_knows_and_passes_the_refusal_on() -> None:
    processor = IdentifyProcessor(plan(), WEB)
    processor.open({})
    processor.take(batch(WEB, [REFUSED], [NOON], b"any"))
    part = processor.checkpoint()
    assert _letters(part) == ["unknown_word"]
    (passed_on,) = [
        record for record in part.records if record.topic == EVENTS[0] if record.key
    ]
    follow = _opened(FollowProcessor(plan(), 0))
    follow.take(batch(EVENTS, [passed_on.value], [NOON], passed_on.key))
    told = follow.checkpoint()
    assert _letters(told) == []
    (image,) = [value for name, value in told.snapshots.items() if name[0] != "\0"]
    assert _wish_in(image).startswith("?marketing|*||?")


def test_a_trusted_refusal_in_words_that_nobody_knows_is_told_once_and_followed() -> None:
    processor = _opened(FollowProcessor(plan(), 0))
    granted = event(8, "consent.updated", NOON, purpose="marketing", status="granted")
    processor.take(batch(TILL, [REFUSED, REFUSED, granted], [NOON] * 3))
    part = processor.checkpoint()
    assert _letters(part) == ["unknown_word"] * 3
    assert _wish_in(part.snapshots["ada"]).startswith("?marketing|*||?")


def test_an_outcome_of_nobody_is_a_dead_letter_that_can_be_sent_again() -> None:
    report = json.encode(
        {"action_id": "a", "customer_id": "nobody", "channel": "email", "time": NOON}
        | {"status": "opened"}
    )
    passed_on = read_outcome(report, None, NOON, FileRegistry())
    assert isinstance(passed_on, Event)
    processor, value = _opened(FollowProcessor(plan(), 0)), write_event(passed_on)
    processor.take(batch(EVENTS, [value], [NOON + 1], b"nobody"))
    part = processor.checkpoint()
    (letter,) = part.records
    assert (letter.key, letter.value) == (b"nobody", value)
    said = errors_of(letter.headers)
    assert said.pop("message").startswith("`customer_id` names nobody who is known; report")
    assert said == {
        "stage": "follow",
        "class": "bad_outcome",
        "topic": EVENTS[0],
        "partition": "0",
        "offset": "0",
        "timestamp": str(NOON + 1),
    }
    assert "nobody" not in part.snapshots


def test_identify_says_again_what_was_refused() -> None:
    processor = IdentifyProcessor(plan(), WEB)
    processor.open({})
    processor.pass_time(WEB, NOON)
    processor.checkpoint()
    processor.on_aborted()
    processor.rollback()
    processor.pass_time(WEB, NOON)
    assert len(processor.checkpoint().records) == 1
