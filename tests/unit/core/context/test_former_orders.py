"""Carts and orders as the former release wrote them: a cart closes as it did, late or not."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.line.partition import Partition
from legato.core.merge.merge import merge
from legato.harness import Harness, default_playbook
from legato.wire.blobs import TODAY
from legato.wire.state import read_context, write_context
from tests.unit.core.stories import DAYS, HOURS, added, at, event, looked, ordered, removed

CONTEXT, CART, LINE, ORDER = 28, 11, 4, 7
"""How many fields each had in the release that kept no channel of an order."""
_pack = msgspec.msgpack.Encoder().encode
_fields = msgspec.msgpack.Decoder(list[Any]).decode
CARTS, ORDERS = (Context.__struct_fields__.index(name) for name in ("carts", "orders"))


def as_former(context: Context) -> Context:
    """Write a context as the former release would have, and read that."""
    image = write_context(context)
    fields = _fields(image[17:])[:CONTEXT]
    for cart in fields[CARTS].values():
        for sku, line in cart[3].items():
            cart[3][sku] = line[:LINE]
        del cart[CART:]
    fields[ORDERS] = [order[:ORDER] for order in fields[ORDERS]]
    return read_context(image[:17] + _pack(fields))


def former(*events: Event) -> Context:
    """What a former release kept of these; carts that orders closed were gone."""
    return as_former(Harness().feed(*events).contexts["ada"])


def followed(context: Context, *events: Event, until: float = 0) -> Context:
    """Let today's release go on with a context."""
    line = Partition(default_playbook(), TODAY, continuous=True)
    line.replace(context)
    for one in events:
        line.feed(one, max(one.received, one.time))
    line.advance(at(until))
    return line.context_of("ada")


def carts(context: Context) -> dict[str, list[str]]:
    """List what is left, by cart."""
    return {key: sorted(each.lines) for key, each in context.carts.items() if each.is_open}


def test_what_it_kept_is_read_without_what_it_did_not_know() -> None:
    context = former(
        added(0, cart_id="a"), added(1, "HAT", cart_id="b"), ordered(5, cart_id="a")
    )
    (order,) = context.orders
    assert (order.channel, order.quantities, order.closed) == ("", (), ("a",))
    assert carts(context) == {"b": ["HAT"]}
    assert context.carts["b"].touches == b""
    assert context.closed_carts == {}


@pytest.mark.parametrize(
    ("order", "left"),
    [
        (ordered(60, "SHOE", channel="web"), {}),
        (ordered(60, "SHOE", channel="store"), {"-": ["HAT"]}),
        (ordered(60, "CAR", cart_id="-"), {}),
        (ordered(60, channel="web"), {}),
        (ordered(60, "CAR", channel="web"), {"-": ["HAT", "SHOE"]}),
    ],
)
def test_an_order_takes_from_a_cart_that_it_left(
    order: Event, left: dict[str, list[str]]
) -> None:
    """Of such a cart it is known on which channel it was opened, and no touch since."""
    before = [added(0), added(1, "HAT"), looked(2, "email")]
    assert carts(followed(former(*before), order)) == left
    assert carts(Harness().feed(*before, order).contexts["ada"]) == left


def test_an_order_that_it_left_keeps_what_it_closed() -> None:
    """Whatever is heard later: nobody knows any more on which channel it was placed."""
    context = former(
        added(0, cart_id="a"), added(1, "HAT", cart_id="b"), ordered(5, "SHOE", channel="web")
    )
    later = added(30, "SOCK", cart_id="b"), ordered(40, "LAMP", channel="store")
    after = followed(context, *later, looked(-10, received=45))
    assert [order.closed for order in after.orders] == [("a",), ()]
    assert carts(after) == {"b": ["HAT", "SOCK"]}


@pytest.mark.parametrize("late", [
    added(3, "SOCK", cart_id="a", received=50),
    removed(3, "SHOE", cart_id="a", received=50),
    event(3, "cart.updated", cart_id="a", received=50, items=[{"sku": "SHOE"}]),
    event(3, "checkout.started", cart_id="a", received=50),
    event(4, "cart.viewed", cart_id="a", received=50),
])  # fmt: skip
def test_what_comes_late_of_a_cart_that_it_closed_does_not_open_it(late: Event) -> None:
    context = former(
        added(0, cart_id="a"), added(1, "HAT", cart_id="b"), ordered(5, "SHOE", channel="web")
    )
    after = followed(context, late, until=3 * DAYS)
    assert carts(after) == {"b": ["HAT"]}
    assert [key for key in after.runs if "|" in key] == ["cart_abandoned|cart:b"]


def test_what_it_listed_is_taken_from_other_carts_that_are_heard_of_late() -> None:
    context = former(added(0, cart_id="a"), ordered(5, "SHOE", cart_id="a"))
    late = added(3, cart_id="b", received=50), added(4, "HAT", cart_id="b", received=51)
    assert carts(followed(context, *late)) == {"b": ["HAT"]}


def test_what_comes_since_is_a_cart_anew() -> None:
    context = former(added(0, cart_id="a"), ordered(5, "SHOE", cart_id="a"))
    assert carts(followed(context, added(50, "SOCK", cart_id="a"))) == {"a": ["SOCK"]}


def test_a_late_order_takes_what_lay_in_a_cart_by_then() -> None:
    context = former(added(0), added(1, "HAT"), added(50, "SOCK"))
    late = ordered(30, "SHOE", channel="store", received=60)
    assert carts(followed(context, late)) == {"-": ["HAT", "SOCK"]}
    whole = ordered(30, channel="web", received=60)
    assert carts(followed(context, whole)) == {"-": ["SOCK"]}


def test_in_whatever_order_late_events_are_heard() -> None:
    context = former(added(0, cart_id="a"), added(0, "HAT"), ordered(5, "SHOE", cart_id="a"))
    late = [
        added(2, "SOCK", "web", cart_id="a"),
        removed(20, "HAT"),
        ordered(10, "HAT", channel="store", order_id="o"),
        added(30, "LAMP"),
    ]
    for some in permutations(late):
        heard = [replace(one, received=at(40 + n)) for n, one in enumerate(some)]
        again = read_context(write_context(context))
        assert carts(followed(again, *heard)) == {"-": ["LAMP"]}


def test_two_of_whom_it_wrote_one_become_one() -> None:
    ours = former(added(0, cart_id="a"), ordered(5, "SHOE", cart_id="a"))
    theirs = Harness().feed(added(2, "SOCK", cart_id="a"), added(3, "HAT", cart_id="b"))
    for one, other in ((ours, theirs.contexts["ada"]), (theirs.contexts["ada"], ours)):
        united, _ = merge(default_playbook(), one, other)
        assert carts(united) == {"b": ["HAT"]}


def test_a_payment_that_fails_gives_back_what_is_known_of() -> None:
    context = former(added(0), added(1, "HAT", cart_id="b"), ordered(5, "SHOE", order_id="o"))
    failed = event(20, "payment.failed", order_id="o")
    assert carts(followed(context, failed, until=4 * HOURS)) == {"b": ["HAT"]}
