"""Which dead letters go back to their topics: those named, else all that were kept."""

from __future__ import annotations

import msgspec
import pytest

from legato.operations.redrive import redrive_plan
from legato.queries.dead_letters import ReadDeadLetter
from legato.queries.errors import NotFound
from legato.queries.topic_reader import TopicRecord

T0 = 1_772_438_400_000


def letter(offset: int, topic: str, size: int | None = None) -> ReadDeadLetter:
    record = TopicRecord("dead.letters", 2, offset, T0, None, None)
    return ReadDeadLetter(record, "read", "bad_payload", "no", topic, 0, offset, T0, size)


LETTERS = [letter(5, "web"), letter(6, "pos"), letter(7, "pos", 9_000), letter(8, "pos")]


def test_all_go_back_but_those_that_were_too_large_to_be_kept() -> None:
    plan = redrive_plan(LETTERS)
    assert plan.topics == {"2:5": "web", "2:6": "pos", "2:8": "pos"}
    assert plan.counts == [("pos", 2), ("web", 1)]
    assert [lost.coordinate for lost in plan.lost] == ["2:7"]


def test_those_named_go_back_once_each() -> None:
    plan = redrive_plan(LETTERS, ["2:8", "2:5", "2:8"])
    assert plan.topics == {"2:8": "pos", "2:5": "web"}
    assert plan.lost == ()


def test_nothing_goes_back_if_one_that_is_named_is_not_there() -> None:
    with pytest.raises(NotFound, match=r"no dead letter at `2:9`; see `legato dlq list`"):
        redrive_plan(LETTERS, ["2:5", "2:9"])
    assert redrive_plan([]).topics == {}


def test_a_record_of_which_several_events_died_goes_back_once() -> None:
    first, second = letter(5, "web"), letter(6, "web")
    again = msgspec.structs.replace(second, offset=first.offset)
    assert redrive_plan([first, again]).topics == {"2:5": "web"}
    assert redrive_plan([first, again], ["2:6"]).topics == {"2:6": "web"}
