"""Contexts as bytes: versions, what stands in front, and how people read them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from legato.core.context.codec import StateError, UnknownVersion
from legato.core.context.context import (
    ActionRecord,
    Cart,
    CartLine,
    Case,
    ConsentRecord,
    Context,
    Order,
    Session,
)
from legato.core.context.lifecycle import lifecycle_stage
from legato.core.context.timeline import write_timeline
from legato.core.events.payloads import Item
from legato.core.events.touchpoint import Touchpoint
from legato.core.values.time import HOUR, NEVER
from legato.wire.blobs import Blobs
from legato.wire.context_view import context_view
from legato.wire.state import (
    VERSION,
    due_times,
    peek,
    read_context,
    write_context,
)
from tests.unit.wire.reading import NOON


def _ada() -> Context:
    shoe = CartLine(Item("SHOE-42", 2, 89.0, "EUR", "Red shoe"), NOON)
    return Context(
        "ada",
        revision=7,
        next_due=NOON + HOUR,
        channel="web",
        present=NOON,
        stage="acquisition",
        seen=bytearray(b"123456789abc"),
        touchpoints=write_timeline([Touchpoint(NOON, "cart.item_added", "web", "Red shoe")]),
        touches=1,
        sessions=(Session("web", "s1", NOON),),
        journeys=("j1",),
        carts={"-": Cart("web", NOON, "e1", {"SHOE-42": shoe}, checkout=NOON, step="payment")},
        cases={"k1": Case("k1", "refund", NOON, NOON, "e2", ["email"], "where is my money")},
        runs={"cart_abandoned|cart:-": 1},
        orders=(Order("o1", NOON, None, ("HAT",), 20.0),),
        actions=(
            ActionRecord(
                "a1",
                "o",
                "remind",
                "cart_abandoned",
                "promotion",
                "email",
                NOON,
                NOON,
                NOON,
                scope={"SHOE-42": b"12345678"},
            ),
        ),
        identifiers={"email": ["ada@example.org"]},
        consents={"promotion|email": ConsentRecord("granted", NOON)},
    )


def _shouting(context: Context) -> Context:
    """As a made-up version 1 would have it: names in capitals."""
    return msgspec.structs.replace(context, customer_id=context.customer_id.upper())


def _lift(fields: list[Any]) -> list[Any]:
    return [fields[0].lower(), *fields[1:]]


def test_a_context_survives() -> None:
    assert read_context(write_context(_ada())) == _ada()
    assert read_context(write_context(Context("new"))) == Context("new")


def test_revision_and_due_time_are_read_without_decoding() -> None:
    assert peek(write_context(_ada())) == (7, NOON + HOUR)
    assert peek(write_context(Context("new"))[:17]) == (0, NEVER)


def test_due_times_are_read_all_at_once_less_those_who_never_are_due() -> None:
    images = {"ada": write_context(_ada()), "new": write_context(Context("new"))}
    assert due_times(images) == {"ada": NOON + HOUR}
    assert due_times({}) == {}


@pytest.mark.parametrize(
    "bad", [b"", b"\x01", write_context(Context("eve"))[:16], b"\x02" * 17]
)
def test_one_that_cannot_be_read_is_found_among_many(bad: bytes) -> None:
    good = write_context(_ada())
    for values in ([bad, good, good], [good, bad], [bad] * 17):
        with pytest.raises(StateError):
            due_times(dict(zip("abcdefghijklmnopq", values, strict=False)))


def test_a_version_of_tomorrow_stops_with_one_sentence() -> None:
    value = bytes([VERSION + 1]) + write_context(_ada())[1:]
    for reader in (peek, read_context):
        with pytest.raises(UnknownVersion, match=rf"version `{VERSION + 1}`.*start the newer"):
            reader(value)


def test_a_version_of_yesterday_is_lifted_step_by_step() -> None:
    tomorrow = Blobs[Context]("a context", Context, version=2, upcasts={1: _lift})
    assert read_context(write_context(_shouting(_ada())), tomorrow) == _ada()
    with pytest.raises(UnknownVersion):
        read_context(write_context(_ada(), tomorrow))


@pytest.mark.parametrize("cut", [0, 1, 16])
def test_bytes_that_are_no_context_are_named(cut: int) -> None:
    value = write_context(_ada())[:cut]
    for reader in (peek, read_context):
        with pytest.raises(StateError, match="context"):
            reader(value)
    with pytest.raises(StateError, match="cannot be read"):
        read_context(write_context(_ada())[:-1])


def test_fields_added_at_the_end_need_no_new_version() -> None:
    value = write_context(_ada())
    fields: list[Any] = msgspec.msgpack.decode(value[17:])
    shorter = value[:17] + msgspec.msgpack.encode(fields[:3])
    longer = value[:17] + msgspec.msgpack.encode([*fields, "more"])
    assert read_context(shorter) == Context("ada", 7, NOON + HOUR)
    assert read_context(longer) == _ada()


def _shown(context: Context) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(context_view(context)))
    return shown


def test_a_context_is_shown_by_names() -> None:
    view = _shown(_ada())
    assert view["journeys"] == ["j1"]
    assert view["carts"]["-"] == {
        "items": [
            {
                "sku": "SHOE-42",
                "quantity": 2,
                "price": 89.0,
                "currency": "EUR",
                "name": "Red shoe",
            }
        ],
        "value": 178.0,
        "currency": "EUR",
        "origin": "web",
        "touched": NOON,
        "checkout": NOON,
        "step": "payment",
    }
    assert view["presence"] == {"channel": "web", "time": NOON}
    assert view["consents"] == [
        {"purpose": "promotion", "channel": "email", "status": "granted", "time": NOON}
    ]
    assert view["cases"]["k1"]["asked"] == "where is my money"
    assert view["actions"][0]["name"] == "remind"
    assert "about" not in view["actions"][0]
    assert view["next_due"] == NOON + HOUR


def test_the_stage_is_shown_as_core_names_it() -> None:
    context = _ada()
    assert _shown(context)["lifecycle_stage"] == lifecycle_stage(context) == "support"
    context.cases.clear()
    assert _shown(context)["lifecycle_stage"] == lifecycle_stage(context) == "acquisition"


def test_what_is_not_there_yet_is_null() -> None:
    view = _shown(Context("new"))
    assert (view["presence"], view["next_due"], view["carts"]) == (None, None, {})


def test_a_cart_without_prices_is_worth_the_same_after_a_restore() -> None:
    context = Context(
        "ada", carts={"-": Cart("web", NOON, "e1", {"HAT": CartLine(Item("HAT"), 1)})}
    )
    restored = read_context(write_context(context))
    worth = [each.carts["-"].value for each in (context, restored)]
    assert msgspec.json.encode(worth) == b"[0.0,0.0]"
