"""The function that a condition becomes: what is in it, and what is not."""

from __future__ import annotations

import gc
from types import CodeType, FunctionType

import pytest

from legato.core.conditions.compile import compile_condition
from legato.core.conditions.customer import KEPT_LISTS
from legato.core.conditions.writing import MOST_BLOCKS
from tests.unit.core.conditions.asked import ERROR, answers, scope, value
from tests.unit.core.conditions.test_customer import KNOWN

SLY = "__import__('os').abort()"


def code_of(text: str) -> CodeType:
    run = compile_condition(text).run
    assert isinstance(run, FunctionType)
    return run.__code__


@pytest.mark.parametrize(
    "text",
    [
        f'event.data["{SLY}"] == "{SLY}"',
        f'event.data.a == "{SLY}" || "{SLY}" in event.data.b',
        f'customer.profile.traits["{SLY}"].startsWith("{SLY}")',
        f'{{"{SLY}": 1}} == event.data',
        f'event.data.many.exists(x, x["{SLY}"] > 1)',
    ],
)
def test_nothing_that_people_wrote_is_in_the_source(text: str) -> None:
    code = code_of(text)
    written = (*code.co_names, *code.co_varnames, *map(str, code.co_consts))
    assert not any(SLY in each or "import" in each for each in written)
    assert answers(text)[0] is False


def test_no_name_is_known_that_is_not_listed() -> None:
    run = compile_condition("event.data.a == 1").run
    assert isinstance(run, FunctionType)
    assert run.__globals__["__builtins__"] == {}


def test_conditions_of_one_form_share_what_was_compiled() -> None:
    one = code_of('event.data.a > 1 && event.brand == "x"')
    assert one is code_of('event.data.other > 2 && event.brand == "y"')
    assert one is not code_of('event.data.a > 1 || event.brand == "x"')


@pytest.mark.parametrize("depth", [MOST_BLOCKS - 2, MOST_BLOCKS, 28])
def test_what_lies_deep_means_the_same(depth: int) -> None:
    text = "x == 'red'"
    for n in range(depth):
        text = f"(event.data.yes && {text})" if n % 2 else f"(event.data.gone || {text})"
    assert value(f"event.data.colours.exists(x, {text})") is True
    assert value(f"event.data.colours.all(x, {text})") == ERROR


def test_what_lies_deep_finds_the_variables_of_macros() -> None:
    inner = "x == y || event.data.gone"
    for _ in range(MOST_BLOCKS):
        inner = f"(event.data.yes && ({inner}))"
    asked = f"event.data.colours.exists(x, event.data.colours.exists(y, {inner}))"
    assert value(asked) is True


@pytest.mark.parametrize("name", KEPT_LISTS)
def test_a_list_that_is_read_as_it_is_kept_says_what_is_shown(name: str) -> None:
    kept = KEPT_LISTS[name]
    shown = kept.show(kept.kept(KNOWN))
    assert shown and value(f"size(customer.{name})", context=KNOWN) == len(shown)
    for field in kept.fields:
        given = [each.get(field) for each in shown]
        asked = f'customer.{name}.map(x, has(x.{field}) ? x.{field} : "none")'
        told = ["none" if each is None else each for each in given]
        assert value(asked, context=KNOWN) == told


def test_a_fault_that_was_kept_leaves_nothing_behind() -> None:
    asked = [
        compile_condition(text)
        for text in (
            'event.channel == "web" && event.data.gone > 1',
            "event.data.gone || event.data.yes || event.data.lost",
            "event.data.holes.exists(x, x > 1)",
        )
    ]
    moment = scope()
    for each in asked:
        each.holds(moment)
    gc.collect()
    gc.disable()
    try:
        for each in asked:
            each.holds(moment)
        assert gc.collect() == 0
    finally:
        gc.enable()
