"""What conditions read, and how the data of an event are understood."""

from __future__ import annotations

import pytest
from msgspec import Raw
from msgspec.structs import replace

from legato.core.conditions.compile import (
    NAMES,
    ConditionFault,
    compile_condition,
    compile_expression,
)
from legato.core.conditions.names import EVENT, SITUATION
from legato.core.events.event import Event
from legato.core.values.outputs import Situation
from tests.unit.core.conditions.asked import ERROR, SHOE, answers, fault, scope, value
from tests.unit.core.stories import added, at, event, ordered, removed

FOUND = Situation(
    "ada",
    "cart_abandoned",
    at(0),
    "o1",
    "s1",
    stage=2,
    evidence={"from": "web"},
    goals=("cart:-",),
)


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("event.data.sku == 'a' && now > event.time", {"event.data.sku", "now", "event.time"}),
        ("event.data.deep.deeper.deepest", {"event.data.deep.deeper.deepest"}),
        ("event.data['sku']", {"event.data.sku"}),
        ("event.data.colours[0]", {"event.data.colours"}),
        ("customer.profile.language", {"customer.profile.language"}),
        ("customer.carts.exists(c, c.touched < now)", {"customer.carts", "now"}),
        ("has(event.data.sku)", {"event.data.sku"}),
        ("event == null", {"event"}),
        ("ref.price[event.data.sku].amount", {"ref.price", "event.data.sku"}),
        ("situation.stage > 1", {"situation.stage"}),
        ("1 + 1", set()),
    ],
)
def test_it_says_what_it_reads(text: str, reads: set[str]) -> None:
    assert compile_expression(text).reads == reads


def test_of_several_conditions_it_says_all_that_they_read() -> None:
    condition = compile_condition(["event.channel == 'web'", "event.data.sku == 'a'"])
    assert condition.reads == {"event.channel", "event.data.sku"}
    assert condition.types is None


@pytest.mark.parametrize(
    ("texts", "holds", "forbids"),
    [
        (["true", "event.channel == 'web'"], True, True),
        (["true", "event.channel == 'store'"], False, False),
        (["event.data.gone > 1", "event.channel == 'store'"], False, False),
        (["event.data.gone > 1", "event.channel == 'web'"], False, True),
        (["true", "true", "event.data.name"], False, True),
    ],
)
def test_of_several_conditions_all_must_hold(
    texts: list[str], holds: bool, forbids: bool
) -> None:
    condition = compile_condition(texts)
    assert (condition.holds(scope()), condition.forbids(scope())) == (holds, forbids)


def test_a_situation_has_its_fields() -> None:
    assert value("situation.stage", situation=FOUND) == 2
    assert value("situation.situation", situation=FOUND) == "cart_abandoned"
    assert value("situation.evidence.from", situation=FOUND) == "web"
    assert value("'cart:-' in situation.goals", situation=FOUND) is True


def test_references_are_read_by_kind_and_key() -> None:
    references = {"price": {"SHOE-42": {"amount": 79}}}
    asked = "ref.price[event.data.sku].amount < event.data.price"
    assert value(asked, references=references) is True
    assert value(asked, references={"price": {}}) == ERROR
    assert value(asked, references={}) == ERROR
    assert value(asked) == ERROR
    assert value("has(ref.price[event.data.sku])", references=references) is True
    assert value("has(ref.stock[event.data.sku])", references=references) is False


def test_without_an_event_its_fields_are_missing() -> None:
    for asked in ("event.channel == 'web'", "event.data.sku == 'a'", "event.data == null"):
        assert answers(asked, event=None)[0] is (asked == "event.data == null")


@pytest.mark.parametrize(
    ("told", "text", "given"),
    [
        (added(0, "A"), "event.data.quantity", 1),
        (added(0, "A", currency=" eur"), "event.data.currency", "EUR"),
        (removed(0, "A"), "event.data.quantity == null", True),
        (removed(0, "A", quantity=2), "event.data.quantity", 2),
        (ordered(0, "A", "B"), "event.data.items.map(i, i.sku)", ["A", "B"]),
        (ordered(0, "A"), "event.data.items.all(i, i.quantity == null)", True),
        (event(0, "contact.ended"), "event.data.bot", False),
        (event(0, "survey.answered", kind=" NPS", score=3), "event.data.kind", "nps"),
        (event(0, "message.complained"), "event.data.status", "denied"),
        (event(0, "customer.updated", language="pt_br"), "event.data.language", "pt-BR"),
        (event(0, "product.viewed", price="12"), "event.data.price", "12"),
        (added(0, "A", colour="red"), "event.data.colour", "red"),
    ],
)
def test_data_are_understood_as_the_vocabulary_does(
    told: Event, text: str, given: object
) -> None:
    assert value(text, event=told) == given


@pytest.mark.parametrize("data", [b"", b"null", b"[1]", b'"text"', b"5"])
def test_data_that_are_no_object_have_no_fields(data: bytes) -> None:
    assert value("has(event.data.sku)", event=replace(SHOE, data=Raw(data))) is False


def test_data_are_read_once_for_all_conditions() -> None:
    asked = scope()
    assert asked.data is None
    assert compile_condition("event.data.sku == 'SHOE-42'").holds(asked)
    read = asked.data
    assert compile_condition("event.data.quantity == 2").holds(asked)
    assert asked.data is read


def test_own_types_of_events_are_declared() -> None:
    names = NAMES.with_events({"nps.given": {"score": "number", "said": "text"}})
    given = names.of_types("nps.given")
    nps = event(0, "nps.given", score=3)
    assert value("event.data.score <= 6", given, event=nps) is True
    assert "did you mean `score`" in fault("event.data.scroe", given).message
    assert fault("event.data.score.contains('3')", given).column == 18


def test_own_fields_go_with_those_of_the_vocabulary() -> None:
    names = NAMES.with_events({"cart.item_added": {"colour": "text"}})
    added_one = names.of_types("cart.item_added")
    assert compile_expression("event.data.colour + event.data.sku", added_one).kind == "text"


@pytest.mark.parametrize(
    "types",
    [(), ("made.up",), ("product.viewed",), ("cart.*",), ("cart.item_added", "made.up")],
)
def test_data_of_which_nothing_is_known_may_have_any_field(types: tuple[str, ...]) -> None:
    assert compile_expression("event.data.whatever", NAMES.of_types(*types)).kind == "any"


def test_of_several_types_the_fields_of_each_are_known() -> None:
    names = NAMES.of_types("cart.item_added", "order.completed")
    assert compile_expression("event.data.sku", names).kind == "text"
    assert compile_expression("event.data.items", names).kind == "list"
    with pytest.raises(ConditionFault):
        compile_expression("event.data.reason", names)


def test_an_unknown_type_of_a_declared_field_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown type `nubmer`: did you mean"):
        NAMES.with_events({"nps.given": {"score": "nubmer"}})


def test_the_names_are_those_of_the_values() -> None:
    assert {*Event.__struct_fields__} | {"key", "before"} == EVENT.keys()
    assert {*Situation.__struct_fields__} == (SITUATION.fields or {}).keys()
