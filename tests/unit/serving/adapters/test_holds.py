"""What lies on `adapter.holds`, and what of it counts."""

from __future__ import annotations

from legato.serving.adapters.machine.facts import TP
from legato.serving.adapters.machine.frontier import Frontier
from legato.serving.adapters.machine.holds_book import HoldsBook
from legato.testing import example_action
from legato.wire.formats.open_registry import open_registry
from legato.wire.record import RawRecord
from legato.wire.topics.actions import action_headers, write_action
from legato.wire.topics.holds import (
    Hold,
    HoldKey,
    PartitionClaim,
    Release,
    read_claim,
    read_hold,
    read_release,
    write_claim,
    write_hold,
    write_release,
)

REGISTRY = open_registry()
HERE: TP = ("legato.actions.email", 3)
ACTION = example_action()
KEY = HoldKey(*HERE, ACTION.action_id)
RAW = RawRecord(
    ACTION.customer_id.encode(), write_action(ACTION, REGISTRY), tuple(action_headers(ACTION))
)


def hold(since: int, offset: int = 7) -> Hold:
    return Hold(KEY, since, offset, 11, ACTION, RAW, 22, 2)


def claim(since: int, *opened: int) -> PartitionClaim:
    frontier = Frontier(0)
    for offset in range(20):
        frontier.read(offset, is_open=offset in opened)
    return PartitionClaim(*HERE, since, frontier.offset, frontier.metadata())


def told(*records: PartitionClaim | Hold | Release) -> tuple[list[Hold], list[HoldKey]]:
    book = HoldsBook()
    for record in records:
        book.take(record)
    return book.holds(HERE), book.stale(HERE)


def test_a_hold_is_read_as_it_was_written() -> None:
    record = write_hold(hold(5), "legato-adapter-email")
    assert record.key == f"legato-adapter-email/{HERE[0]}/{ACTION.action_id}".encode()
    known = read_release(record.key, record.headers, "legato-adapter-email")
    assert known == Release(KEY, 5)
    assert read_hold(known, record, REGISTRY) == hold(5)
    assert read_claim(record.key, record.headers, "legato-adapter-email") is None


def test_a_release_and_a_claim_are_read_as_they_were_written() -> None:
    record = write_release(Release(KEY, 5), "group")
    assert record.value is None
    assert read_release(record.key, record.headers, "group") == Release(KEY, 5)
    record = write_claim(claim(6, 7), "group")
    assert read_claim(record.key, record.headers, "group") == claim(6, 7)


def test_those_of_other_adapters_are_theirs() -> None:
    for record in (
        write_hold(hold(5), "group-b"),
        write_release(Release(KEY, 5), "group-b"),
        write_claim(claim(6), "group-b"),
        RawRecord(b"what", b"ever"),
        RawRecord(None, None),
    ):
        assert read_release(record.key, record.headers, "group") is None
        assert read_claim(record.key, record.headers, "group") is None


def test_what_is_held_is_held_until_it_is_released() -> None:
    assert told(hold(1)) == ([hold(1)], [])
    assert told(hold(1), Release(KEY, 1)) == ([], [])
    assert told(hold(1), claim(2), Release(KEY, 2)) == ([], [])
    assert told(hold(1), claim(2)) == ([hold(1)], [])


def test_a_late_hold_of_what_the_next_one_reads_itself_is_void() -> None:
    assert told(claim(2, 7), hold(1)) == ([], [KEY])


def test_a_late_hold_of_what_is_done_with_is_void() -> None:
    assert told(hold(1), claim(2), Release(KEY, 2), hold(1)) == ([], [KEY])


def test_a_late_hold_of_what_was_held_leaves_it_as_it_was() -> None:
    assert told(hold(1), claim(2), hold(2), hold(1)) == ([hold(2)], [])


def test_a_late_hold_is_better_than_none_where_the_one_before_is_compacted_away() -> None:
    assert told(claim(2), hold(1)) == ([hold(1)], [])


def test_a_late_release_takes_nothing_away() -> None:
    assert told(hold(1), claim(2), Release(KEY, 1)) == ([hold(1)], [])
