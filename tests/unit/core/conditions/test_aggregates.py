"""Functions that look at the past are taken apart at load; a source answers them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from legato.core.conditions.aggregates import AggregateCall
from legato.core.conditions.compile import (
    NAMES,
    ConditionError,
    compile_condition,
    compile_expression,
)
from legato.core.conditions.scope import Scope
from legato.core.values.time import DAY
from tests.unit.core.conditions.asked import ERROR, scope, value
from tests.unit.core.stories import added, at, event

VIEWS = [
    event(-10, "product.viewed", sku="SHOE-42"),
    event(-20, "product.viewed", sku="HAT"),
    event(-30, "product.viewed"),
]


def only(text: str) -> AggregateCall:
    (call,) = compile_expression(text).aggregates
    return call


def test_a_count_is_taken_apart() -> None:
    text = 'count("product.viewed", "30d", e, e.data.sku == event.data.sku)'
    expression = compile_expression(f"{text} >= 3")
    (call,) = expression.aggregates
    assert (call.function, call.types, call.span) == ("count", ("product.viewed",), 30 * DAY)
    assert call.text == text
    assert call.reads == {"time", "data.sku"}
    assert expression.reads == {"event.data.sku"}


@pytest.mark.parametrize(
    ("text", "types", "span", "currency", "reads"),
    [
        ("count(['a.b', 'cart.*'], '1d')", ("a.b", "cart.*"), DAY, "", {"time"}),
        (
            "sum('order.completed', '365d', e, e.data.total, 'eur')",
            ("order.completed",),
            365 * DAY,
            "EUR",
            {"time", "data.total", "data.currency"},
        ),
        ("sum('a', '1d', e, e.data.x)", ("a",), DAY, "", {"time", "data.x"}),
        ("last('a').time", ("a",), None, "", {"time"}),
        ("last('a').data.sku", ("a",), None, "", {"time", "data.sku"}),
        ("last('a', e, e.channel == 'web')", ("a",), None, "", {"time", "channel"}),
        ("since('a')", ("a",), None, "", {"time"}),
        ("since('a', e, e.channel == 'web')", ("a",), None, "", {"time", "channel"}),
        ("median_gap('a')", ("a",), None, "", {"time"}),
        ("median_gap('a', '365d')", ("a",), 365 * DAY, "", {"time"}),
        ("median_gap('a', e, e.brand == 'x')", ("a",), None, "", {"time", "brand"}),
    ],
)
def test_each_function_is_taken_apart(
    text: str, types: tuple[str, ...], span: int | None, currency: str, reads: set[str]
) -> None:
    call = only(text)
    assert (call.types, call.span, call.currency) == (types, span, currency)
    assert call.reads == reads


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("count('a', '1d')", "number"),
        ("sum('a', '1d', e, e.data.x)", "number"),
        ("last('a').time", "instant"),
        ("since('a')", "span"),
        ("median_gap('a')", "span"),
        ("in_segment('vip')", "bool"),
        ("since('a') > 2 * median_gap('a')", "bool"),
        ("now - last('a').time > span('1d')", "bool"),
    ],
)
def test_what_they_give_is_known(text: str, kind: str) -> None:
    assert compile_expression(text).kind == kind


def test_a_segment_is_named() -> None:
    assert only("in_segment('vip')").segment == "vip"
    assert compile_condition("in_segment('vip')", NAMES.with_segments({"vip": None})).aggregates


@pytest.mark.parametrize(
    ("text", "given"), [("count('a', '1d') > 1", False), ("in_segment('vip')", ERROR)]
)
def test_without_a_source_it_is_what_the_context_knows(text: str, given: object) -> None:
    assert value(text) == given


def counting(call: AggregateCall, asked: Scope) -> object:
    """A source that knows three views of products."""
    found = [each for each in VIEWS if call.holds(asked, each)]
    if call.function == "sum":
        return sum(
            value for each in VIEWS if isinstance(value := call.value_of(asked, each), int)
        )
    if call.function == "last":
        return max(found, key=lambda each: each.time, default=None)
    return len(found)


def asked_of(text: str, source: Callable[[AggregateCall, Scope], object] = counting) -> object:
    return value(text, aggregates=source)


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("count('product.viewed', '30d')", 3),
        ("count('product.viewed', '30d', e, e.data.sku == event.data.sku)", 1),
        ("count('product.viewed', '30d', e, has(e.data.sku))", 2),
        ("count('product.viewed', '30d', e, e.data.sku in ['HAT', 'CAP'])", 1),
        ("count('product.viewed', '30d', e, ['HAT'].exists(h, h == e.data.sku)) == 1", True),
        ("['HAT', 'CAP'].map(h, count('product.viewed', '30d', e, e.data.sku == h))", [1, 0]),
        ("sum('product.viewed', '30d', e, size(e.type))", 42),
        ("last('product.viewed').time", at(-10)),
        ("last('product.viewed').data.sku", "SHOE-42"),
        ("last('product.viewed', e, e.data.sku == 'CAP') == null", True),
        ("last('product.viewed', e, e.data.sku == 'CAP').time", ERROR),
    ],
)
def test_a_source_answers(text: str, given: object) -> None:
    assert asked_of(text) == given


def test_entries_may_be_kept_as_maps_of_what_is_read() -> None:
    call = only("count('cart.item_added', '1d', e, e.data.quantity > 1)")
    assert call.holds(scope(), {"time": at(0), "data": {"quantity": 2}})
    assert call.holds(scope(), added(0, "A", quantity=2))
    assert not call.holds(scope(), {"time": at(0), "data": {}})


def test_a_source_may_not_know_yet() -> None:
    def warming_up(call: AggregateCall, asked: Scope) -> object:
        raise ConditionError("warming_up")

    asked = scope(aggregates=warming_up)
    condition = compile_condition("count('a', '30d') < 1")
    assert (condition.holds(asked), condition.forbids(asked)) == (False, True)


def test_only_a_sum_adds_something_up() -> None:
    with pytest.raises(ConditionError):
        only("count('a', '1d')").value_of(scope(), VIEWS[0])
