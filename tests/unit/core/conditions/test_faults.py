"""What cannot be meant is told at load: where it stands, and how to mend it."""

from __future__ import annotations

import pytest

from legato.core.conditions.compile import (
    NAMES,
    ConditionFault,
    compile_condition,
)
from tests.unit.core.conditions.asked import fault

ADDED = NAMES.of_types("cart.item_added").with_segments({"vip": None, "lapsing": None})
FAULTS = [
    ("evnt.channel", 1, "unknown field `evnt`: did you mean `event`?"),
    ("event.chanel", 7, "unknown field `chanel` of `event`: did you mean `channel`?"),
    ("event.Channel", 7, "unknown field `Channel` of `event`: did you mean `channel`?"),
    (
        "customer.profile.lang",
        18,
        "unknown field `lang` of `customer.profile`: did you mean `language`?",
    ),
    (
        "customer.carts.exists(c, c.valeu > 5)",
        28,
        "unknown field `valeu` of `c`: did you mean `value`?",
    ),
    (
        "event.data.quantty",
        12,
        "unknown field `quantty` of `event.data`: did you mean `quantity`, "
        "or should it be declared under `events`?",
    ),
    (
        "event.location.town",
        16,
        "unknown field `town` of `event.location`: write one of region, venue",
    ),
    (
        "customer.carts.value",
        16,
        "`customer.carts` is a list; ask `customer.carts.exists(x, x.value …)`",
    ),
    ("event.channel.name", 15, "`event.channel` is text, which has no fields"),
    (
        "event.channel > 5",
        15,
        "`>` cannot compare text with a number; take two numbers or two texts",
    ),
    ("event.channel + 5", 15, "`+` cannot take text and a number; take two of one type"),
    (
        "!event.channel",
        2,
        "what `!` denies must be true or false, and this is text; compare it",
    ),
    ("true && 5", 9, "what `&&` joins must be true or false, and this is a number; compare it"),
    (
        "5 ? 1 : 2",
        1,
        "what stands before `?` must be true or false, and this is a number; compare it",
    ),
    ("", 1, "a value must stand here, not the end; write one, or take it out"),
    ("1 +", 4, "a value must stand here, not the end; write one, or take it out"),
    ("1 + )", 5, "a value must stand here, not `)`; write one, or take it out"),
    ("(1", 3, "write `)` to close the bracket, before the end"),
    ("[1", 3, "write `]` to close what was opened, before the end"),
    ("1 2", 3, "`2` does not go on from what is before it; join by `&&`"),
    ("true and false", 6, "write `&&` for `and`"),
    ("not true", 1, "write `!` for `not`"),
    ("event.channel = 'a'", 15, "`=` means nothing here: write `==` to compare"),
    ("true & true", 6, "`&` means nothing here: write `&&` for and"),
    (
        "event.channel == “web”",
        18,
        '`“` means nothing here: put text between straight quotes, `"`',
    ),
    ("'web", 1, "`'` means nothing here: close the text with `'` in its line"),
    ("'\\q'", 1, "`\\q` stands for nothing; write `\\\\` for a backslash"),
    ("'\\ud800'", 1, "`\\ud800` is no character; write another"),
    ("12abc", 1, "`12abc` is no number; write for example `1.5`"),
    ("99999999999999999999", 1, "a whole number has at most 63 bits; write a smaller one"),
    ("1e999", 1, "`1e999` is beyond all numbers; write a smaller one"),
    ("b'bytes'", 1, "`b` stands before a text; take it out"),
    ("for", 1, "`for` is a reserved word; choose another"),
    ("event.", 7, "name a field behind the `.`"),
    ("true ? 1", 9, "write `:` of the choice, before the end"),
    ("szie(event.data)", 1, "unknown function `szie`: did you mean `size`?"),
    (
        "event.channel.startswith('w')",
        15,
        "unknown function `startswith`: did you mean `startsWith`?",
    ),
    (
        "startsWith(event.channel, 'w')",
        1,
        "`startsWith` stands behind what it is about; write `….startsWith(…)`",
    ),
    ("event.data.has()", 12, "`has` stands before what it is about; write `has(…)`"),
    ("has(event)", 1, "`has` asks for one field; write `has(event.data.sku)`"),
    ("size()", 1, "`size` takes one value; write `size(customer.carts)`"),
    ("size(5)", 6, "`size` takes a text, a list or a map, and this is a number"),
    ("event.channel.contains()", 15, '`contains` takes one text; write `.contains("…")`'),
    ("event.channel.contains(5)", 24, "`contains` takes a text, and this is a number"),
    (
        "event.clamped.contains('5')",
        15,
        "`contains` is asked of a text, and this is true or false",
    ),
    (
        "event.channel.matches(event.id)",
        15,
        'write the pattern as text, `.matches("^A[0-9]+$")`',
    ),
    (
        "event.channel.matches('(')",
        23,
        "the pattern `(`: a `(` is not closed; write `\\(` for the sign",
    ),
    (
        "event.channel in 'web'",
        18,
        "`in` looks into a list or a map, and this is text; write `.contains(…)`",
    ),
    (
        "event.channel in 5",
        18,
        "`in` looks into a list or a map, and this is a number; name a list",
    ),
    ("event.time.exists(x, true)", 12, "`exists` goes through a list, and this is an instant"),
    ("[1].exists(true)", 5, "write `.exists(x, …)`, with a name for each element"),
    ("[1].exists(event, true)", 12, "`event` is something else already; call it `x`"),
    (
        "[1].exists(x, x)",
        15,
        "what `exists` asks must be true or false, and this is a number; compare it",
    ),
    (
        "[[[1]]].all(x, x.all(y, y.all(z, z > 0)))",
        31,
        "macros stand at most two deep; write this one outside",
    ),
    ("event[event.id]", 7, "name the field of `event`, such as `.id`"),
    ("event.channel[0]", 15, "`event.channel` is text, which has no elements"),
    ("customer.carts['a']", 16, "`customer.carts` is a list; ask it by a number, not text"),
    (
        "customer.identifiers[5]",
        22,
        "`customer.identifiers` is a map; ask it by text, not a number",
    ),
    ("{1: 2}", 2, "the keys of a map are texts; put it between quotes"),
    ("(" * 10_000, 33, "nested more than 32 deep; write it flatter, or as several conditions"),
    ("!" * 10_000, 33, "nested more than 32 deep; write it flatter, or as several conditions"),
    ("1" + " + 1" * 500, 255, "more than 64 steps deep; write it as several conditions"),
    (
        "event.data" + ".a" * 5_000,
        136,
        "more than 64 steps deep; write it as several conditions",
    ),
    (" " * 20_001, 20_001, "it is longer than 20000 characters; split it into several"),
    ("in_segment('vpi')", 12, "unknown segment `vpi`: did you mean `vip`?"),
    ("in_segment(5)", 1, 'write `in_segment("vip")`, with the name of a segment'),
    (
        "count('product.viewed')",
        1,
        'write for example `count("product.viewed", "30d", e, e.data.sku == event.data.sku)`',
    ),
    (
        "count()",
        1,
        'write for example `count("product.viewed", "30d", e, e.data.sku == event.data.sku)`',
    ),
    ("count(5, '30d')", 7, 'write a type of events as text, such as `"order.completed"`'),
    ("count('a b', '30d')", 7, "`a b` is no type of events; write for example `cart.*`"),
    ("count([], '30d')", 7, "name at least one type of events"),
    ("count('a', 30)", 12, 'write a span as text, such as `"30d"`'),
    (
        "count('a', 'x')",
        12,
        "`x` is not a span of time; write for example `30m`, `24h` or `7d`",
    ),
    ("count('a', '401d')", 12, "`401d` must be above 0 and at most 400 days"),
    (
        "count('a', '30d') > 64",
        21,
        "at most 64 events are kept to be counted; compare with fewer",
    ),
    (
        "count('a', '30d') == 65",
        22,
        "at most 64 events are kept to be counted; compare with fewer",
    ),
    (
        "64 < count('a', '30d')",
        1,
        "at most 64 events are kept to be counted; compare with fewer",
    ),
    (
        "count('a', '30d', e, e.id)",
        22,
        "what is asked of each event must be true or false, and this is text; compare it",
    ),
    (
        "count('a', '30d', 5, true)",
        1,
        'write for example `count("product.viewed", "30d", e, e.data.sku == event.data.sku)`',
    ),
    ("sum('a', '30d', e, e.id)", 20, "`sum` adds up numbers, and this is text"),
    (
        "sum('a', '30d', e, e.data.x, 'moons')",
        30,
        "`moons` is no currency; write a code of ISO 4217, such as EUR",
    ),
    ("last('a').tme", 11, "unknown field `tme` of `last('a')`: did you mean `time`?"),
]


@pytest.mark.parametrize(("text", "column", "message"), FAULTS, ids=lambda each: str(each)[:40])
def test_it_says_where_and_what_to_do(text: str, column: int, message: str) -> None:
    found = fault(text, ADDED)
    assert (found.message, found.line, found.column) == (message, 1, column)
    assert str(found) == message


def test_it_names_the_line() -> None:
    found = fault("event.channel == 'web'\n  && evnt.data.quantity > 1\n")
    assert (found.line, found.column) == (2, 6)


@pytest.mark.parametrize(
    ("text", "told"),
    [("5", "a number"), ("event.time", "an instant"), ("customer.carts", "a list")],
)
def test_a_condition_must_be_true_or_false(text: str, told: str) -> None:
    message = f"a condition must be true or false, and this is {told}; compare it"
    with pytest.raises(ConditionFault, match=message):
        compile_condition(text)


def test_of_several_conditions_it_says_which() -> None:
    with pytest.raises(ConditionFault) as caught:
        compile_condition(["event.channel == 'web'", "true &&\n fals"])
    found = caught.value
    assert (found.item, found.line, found.column) == (1, 2, 2)


def test_no_condition_is_a_fault() -> None:
    with pytest.raises(ConditionFault, match="write at least one condition"):
        compile_condition([])
