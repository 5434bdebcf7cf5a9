"""Which keys a context names, and who names a key."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legato.core.events.event import Event
from legato.core.playbook.compile import read_playbook
from legato.core.references.index import NameIndex
from legato.core.references.names import names_in
from legato.harness import Harness
from legato.wire.state import read_naming, write_context
from tests.unit.core.stories import DAYS, added, at, event, ordered


def test_a_context_names_what_lies_in_carts_was_looked_at_or_ordered() -> None:
    harness = Harness().feed(
        added(0, "ORDERED", variant_id="V1"),
        ordered(1, "ORDERED", order_id="O1"),
        added(2, "IN", variant_id=7, product_id="P"),
        event(3, "product.viewed", sku="SEEN", product_id="Q"),
    )
    context = harness.contexts["ada"]
    assert names_in(context) == {"O1", "ORDERED", "IN", "7", "P", "SEEN", "Q"}
    assert names_in(context, at(1 + 10 * DAYS)) == {"IN", "7", "P", "SEEN", "Q"}
    assert names_in(context, at(1 + 10 * DAYS) - 1) == names_in(context)


RUNS = read_playbook(b"""
version: 1
situations:
  undecided: {repeat: {of: product.compared, times: 9, within: 1d, by: event.data.sku}}
  cheaper: {match: {on: reference.price, by: event.key, once: 7d}}
  came: {switch: {goal: reservation, within: 1d}}
""")


def test_so_does_what_a_run_is_about_unless_only_references_show_it() -> None:
    harness = Harness(RUNS).feed(
        event(0, "product.compared", sku="TV"), event(1, "cart.item_added", sku="HAT")
    )
    harness.refer("price", "HAT", {"amount": 1}, at(2))
    harness.feed(event(3, "cart.item_removed", sku="HAT"))
    context = harness.contexts["ada"]
    assert names_in(context) == {"TV", "HAT"}
    assert names_in(context, at(4), RUNS.of_references) == {"TV"}


def test_so_does_what_is_reserved_as_long_as_it_is() -> None:
    told = [
        event(0, "reservation.made", sku="COAT", variant_id="C-M"),
        event(1, "reservation.made", sku="HAT"),
        event(2, "reservation.released", sku="HAT"),
    ]
    context = Harness(RUNS).feed(*told).contexts["ada"]
    assert names_in(context) == {"COAT", "C-M", "HAT"}
    assert names_in(context, at(3)) == {"COAT", "C-M"}
    assert names_in(context, at(7 * DAYS)) == frozenset()


@pytest.mark.parametrize(
    ("over", "queue"),
    [
        ([], "sales"),
        ([event(1, "contact.answered", "call")], ""),
        ([event(1, "contact.started", "call")], ""),
        ([event(1, "contact.ended", "call")], ""),
        ([event(1, "contact.transferred", "call", queue="refunds")], "refunds"),
        ([event(1, "contact.transferred", "call")], "sales"),
    ],
)
def test_so_does_the_queue_in_which_they_wait(over: list[Event], queue: str) -> None:
    queued = event(0, "contact.queued", "call", queue="sales")
    for told in permutations([queued, *over]):
        context = Harness().feed(*told).contexts["ada"]
        assert names_in(context, at(2)) == ({queue} if queue else frozenset())
        assert names_in(context, at(200)) == frozenset()


def test_names_are_read_off_the_bytes_of_a_context() -> None:
    harness = Harness(RUNS).feed(
        added(0),
        event(3, "product.viewed", sku="SEEN"),
        ordered(4, "HAT"),
        event(5, "product.compared", sku="TV"),
        event(6, "reservation.made", sku="COAT"),
        event(7, "contact.queued", "call", queue="sales"),
    )
    context = harness.contexts["ada"]
    read = read_naming(write_context(context))
    assert names_in(read) == names_in(context) >= {"SEEN", "HAT", "TV", "COAT", "sales"}
    assert names_in(read, at(8)) == names_in(context, at(8))
    assert read.identity is None


NAMED = st.frozensets(st.sampled_from("abcde"))
PUTS = st.lists(st.tuples(st.sampled_from(["ada", "bob", "cid"]), NAMED), max_size=20)


@given(PUTS)
def test_the_index_is_the_names_turned_round(puts: list[tuple[str, frozenset[str]]]) -> None:
    index = NameIndex()
    for customer_id, names in puts:
        index.put(customer_id, names)
    known = dict(puts)
    for name in "abcde":
        assert index.customers(name) == sorted(who for who in known if name in known[who])
    assert len(index) == sum(map(bool, known.values()))
