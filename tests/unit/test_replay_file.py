"""A file of events, replayed: in which order lines are taken, and where time ends."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import json

from legato.core.values.time import DAY, HOUR
from legato.harness import Harness
from legato.replay import Entry, Order, read_log, replay, until_when
from legato.wire.source.source import Source
from tests.unit.core.stories import at, only

Json = dict[str, Any]


def line(minute: float, kind: str = "cart.item_added", **told: object) -> Json:
    event = {"id": f"{kind} {minute}", "type": kind, "channel": "web", "time": at(minute)}
    return {**event, "identifiers": {"loyalty_id": "7"}, "data": {"sku": "SHOE"}, **told}


def entries(*lines: Json | bytes, order: Order = "auto") -> list[Entry]:
    written = [each if isinstance(each, bytes) else json.encode(each) for each in lines]
    return read_log(written, order)


def said(*lines: Json | bytes, until: str | None = None, order: Order = "auto") -> list[Json]:
    log = entries(*lines, order=order)
    return [json.decode(each) for each in replay(Harness(), log, until_when(until, log))]


def test_what_is_said_is_told_in_one_shape() -> None:
    situation, decision = said(line(0), until="+1h")
    assert (situation["kind"], decision["kind"]) == ("situation", "decision")
    assert (situation["time"], situation["stage"]) == (at(60), 1)
    assert situation["situation"] == "cart_abandoned"
    assert situation["occurrence_id"]
    assert situation["evidence"]["touched"] == at(0)
    for each in (situation, decision):
        assert each["identifiers"] == {"loyalty_id": "7"}
        assert each["customer_id"]


def test_lines_without_received_are_taken_in_order_of_time() -> None:
    order = line(30, "order.completed")
    assert said(order, line(0), until="+2h") == []


def test_lines_of_the_same_time_keep_their_place() -> None:
    added, removed = line(0), line(0, "cart.item_removed")
    assert said(added, removed, until="+2h") == []
    assert len(said(removed, added, until="+2h")) == 2


def test_an_order_takes_what_was_put_in_at_the_same_time_wherever_its_line_is() -> None:
    added, bought = line(0), line(0, "order.completed")
    assert said(added, bought, until="+2h") == said(bought, added, until="+2h") == []


def test_lines_with_received_are_taken_in_that_order_and_move_the_clock() -> None:
    lines = [
        line(0, received=at(0)),
        line(40, "order.completed", received=at(90)),
        line(75, "page.viewed", received=at(75), identifiers={"loyalty_id": "8"}),
    ]
    assert [each["kind"] for each in said(*lines)] == ["situation", "decision"]
    assert said(*lines, order="time") == []


def test_received_may_be_written_in_words() -> None:
    log = entries(line(0, received="2026-03-02T12:00:05Z"))
    assert log[0].at == at(0) + 5_000


@pytest.mark.parametrize("nonsense", [None, 0, -5, "soon", 10**18, True, [1]])
def test_a_received_that_is_none_is_none(nonsense: object) -> None:
    assert [each.at for each in entries(line(5, received=nonsense))] in ([at(5)], [0])


def test_to_ask_for_received_where_there_is_none_is_an_error_of_the_line() -> None:
    told = said(line(0), order="received")
    assert [each["kind"] for each in told] == ["dead_letter"]
    assert "replay by `time`" in told[0]["message"]


def test_a_time_ahead_of_received_is_pulled_back() -> None:
    log = entries(line(600, received=at(0)))
    assert log[0].reading.time == at(5)  # type: ignore[union-attr]  # it is an event


def test_a_dead_letter_says_whose_it_is_and_why() -> None:
    told = said(line(0), line(5, data={}), b"{nonsense", line(6, "page.viewed"))
    assert [each["kind"] for each in told] == ["dead_letter", "dead_letter"]
    assert [each["line"] for each in told] == [2, 3]
    assert told[0]["identifiers"] == {"loyalty_id": "7"}
    assert told[0]["time"] == at(5)
    assert told[0]["customer_id"]
    assert told[1]["customer_id"] == ""


def test_a_time_that_no_calendar_knows_is_a_dead_letter() -> None:
    for time in (0, -1, 10**17, 1_772_452_800_000_000_000):
        assert [each["reason"] for each in said(line(0, time=time))] == ["bad_time"]


def test_time_ends_with_the_last_line() -> None:
    assert said(line(0), line(59, "page.viewed")) == []
    assert len(said(line(0), line(60, "page.viewed"))) == 2


def test_until_is_an_instant_or_a_span_after_the_last_line() -> None:
    log = entries(line(0), line(10, "page.viewed"))
    assert until_when(None, log) == at(10)
    assert until_when("+1h", log) == at(70)
    assert until_when(str(at(5)), log) == at(5)
    assert until_when("2026-03-02T13:00:00Z", log) == at(60)
    with pytest.raises(ValueError, match="is not a span"):
        until_when("+soon", log)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (str(at(60) // 1_000), "lies outside the years 2000 to 9000"),
        ("1999-12-31T23:59:59Z", "lies outside the years"),
        ("-1", "lies outside the years"),
        ("２０２６", "write its digits as 0 to 9"),
        ("2026-03-02T11:59:00Z", "is before the first event, at 2026-03-02T12:00:00Z"),
    ],
)
def test_until_is_no_time_before_anything_happened(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        until_when(text, entries(line(0)))


def test_a_log_that_was_received_in_seconds_is_refused() -> None:
    assert [each["reason"] for each in said(line(0, received=at(0) // 1_000))] == ["bad_time"]


def test_a_byte_order_mark_is_no_part_of_the_first_line() -> None:
    marked = b"\xef\xbb\xbf" + json.encode(line(0, received=at(0)))
    assert said(marked, until="+1h") == said(line(0, received=at(0)), until="+1h") != []


def test_a_line_that_is_refused_keeps_its_place_and_its_identifiers() -> None:
    """Also where one of them says nothing."""
    bad = line(30, identifiers={"loyalty_id": 7, "phone": False, "email": ""}, data={"sku": ""})
    refused, *_ = said(line(0), bad, until="+30m")
    assert (refused["kind"], refused["time"]) == ("dead_letter", at(30))
    assert refused["identifiers"] == {"loyalty_id": "7"}


def test_what_comes_after_until_is_not_taken() -> None:
    bought = line(50, "order.completed")
    assert said(line(0), bought, until="2026-03-02T12:30:00Z") == []
    wide = said(line(0), line(3 * 1_440, "page.viewed"), until=str(at(0) + DAY))
    assert [each["time"] for each in wide if each["kind"] == "situation"] == [
        at(0) + HOUR,
        at(0) + DAY,
    ]


def test_nothing_is_said_of_an_empty_file() -> None:
    assert said(until="+4d") == []
    assert said(b"", b"  ") == []


def test_a_timer_held_back_by_the_last_line_fires() -> None:
    first = line(0, received=at(0))
    again = {**first, "received": at(120)}
    assert [each["kind"] for each in said(first, again)] == ["situation", "decision"]


COOKIE, LOGIN = {"anonymous_id": "c-1"}, {"anonymous_id": "c-1", "user_id": "ada"}


def told_with_identity(*lines: Json, source: Source | None = None) -> list[Json]:
    log = read_log(map(json.encode, lines), source=source)
    until = until_when("+1h", log)
    return [json.decode(each) for each in replay(Harness(), log, until, identity=True)]


def test_what_is_said_has_the_identifiers_known_by_then() -> None:
    told = said(
        line(0, identifiers=COOKIE),
        line(65, "page.viewed"),
        line(70, "account.logged_in", identifiers=LOGIN),
        line(80, identifiers=COOKIE),
        until="+1h",
    )
    situations = [each for each in told if each["kind"] == "situation"]
    assert [each["identifiers"] for each in situations] == [COOKIE, LOGIN]
    before, after = (each["customer_id"] for each in situations)
    assert before != after


def test_what_was_due_before_a_login_knows_nothing_of_it() -> None:
    wish = {"purpose": "promotion", "status": "granted"}
    address = {"user_id": "ada", "email": "ada@example.org"}
    told = said(
        line(0, "consent.updated", identifiers=address, data=wish),
        line(1, identifiers=COOKIE),
        line(70, "account.logged_in", identifiers=LOGIN),
    )
    assert [each["kind"] for each in told] == ["situation", "decision"]
    assert "action" not in told[1]
    assert told[0]["identifiers"] == {**LOGIN, "email": "ada@example.org"}


def test_identity_is_told_on_demand_before_what_comes_of_it() -> None:
    lines = [
        line(0, identifiers=COOKIE),
        line(20, "account.logged_in", channel="mobile", identifiers=LOGIN),
    ]
    kinds = [each["kind"] for each in told_with_identity(*lines)]
    assert kinds[:3] == ["identity.linked", "identity.merged", "situation"]
    assert not [each for each in said(*lines, until="+1h") if "identity" in each["kind"]]
    linked = told_with_identity(*lines)[0]
    assert (linked["type"], linked["time"]) == ("anonymous_id", at(20))
    assert linked["evidence"]["type"] == "account.logged_in"


def test_a_source_says_whether_its_callers_are_verified() -> None:
    known = {"phone": "+4930901820", "email": "ada@example.org"}
    call = line(0, "contact.started", channel="call", identifiers=known, data={})
    form = Source(name="form", topics=("-",))
    desk = Source(name="desk", topics=("-",), authenticates="always")
    assert told_with_identity(call, source=form) == []
    assert only(told_with_identity(call, source=desk))["kind"] == "identity.linked"
