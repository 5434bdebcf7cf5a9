"""A record may hold several events, or none: each goes its own way, and the record once."""

from __future__ import annotations

from msgspec import json
from msgspec.structs import replace

from legato.core.values.time import LONG_AGO
from legato.runtime.machine.checkpoint import ProducerRecord, TaskCheckpoint
from legato.runtime.processors.follow import FollowProcessor
from legato.runtime.processors.identify import IdentifyProcessor
from legato.runtime.processors.job import Job
from legato.wire.formats.registry import FileRegistry
from legato.wire.record import RawRecord
from legato.wire.source.reader import Reader
from legato.wire.source.source import RecordCondition, Source
from legato.wire.state import read_context
from legato.wire.topics.dead_letters import errors_of, redriven
from tests.unit.runtime.home import EVENTS, NOON, TILL, TOPICS, WEB, batch, event, plan

EACH = {
    "each": "events[]",
    "empty": "skip",
    "when": (RecordCondition(path="type", not_among=("ping",)),),
}


def _job() -> Job:
    """The usual home, whose till and web send several events a record."""
    job = plan()
    readers = dict(job.readers)
    for topic in (TILL[0], WEB[0]):
        source: Source = replace(job.layout.every_source[topic], **EACH)
        readers[topic] = Reader(source, FileRegistry())
    return replace(job, readers=readers)


def _record(*numbers: int, bad: tuple[int, ...] = (), pings: int = 0) -> bytes:
    """A record of carts by number; the bad ones have no article."""
    told = [
        json.decode(event(n, "cart.item_added", NOON + n, **({} if n in bad else {"sku": "A"})))
        for n in numbers
    ]
    told += [json.decode(event(90 + n, "ping", NOON)) for n in range(pings)]
    return json.encode({"id": "r", "events": told})


def _at(part: TaskCheckpoint, topic: str) -> list[ProducerRecord]:
    return [record for record in part.records if record.topic == topic]


def _ids(part: TaskCheckpoint) -> list[str]:
    events = [record for record in _at(part, EVENTS[0]) if record.key is not None]
    return [json.decode(record.value or b"")["id"] for record in events]


def test_identify_sends_each_and_a_bad_one_is_a_dead_letter_alone() -> None:
    processor = IdentifyProcessor(_job(), WEB)
    values = [_record(1, 2, 3, bad=(2,)), b"", _record(), _record(4, pings=1)]
    processor.take(batch(WEB, values, [NOON] * 4))
    part = processor.checkpoint()
    assert _ids(part) == ["e1", "e3", "e4"]
    (letter,) = _at(part, TOPICS.dead_letters)
    assert letter.value == values[0]
    assert errors_of(letter.headers)["offset"] == "0"
    assert errors_of(letter.headers)["message"].startswith("event 2 of 3: ")
    assert part.counts.counts["left_out", "web", "empty"] == 1
    assert part.counts.counts["left_out", "web", "each"] == 1
    assert part.counts.counts["left_out", "web", "when"] == 1


def _wishes(*numbers: int) -> bytes:
    """A record of refusals by number, in words that nobody knows, between two carts."""
    told = [
        event(n, "consent.updated", NOON + n, purpose=f"word {n}", status="revoked")
        for n in numbers
    ]
    carts = [event(n, "cart.item_added", NOON + n, sku="A") for n in (50, 51)]
    events = [json.decode(each) for each in (carts[0], *told, carts[1])]
    return json.encode({"id": "r", "events": events})


def _told_of_words(part: TaskCheckpoint, value: bytes) -> list[str]:
    """Which events of the one record the dead letters tell of, each with its place."""
    letters = [errors_of(each.headers) for each in _at(part, TOPICS.dead_letters)]
    assert {each.value for each in _at(part, TOPICS.dead_letters)} == {value}
    assert {each["offset"] for each in letters} == {"1"}
    assert part.counts.counts["dead_letters", "unknown_word"] == len(letters)
    return [each["message"].partition(": ")[0] for each in letters]


def test_each_refusal_of_a_record_that_nobody_understands_is_told_and_passed_on() -> None:
    processor = IdentifyProcessor(_job(), WEB)
    values = [_record(1), _wishes(2, 3)]
    processor.take(batch(WEB, values, [NOON] * 2))
    part = processor.checkpoint()
    assert _ids(part) == ["e1", "e50", "e2", "e3", "e51"]
    assert _told_of_words(part, values[1]) == ["event 2 of 4", "event 3 of 4"]


def test_each_trusted_refusal_of_a_record_that_nobody_understands_is_told_and_followed() -> (
    None
):
    processor = FollowProcessor(_job(), 0)
    processor.open({})
    values = [_record(1), _wishes(2, 3)]
    processor.take(batch(TILL, values, [NOON] * 2))
    part = processor.checkpoint()
    assert _told_of_words(part, values[1]) == ["event 2 of 4", "event 3 of 4"]
    wishes = read_context(part.snapshots["ada"]).consents
    assert sorted(key.partition("|")[0] for key in wishes) == ["?word 2", "?word 3"]


def test_a_letter_that_is_sent_again_brings_the_others_a_second_time_and_no_one_notices() -> (
    None
):
    job = _job()
    processor = FollowProcessor(job, 0)
    processor.open({})
    values = [_record(1, 2, bad=(2,))]
    processor.take(batch(TILL, values, [NOON]))
    (letter,) = _at(processor.checkpoint(), TOPICS.dead_letters)
    again = redriven(RawRecord(letter.key, letter.value, letter.headers or ()))
    processor.take(batch(TILL, [again.value], [NOON]))
    part = processor.checkpoint()
    assert part.counts.counts["duplicates",] == 1
    assert len(_at(part, TOPICS.dead_letters)) == 1


def test_follow_takes_each_of_a_trusted_record_and_passes_time_for_those_left_out() -> None:
    processor = FollowProcessor(_job(), 0)
    processor.open({})
    values = [_record(1, 2, 3, bad=(2,)), _record(pings=2)]
    processor.take(batch(TILL, values, [NOON, NOON + 1]))
    part = processor.checkpoint()
    explained = processor.engine.explain("ada")
    assert explained is not None
    assert [touch.time - NOON for touch in explained.context.timeline] == [1, 3]
    assert [letter.value for letter in _at(part, TOPICS.dead_letters)] == [values[0]]
    assert part.counts.counts["left_out", "till", "when"] == 2
    assert processor.engine.passed["till/0"] == NOON + 1 > LONG_AGO
