"""A compiled condition says what a plain reading of its tree does, of any event and anybody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from msgspec import Raw

from legato.core.conditions.compile import ConditionError, ConditionFault, compile_expression
from legato.core.conditions.scope import Scope
from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.values.outputs import Situation
from tests.examples import examples
from tests.property.plain_conditions import plain_value
from tests.unit.core.conditions.test_customer import KNOWN
from tests.unit.core.stories import at

FIELDS = (
    *("now", "event", "event.channel", "event.brand", "event.cart_id", "event.time"),
    *("event.authenticated", "event.location.venue", "event.data", "event.data['a']"),
    *("event.data.a", "event.data.b", "event.data.sku", "event.data.truth"),
    *("event.data.deep.x", "event.data.many[1]", "situation.stage"),
    *("customer.lifecycle_stage", "customer.profile.language", "customer.presence.time"),
    *("customer.profile.traits.age", "customer.orders[0].total"),
)
LISTS = (
    *("customer.orders", "customer.looked_at", "customer.carts", "customer.actions"),
    *("customer.timeline", "customer.consents", "customer.journeys", "situation.goals"),
    *("event.data.many", "event.data.deep", "event.data.a", "['a', 'HAT']", "[1, 2.5]"),
)
OF_EACH = (
    *("id", "sku", "time", "views", "total", "status", "skus", "channel", "value", "items"),
    *("brand", "x"),
)
LITERALS = (
    *("0", "1", "2.5", "-3", "'a'", "'web'", "true", "false", "null", "span('1h')"),
    *("1e200", "9007199254740993"),
)
LEAVES = st.sampled_from([1, -2, 0.5, 7, "a", "web", "HAT", True, None])
VALUES = LEAVES | st.lists(LEAVES, max_size=3) | st.fixed_dictionaries({"x": LEAVES})
WILD = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("a", "b", "sku", "truth", "deep", "many"), VALUES)
)
TAME = st.fixed_dictionaries(
    {
        "a": st.integers(-2, 2),
        "b": st.sampled_from(["a", "web"]),
        "sku": st.sampled_from(["HAT", "SHOE-42", 7]),
        "truth": st.booleans(),
        "deep": st.fixed_dictionaries({"x": LEAVES}),
        "many": st.lists(LEAVES, min_size=2, max_size=3),
    }
)
SITUATION = Situation("ada", "found", at(90), "o", "i", stage=2, goals=("cart:k3", "cart:-"))


class Writer:
    """Writes what may be asked, `variables` being those of the macros around it."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def word(self, *words: str) -> str:
        return self._draw(st.sampled_from(words))

    def pick(self, *ways: Callable[[], str]) -> str:
        return self._draw(st.sampled_from(ways))()

    def leaf(self, variables: str) -> str:
        of_each = [f"{each}.{name}" for each in variables for name in OF_EACH]
        return self.word(*(of_each or FIELDS), *FIELDS, *LITERALS, *variables)

    def value(self, depth: int, variables: str) -> str:
        if not depth:
            return self.leaf(variables)
        deeper, truth = depth - 1, self.truth
        return self.pick(
            lambda: self.leaf(variables),
            lambda: self.listed(deeper, variables),
            lambda: truth(deeper, variables),
            lambda: f"size({self.listed(deeper, variables)})",
            lambda: f"(-{self.value(deeper, variables)})",
            lambda: self.joined(deeper, variables, *"+-*/%"),
            lambda: f"({truth(deeper, variables)} ? {self.leaf(variables)} : 'a')",
            lambda: f"[{self.leaf(variables)}, {self.value(deeper, variables)}]",
            lambda: f"{{'k': {self.value(deeper, variables)}, {self.leaf(variables)}: 1}}",
        )

    def listed(self, depth: int, variables: str) -> str:
        leaf = self.word(*LISTS, *(f"{each}.items" for each in variables))
        if not depth or len(variables) == 2:
            return leaf
        name = "xy"[len(variables)]
        inner, of = variables + name, self.listed(depth - 1, variables)
        return self.pick(
            lambda: leaf,
            lambda: f"{of}.filter({name}, {self.truth(depth - 1, inner)})",
            lambda: f"{of}.map({name}, {self.value(depth - 1, inner)})",
            lambda: f"{of}.map({name}, {self.truth(depth - 1, inner)}, {self.leaf(inner)})",
        )

    def joined(self, depth: int, variables: str, *signs: str) -> str:
        left, right = self.value(depth, variables), self.value(depth, variables)
        return f"({left} {self.word(*signs)} {right})"

    def asked(self, variables: str) -> str:
        fields = [each for each in FIELDS if "." in each]
        return self.pick(
            lambda: self.joined(0, variables, "<", "<=", ">", ">=", "==", "!="),
            lambda: f"({self.leaf(variables)} {self.word('==', '!=')} null)",
            lambda: f"({self.leaf(variables)} in {self.listed(0, variables)})",
            lambda: f"has({self.word(*fields, *(f'{each}.x' for each in variables))})",
            lambda: f"{self.leaf(variables)}.{self.word('contains', 'endsWith')}('a')",
        )

    def truth(self, depth: int, variables: str) -> str:
        if not depth:
            return self.asked(variables)
        deeper, truth = depth - 1, self.truth
        return self.pick(
            lambda: self.asked(variables),
            lambda: f"(!{truth(deeper, variables)})",
            lambda: self.chain(deeper, variables),
            lambda: self.chain(deeper, variables),
            lambda: f"({self.chain(deeper, variables)} == null)",
            lambda: f"({truth(deeper, variables)} ? {truth(0, variables)} : false)",
            lambda: self.macro(deeper, variables),
            lambda: self.macro(deeper, variables),
        )

    def chain(self, depth: int, variables: str) -> str:
        parts = self._draw(st.integers(2, 4))
        sign = self.word(" && ", " || ")
        part = (lambda: self.truth(depth, variables), lambda: self.leaf(variables))
        return f"({sign.join(self.pick(part[0], *part) for _ in range(parts))})"

    def macro(self, depth: int, variables: str) -> str:
        if len(variables) == 2:
            return self.asked(variables)
        name, asks = "xy"[len(variables)], self.word("exists", "all", "exists_one")
        body = self.truth(depth, variables + name)
        return f"{self.listed(depth, variables)}.{asks}({name}, {body})"


@st.composite
def texts(draw: st.DrawFn) -> str:
    writer = Writer(draw)
    truth, value = lambda: writer.truth(3, ""), lambda: writer.value(3, "")
    text = writer.pick(truth, truth, truth, value)
    for _ in range(draw(st.sampled_from([0, 0, 0, 0, 14, 24]))):
        text = writer.word(f"(event.data.truth && {text})", f"(event.data.a == 1 || {text})")
    return text


@settings(max_examples=examples(400))
@given(texts(), TAME | TAME | WILD, st.sampled_from([KNOWN, Context("new")]))
def test_a_compiled_condition_says_what_its_tree_does(
    text: str, data: dict[str, Any], context: Context
) -> None:
    try:
        expression = compile_expression(text)
    except ConditionFault:
        reject()
    told = Raw(msgspec.json.encode(data))
    event = Event(id="1", type="made.up", channel="web", time=at(100), data=told, brand="a")
    scope = Scope(at(120), context, event, SITUATION)
    assert outcome(lambda: expression.run(scope)) == outcome(lambda: plain_value(text, scope))


def outcome(ask: Callable[[], object]) -> tuple[str, str]:
    """What it gives, with its type, or what kind of an error it is."""
    try:
        value = ask()
    except ConditionError as error:
        return "error", type(error).__name__
    return type(value).__name__, repr(value)
