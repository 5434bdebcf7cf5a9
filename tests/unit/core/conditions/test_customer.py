"""`customer` is what `legato inspect --json` shows, carts and cases as lists."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from legato.core.conditions.compile import compile_expression
from legato.core.conditions.customer import CUSTOMER, MAKERS
from legato.core.conditions.scope import Scope
from legato.core.conditions.shapes import Shape
from legato.core.context.context import Context
from legato.harness import Harness
from legato.wire.context_view import ContextView, context_view
from tests.unit.core.conditions.asked import value
from tests.unit.core.stories import added, at, event, looked, may, ordered

KEYED = ("carts", "cases")


def known() -> Context:
    """A customer with something of everything."""
    harness = Harness().feed(
        event(-90, "account.created", identifiers={"email": "a@example.org", "user_id": "7"}),
        event(-80, "customer.updated", language="de", traits={"tier": "gold", "age": 41}),
        event(-75, "privacy.erasure_requested", "desk"),
        event(-74, "privacy.erasure_withdrawn", "desk", proof="DSR-17", source="crm"),
        may(-70),
        event(
            -65,
            "consent.updated",
            purpose="promotion",
            status="granted",
            channel="email",
            brand="acme",
            basis="contract",
            proof="form 3",
        ),
        added(-60, "SHOE-42", "web", quantity=2, currency="EUR", variant_id=5, session_id="s1"),
        looked(-50, "mobile", session_id="s2"),
        event(-49, "product.viewed", "mobile", sku="HAT", session_id="s2"),
        event(-45, "message.received", "chat", case_id="c1", reason="repair", text="it broke"),
        event(-44, "store.visited", "kiosk", venue="BER-1"),
        event(-43, "order.ready_for_pickup", "kiosk", order_id="o0", venue="BER-1"),
        event(-42, "contact.queued", "call", queue="sales", agent="a-17", brand="acme"),
        ordered(-40, "HAT-1", order_id="o1", total=20.0, cart_id="k2"),
        added(-30, "HAT-2", "store", cart_id="k3"),
    )
    harness.wait_until(at(120))
    return next(iter(harness.contexts.values()))


KNOWN = known()


def as_json(told: object) -> Any:  # noqa: ANN401 - of whatever type
    """A value as it is shown."""
    return msgspec.json.decode(msgspec.json.encode(told))


SHOWN: dict[str, Any] = as_json(context_view(KNOWN))


def without_null(told: Any) -> Any:  # noqa: ANN401 - of whatever type
    """What is null is as missing."""
    if isinstance(told, dict):
        return {key: without_null(each) for key, each in told.items() if each is not None}
    return [without_null(each) for each in told] if isinstance(told, list) else told


def as_listed(name: str, view: dict[str, Any] = SHOWN) -> Any:  # noqa: ANN401 - any type
    """A field as it is shown, carts and cases as lists."""
    shown = view[name]
    return [{"id": key, **each} for key, each in shown.items()] if name in KEYED else shown


def test_the_story_has_something_of_everything() -> None:
    assert [name for name, told in SHOWN.items() if not told and told != 0] == []


def test_it_has_the_names_of_the_view_and_no_others() -> None:
    assert MAKERS.keys() == {*ContextView.__struct_fields__} - {"index"}
    assert MAKERS.keys() == (CUSTOMER.fields or {}).keys()


@pytest.mark.parametrize("name", MAKERS)
def test_its_values_are_those_of_the_view(name: str) -> None:
    assert without_null(as_json(MAKERS[name](KNOWN))) == without_null(as_listed(name))


@pytest.mark.parametrize("name", MAKERS)
def test_what_is_shown_has_its_name_and_its_type(name: str) -> None:
    assert misfits((CUSTOMER.fields or {})[name], as_listed(name)) == []


def misfits(shape: Shape, told: Any, path: str = "") -> list[str]:  # noqa: ANN401 - any type
    """Where a value is not what is known of it at load."""
    kinds: dict[str, Any] = {
        "number": int | float,
        "instant": int,
        "text": str,
        "bool": bool,
        "list": list,
        "map": dict,
        "record": dict,
        "any": object,
    }
    if told is None:
        return []
    if not isinstance(told, kinds[shape.kind]):
        return [f"{path}: {told}"]
    if isinstance(told, dict) and shape.fields is not None:
        named = {key: shape.fields.get(key) for key in told}
        return [
            fault
            for key, its in named.items()
            for fault in (
                misfits(its, told[key], f"{path}.{key}") if its else [f"{path}.{key}"]
            )
        ]
    inner = shape.of or Shape("any")
    each = told.values() if isinstance(told, dict) else told if isinstance(told, list) else ()
    return [fault for one in each for fault in misfits(inner, one, f"{path}[]")]


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("customer.customer_id", "ada"),
        ("customer.lifecycle_stage", "support"),
        ("customer.profile.language", "de"),
        ("customer.profile.traits.tier", "gold"),
        ("customer.profile.traits.age > 40", True),
        ("customer.profile.home_store == null", True),
        ("customer.presence.channel", "store"),
        ("size(customer.carts)", 2),
        ("customer.carts.exists(c, c.value > 100 && c.origin == 'web')", True),
        ("customer.carts.exists(c, c.id == 'k3')", True),
        ("customer.carts.exists(c, c.items.exists(i, i.variant_id == '5'))", True),
        ("customer.cases.exists(c, c.id == 'c1' && c.reason == 'repair')", True),
        ("customer.identifiers.email[0]", "a@example.org"),
        ("'phone' in customer.identifiers", False),
        ("customer.consents.exists(c, c.brand == 'acme' && c.status == 'granted')", True),
        ("customer.orders.map(o, o.total)", [20.0]),
        ("customer.timeline.filter(t, t.channel == 'store').size()", 2),
        ("customer.journeys.size() > 0", True),
        ("now - customer.presence.time", 30 * 60_000),
        ("customer.carts[0].touched + span('1h') == now", True),
        ("[customer][0].profile.language", "de"),
    ],
)
def test_asking_about_the_customer(text: str, given: object) -> None:
    assert value(text, context=KNOWN, now=at(0)) == given


def test_only_what_is_read_is_made_and_once() -> None:
    scope = Scope(at(0), KNOWN)
    asked = compile_expression("customer.profile.language == 'de' && size(customer.cases) == 1")
    assert asked.value(scope) is True
    made = scope.made or {}
    assert made.keys() == {"profile", "cases"}
    assert asked.value(scope) is True
    assert (scope.made or {})["cases"] is made["cases"]


@pytest.mark.parametrize("name", MAKERS)
def test_of_a_stranger_nothing_is_known(name: str) -> None:
    stranger = Context("ada")
    view = as_json(context_view(stranger))
    assert without_null(as_json(MAKERS[name](stranger))) == without_null(as_listed(name, view))
