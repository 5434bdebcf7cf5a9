"""docs/conditions.md: each line of it gives what stands behind it."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from msgspec import Raw

from legato.core.conditions.checks import GLOBALS, METHODS
from legato.core.conditions.compile import (
    ConditionError,
    ConditionFault,
    compile_condition,
    compile_expression,
)
from legato.core.conditions.names import NAMES
from legato.core.conditions.scope import Scope
from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.values.time import HOUR, read_instant
from legato.harness import Harness
from tests.unit.core.stories import event, may

PAGE = (Path(__file__).parents[2] / "docs" / "conditions.md").read_text()
BLOCKS = re.findall(r"^```cel\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
LINES = [line for block in BLOCKS for line in block.splitlines()]


def told() -> Event:
    """The event of the page."""
    (block,) = re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    fields = msgspec.json.decode(block)
    data = Raw(msgspec.json.encode(fields.pop("data")))
    fields["time"] = read_instant(fields["time"])
    return msgspec.convert({**fields, "id": "1", "customer_id": "ada", "data": data}, Event)


def kim() -> Context:
    """The customer of the page."""
    harness = Harness().feed(
        event(-60, "customer.updated", language="de", traits={"tier": "gold"}),
        may(-50, on="email"),
        event(-40, "message.received", "email", case_id="c1", reason="repair"),
        told(),
    )
    (context,) = harness.contexts.values()
    return context


TOLD, KIM = told(), kim()


def said_of(text: str) -> str:
    """What a line gives, as the page writes it."""
    try:
        expression = compile_expression(text)
    except ConditionFault as fault:
        return f"fault: {fault.message}"
    try:
        value = expression.value(Scope(TOLD.time + HOUR, KIM, TOLD))
    except ConditionError:
        return "error"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return re.sub(r"([,:])(?=\S)", r"\1 ", msgspec.json.encode(value).decode())


@pytest.mark.parametrize("line", LINES)
def test_each_line_gives_what_stands_behind_it(line: str) -> None:
    text, _, meant = line.rpartition(" // ")
    assert text
    assert said_of(text.strip()) == meant


def test_the_page_has_many_examples() -> None:
    assert len(LINES) > 60


@pytest.mark.parametrize("name", sorted(GLOBALS | METHODS | NAMES.roots.keys()))
def test_it_names_every_function_and_every_root(name: str) -> None:
    assert re.search(rf"\b{name}\b", PAGE)


def test_a_missing_value_neither_holds_nor_lets_pass() -> None:
    condition = compile_condition("!(event.data.gone > 3)")
    asked = Scope(TOLD.time, KIM, TOLD)
    assert (condition.holds(asked), condition.forbids(asked)) == (False, True)
