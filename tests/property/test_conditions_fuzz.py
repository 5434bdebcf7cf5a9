"""Whatever text it is, it becomes a condition, or a fault with its place in the text."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import re2
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw

from legato.core.conditions.compile import (
    NAMES,
    Condition,
    ConditionError,
    ConditionFault,
    compile_condition,
    compile_expression,
)
from legato.core.conditions.matching import read_pattern
from legato.core.conditions.scope import Scope
from legato.core.context.context import Context
from legato.core.events.event import Event
from tests.examples import examples

NOW = 1_772_452_800_000
SPELLED = r"""
event customer situation ref now true false null in has size span exists all filter map
exists_one count sum last since median_gap in_segment matches contains startsWith . . . ,
( ) [ ] { } ! - + * / % < <= > >= == != && || ? : e x data time channel profile carts items
1 0 2.5 1e308 9223372036854775807 "web" '30d' "order.completed" "EUR" "^a+$" 'a\n' r"\d" //
"""
WORDS = st.sampled_from(SPELLED.split())
NAMED = NAMES.of_types("cart.item_added", "order.completed").with_segments({"vip": None})
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["x", "data", "time", "id"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def check(text: str, data: object = None) -> None:
    """Compile it, and if it can be meant ask it."""
    event = Event(
        id="1",
        type="cart.item_added",
        channel="web",
        time=NOW,
        data=Raw(msgspec.json.encode(data)),
    )
    for names in (NAMES, NAMED):
        try:
            condition = compile_condition(text, names)
        except ConditionFault as fault:
            lines = text.split("\n")
            assert 1 <= fault.line <= len(lines)
            assert 1 <= fault.column <= len(lines[fault.line - 1]) + 1
            assert fault.message == str(fault)
            assert fault.message and len(fault.message.splitlines()) == 1
        else:
            assert isinstance(condition, Condition)
            assert condition.holds(Scope(NOW, Context("ada"), event)) in (True, False)
        try:
            expression = compile_expression(text, names)
        except ConditionFault:
            continue
        try:
            expression.value(Scope(NOW, Context("ada"), event))
        except ConditionError as error:
            assert str(error)


@settings(max_examples=examples(300))
@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    check(text)


@settings(max_examples=examples(800))
@given(st.lists(WORDS, max_size=14), VALUES)
def test_any_words(words: list[str], data: object) -> None:
    check(" ".join(words), data)


@settings(max_examples=examples(100))
@given(st.lists(WORDS, min_size=1, max_size=6), st.sampled_from([50, 500, 5_000]))
def test_any_words_very_often(words: list[str], times: int) -> None:
    check(" ".join(words * times)[:20_000])


SIGNS = st.sampled_from(
    [*"abAB01-_ .\\^$*+?{}[]()|,2", "\\d", "\\w", "\\S", "(?:", "[^", "{1,2}"]
)


@settings(max_examples=examples(800))
@given(st.lists(SIGNS, max_size=10).map("".join), st.lists(st.text("abAB01_ -\n", max_size=8)))
def test_patterns_match_what_re2_does(pattern: str, texts: list[str]) -> None:
    try:
        ours = read_pattern(pattern)
    except ValueError as error:
        assert "pattern" in str(error)
        return
    try:
        theirs: Any = re2.compile(pattern)
    except re2.error:
        return
    assert [ours.is_in(each) for each in texts] == [
        theirs.search(each) is not None for each in texts
    ]


def test_a_pattern_takes_one_pass() -> None:
    text = "a" * 20_000
    assert not read_pattern("(a+)+$").is_in(text + "b")
    assert not read_pattern("(a|a)*b.*c.*d").is_in(text)
    assert re.search("^a+$", text) is not None
    assert read_pattern("^a+$").is_in(text)
