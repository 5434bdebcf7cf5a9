"""Which keys a context names, and who names a key."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

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
    assert names_in(context, at(1)) == {"IN", "7", "P", "SEEN", "Q"}
    assert names_in(context, at(1) - 1) == names_in(context, at(1 - 10 * DAYS))


def test_names_are_read_off_the_bytes_of_a_context() -> None:
    harness = Harness().feed(
        added(0), event(3, "product.viewed", sku="SEEN"), ordered(4, "HAT")
    )
    context = harness.contexts["ada"]
    read = read_naming(write_context(context))
    assert names_in(read) == names_in(context)
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
