"""What literals, signs and functions give."""

from __future__ import annotations

import pytest

from tests.unit.core.conditions.asked import ERROR, answers, value


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("1", 1),
        ("0x1F", 31),
        ("7u", 7),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000),
        ("-3", -3),
        ("true", True),
        ("null", None),
        ("'a'", "a"),
        ('"a\\n\\u00e9\\x41\\101\\U0001F45F"', "a\néAA👟"),
        ('r"\\d"', "\\d"),
        ('"""two\nlines"""', "two\nlines"),
        ("[1, 'a', [true],]", [1, "a", [True]]),
        ("{'a': 1, 'b': [2]}", {"a": 1, "b": [2]}),
        ("1 // one\n + 1", 2),
        ("{'a': 1}.a", 1),
        ("{'a': 1}['a']", 1),
        ("[1, 2][1]", 2),
        ("[1, 2][0.0]", 1),
    ],
)
def test_literals(text: str, given: object) -> None:
    assert value(text) == given


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("10 - 2 - 3", 5),
        ("7 / 2", 3.5),
        ("6 / 2", 3),
        ("7 % 3", 1),
        ("-7 % 3", -1),
        ("7.5 % 2", 1.5),
        ("1 / 0", ERROR),
        ("1 % 0", ERROR),
        ("1e300 * 10", ERROR),
        ("'a' + 'b'", "ab"),
        ("[1] + [2]", [1, 2]),
        ("-event.data.quantity", -2),
        ("- - 2", 2),
        ("event.data.quantity * event.data.price", 179.0),
        ("event.data.name + 1", ERROR),
        ("event.data.yes + 1", ERROR),
        ("-event.data.name", ERROR),
    ],
)
def test_calculations(text: str, given: object) -> None:
    assert value(text) == given


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("1 == 1.0", True),
        ("[1] == [1.0]", True),
        ("1 == true", False),
        ("'1' == 1", False),
        ("'1' != 1", True),
        ("[1, true] == [1, 1]", False),
        ("{'a': 1} == {'a': 1.0}", True),
        ("event.data.quantity == 2", True),
        ("event.data.yes == 1", False),
        ("event.data.yes == true", True),
        ("1 < 1.5", True),
        ("'a' < 'b'", True),
        ("false < true", True),
        ("3 > 2 == true", True),
        ("2 >= 2 && 2 <= 2", True),
        ("1 < event.data.name", ERROR),
        ("event.data.name > 1", ERROR),
        ("event.data.yes > 0", ERROR),
    ],
)
def test_comparisons(text: str, given: object) -> None:
    assert value(text) == given


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("2 in [1, 2.0]", True),
        ("'web' in ['web', 'store']", True),
        ("event.channel in ['web', 'store']", True),
        ("event.data.quantity in ['2']", False),
        ("'red' in event.data.colours", True),
        ("'deeper' in event.data.deep", True),
        ("1 in event.data.deep", False),
        ("'nothing' in event.data", False),
        ("'a' in event.data.name", ERROR),
        ("event.data.gone in ['a']", ERROR),
    ],
)
def test_looking_into_lists_and_maps(text: str, given: object) -> None:
    assert value(text) == given


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("size('añ👟')", 3),
        ("'abc'.size()", 3),
        ("size(event.data.colours)", 2),
        ("size(event.data.deep)", 1),
        ("size(event.data.quantity)", ERROR),
        ("event.data.sku.startsWith('SHOE')", True),
        ("event.data.sku.endsWith('43')", False),
        ("event.data.sku.contains('-')", True),
        ("event.data.sku.matches('^SHOE-[0-9]+$')", True),
        ("event.data.quantity.matches('2')", ERROR),
        ("event.data.long.matches('x')", ERROR),
        ("event.data.quantity.contains('2')", ERROR),
        ("event.data.sku.contains(event.data.quantity)", ERROR),
    ],
)
def test_functions(text: str, given: object) -> None:
    assert value(text) == given


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("event.data.yes ? 1 : 2", 1),
        ("event.data.quantity > 2 ? 1 : event.data.quantity > 1 ? 2 : 3", 2),
        ("true ? 1 : event.data.gone", 1),
        ("event.data.gone ? 1 : 2", ERROR),
        ("event.data.name ? 1 : 2", ERROR),
    ],
)
def test_choices(text: str, given: object) -> None:
    assert value(text) == given


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("event.data.colours.exists(c, c == 'red')", True),
        ("event.data.colours.all(c, c == 'red')", False),
        ("event.data.colours.exists_one(c, c == 'red')", True),
        ("event.data.colours.filter(c, c != 'red')", ["blue"]),
        ("event.data.colours.map(c, c + '!')", ["red!", "blue!"]),
        ("event.data.colours.map(c, c == 'red', size(c))", [3]),
        ("event.data.deep.exists(key, key == 'deeper')", True),
        ("[1, 2].all(x, [2, 3].exists(y, y > x))", True),
        ("[[1], [2, 3]].map(x, x.map(y, y * 2))", [[2], [4, 6]]),
        ("[1, 2].map(x, x * 2).filter(x, x > 2)", [4]),
        ("[].exists(x, x)", False),
        ("[].all(x, x)", True),
        ("event.data.quantity.exists(x, true)", ERROR),
    ],
)
def test_macros(text: str, given: object) -> None:
    assert value(text) == given


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("false && event.data.gone", False),
        ("event.data.gone && false", False),
        ("event.data.gone && true", ERROR),
        ("true || event.data.gone", True),
        ("event.data.gone || true", True),
        ("event.data.gone || false", ERROR),
        ("event.data.name && false", False),
        ("event.data.name || true", True),
        ("event.data.name && true", ERROR),
        ("event.data.gone && event.data.gone && false", False),
        ("true && event.data.name && true", ERROR),
        ("event.data.gone || 1 / 0 == 1 || true", True),
        ("event.data.holes.exists(x, x == 1)", True),
        ("event.data.holes.exists(x, x == 2)", ERROR),
        ("event.data.holes.all(x, x == 2)", False),
        ("event.data.holes.all(x, x == 1)", ERROR),
        ("event.data.holes.filter(x, x == 1)", ERROR),
        ("event.data.holes.exists(x, x == null)", True),
        ("!event.data.gone", ERROR),
        ("!event.data.name", ERROR),
        ("!event.data.yes", False),
    ],
)
def test_an_error_spreads_unless_another_part_decides(text: str, given: object) -> None:
    assert value(text) == given


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("has(event.data.sku)", True),
        ("has(event.data.gone)", False),
        ("has(event.data.nothing)", False),
        ("has(event.data.gone.further)", False),
        ("has(event.data.deep.deeper.deepest)", True),
        ("has(event.data['sku'])", True),
        ("has(event.data.colours[5])", False),
        ("has(event.data.sku.further)", ERROR),
        ("event.data.gone == null", True),
        ("event.data.nothing == null", True),
        ("null != event.data.nothing", False),
        ("event.data.sku == null", False),
        ("event.data.sku != null", True),
        ("1 / 0 == null", ERROR),
        ("event.data.nothing == event.data.nothing", ERROR),
        ("event.data.nothing == 1", ERROR),
        ("event.data.nothing != 1", ERROR),
        ("event.data.colours[2] == null", True),
        ("null == null", True),
        ("event.session_id == null", True),
        ("event.location.venue", "BER-1"),
        ("event.location.region == null", True),
        ("situation == null", True),
        ("has(situation.stage)", False),
    ],
)
def test_null_is_as_missing(text: str, given: object) -> None:
    assert value(text) == given


@pytest.mark.parametrize(
    ("text", "holds", "forbids"),
    [
        ("event.channel == 'web'", True, True),
        ("event.channel == 'store'", False, False),
        ("event.data.gone > 3", False, True),
        ("!(event.data.gone > 3)", False, True),
        ("event.data.name", False, True),
        ("event.data.gone > 3 || event.channel == 'web'", True, True),
        ("event.data.gone > 3 && event.channel == 'store'", False, False),
    ],
)
def test_an_error_makes_the_whole_false_and_what_forbids_true(
    text: str, holds: bool, forbids: bool
) -> None:
    assert answers(text) == (holds, forbids)


def test_ids_are_text() -> None:
    assert value("event.data.product_id == '4711'") is True
    assert value("event.data.product_id == 4711") is False
    assert value("event.cart_id == '7' && event.cart_id != 7") is True
