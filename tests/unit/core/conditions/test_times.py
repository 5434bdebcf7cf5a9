"""Instants and spans: they are milliseconds, and are not mixed up."""

from __future__ import annotations

import pytest

from legato.core.conditions.compile import NAMES, compile_condition, compile_expression
from legato.core.values.time import DAY, HOUR, NEVER
from tests.unit.core.conditions.asked import ERROR, SHOE, fault, scope, value
from tests.unit.core.stories import at, event

BOOKED = NAMES.with_events({"stay.booked": {"starts": "instant", "nights": "number"}})


@pytest.mark.parametrize(
    ("text", "given", "kind"),
    [
        ("now", at(60), "instant"),
        ("event.time", at(0), "instant"),
        ("now - event.time", HOUR, "span"),
        ("span('1d 12h')", 36 * HOUR, "span"),
        ("event.time + span('2h')", at(120), "instant"),
        ("span('2h') + event.time", at(120), "instant"),
        ("now - span('30m')", at(30), "instant"),
        ("span('1h') + span('1h')", 2 * HOUR, "span"),
        ("2 * span('1d')", 2 * DAY, "span"),
        ("span('1d') * 0.0000001", 9, "span"),
        ("event.data.days * span('1d')", 2 * DAY, "span"),
        ("span('1d') / span('1h')", 24, "number"),
        ("span('1d') / 2", 12 * HOUR, "span"),
        ("span('36h') % span('1d')", 12 * HOUR, "span"),
        ("-span('1h')", -HOUR, "span"),
        ("now - event.time > span('36h')", False, "bool"),
        ("now - event.time >= span('1h')", True, "bool"),
        ("now > event.time", True, "bool"),
        ("event.time + event.data.days * span('1d') > now", True, "bool"),
        ("event.data.days > 1 ? span('1h') : span('2h')", HOUR, "span"),
        ("now - event.data.days", at(60) - 2, "any"),
    ],
)
def test_calculating_with_times(text: str, given: object, kind: str) -> None:
    expression = compile_expression(text)
    assert (expression.value(scope()), expression.kind) == (given, kind)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "now + event.time",
            "two instants cannot be added; subtract one from the other, which gives a span",
        ),
        ("now + 5", '`+` cannot take an instant and a number; write `span("2h")`'),
        ("span('1h') - 5", '`-` cannot take a span and a number; write `span("2h")`'),
        ("now * 2", '`*` cannot take an instant and a number; write `span("2h")`'),
        (
            "event.time > span('36h')",
            "`>` cannot compare an instant with a span; subtract the instant from `now`",
        ),
        (
            "span('soon')",
            "`soon` is not a span of time; write for example `30m`, `24h` or `7d`",
        ),
        ("span(5)", '`span` takes a text; write `span("36h")`'),
        ("-now", "`-` cannot stand before an instant; take it out"),
    ],
)
def test_what_cannot_be_meant_of_times_is_a_fault(text: str, message: str) -> None:
    assert fault(text).message == message


@pytest.mark.parametrize(
    "starts", [at(30), "2026-03-02T12:30:00Z", "2026-03-02T13:30:00+01:00"]
)
def test_a_declared_instant_is_read_from_milliseconds_or_rfc_3339(starts: object) -> None:
    booked = event(0, "stay.booked", starts=starts)
    names = BOOKED.of_types("stay.booked")
    assert value("now - event.data.starts", names, event=booked) == HOUR / 2


@pytest.mark.parametrize("starts", ["soon", [], True, "2026-03-02T13:30:00", 1.5])
def test_what_is_no_instant_is_an_error(starts: object) -> None:
    booked = event(0, "stay.booked", starts=starts)
    names = BOOKED.of_types("stay.booked")
    assert value("now - event.data.starts", names, event=booked) == ERROR


def test_the_event_is_left_as_it_was() -> None:
    assert SHOE.time == at(0)


@pytest.mark.parametrize(
    ("text", "turns"),
    [
        ("now - event.time > span('2h')", at(120) + 1),
        ("now - event.time >= span('2h')", at(120)),
        ("event.channel == 'web'", NEVER),
        ("now - event.time > span('30m')", NEVER),
        ("now - event.data.gone > span('2h')", NEVER),
        ("now - event.time > span('2h') || now > event.time + span('90m')", at(90) + 1),
        ("now == event.time", None),
        ("now - event.time > now - event.received", None),
        ("customer.carts.exists(c, now - c.touched > span('1h'))", None),
        ("(now - event.time) * 2 > span('2h')", None),
    ],
)
def test_when_time_alone_changes_it(text: str, turns: int | None) -> None:
    assert compile_condition(text).next_turn(scope()) == turns
    assert compile_condition(["true", text]).next_turn(scope()) == turns
    assert compile_expression(text).next_turn(scope()) == turns
