"""The last changes of an article: folded by time, united by event."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from legato.core.context.cart_log import (
    NOBODY,
    Change,
    append,
    digest_of,
    fold,
    insert,
    read_changes,
    unite,
    write_changes,
)
from legato.core.context.retention import MOST_CHANGES
from legato.harness import Harness
from tests.unit.core.stories import added, at, event, ordered, removed


def change(time: int, pieces: float) -> Change:
    return time, pieces, digest_of(f"e{time}")


logs = st.lists(
    st.tuples(st.integers(1, 60), st.integers(-3, 3).filter(bool)), unique_by=lambda x: x[0]
).map(lambda found: [change(time, pieces) for time, pieces in sorted(found)])


def naive(log: list[Change]) -> float:
    quantity = 0.0
    for _, pieces, _ in sorted(log):
        quantity = max(0.0, quantity + pieces)
    return quantity


def test_nobody_can_take_off_more_than_there_is() -> None:
    assert fold([change(1, 1), change(2, -5), change(3, 2)]).quantity == 2
    assert fold([change(1, 1), change(2, -5), change(3, 2)]).since == 3


def test_one_addition_keeps_nothing_but_who_it_was() -> None:
    assert write_changes([change(1, 2)]) == digest_of("e1")
    assert read_changes(digest_of("e1"), 2, 1) == [change(1, 2)]
    assert read_changes(b"", 2, 1) == [(1, 2, NOBODY)]


@given(logs.filter(bool), st.data())
def test_in_whatever_order_changes_come_they_come_to_the_same(
    log: list[Change], data: st.DataObject
) -> None:
    shuffled: list[Change] = []
    for each in data.draw(st.permutations(log)):
        shuffled = insert(shuffled, each)
    assert shuffled == log
    assert fold(log).quantity == naive(log)
    assert fold(log).changed == log[-1][0]


@given(logs.filter(bool))
def test_what_is_written_is_read_again(log: list[Change]) -> None:
    log = log[-MOST_CHANGES:]
    folded = fold(log)
    assert read_changes(write_changes(log), folded.quantity, folded.changed) == log


@given(logs.filter(bool))
def test_beyond_the_last_32_what_comes_in_order_is_still_right(log: list[Change]) -> None:
    quantity, changed, kept = 0.0, 0, b""
    for n, each in enumerate(log):
        kept = append(kept, quantity, changed, each) if n else write_changes([each])
        folded = fold(read_changes(kept, each[1], each[0]))
        quantity, changed = folded.quantity, folded.changed
    assert quantity == naive(log)
    assert len(kept) <= MOST_CHANGES * 24


@given(logs.filter(bool), st.data())
def test_two_halves_of_a_log_make_the_whole(log: list[Change], data: st.DataObject) -> None:
    ours = [each for each in log if data.draw(st.booleans())]
    theirs = [each for each in log if each not in ours or data.draw(st.booleans())]
    assert unite(ours, theirs) == unite(theirs, ours) == log
    assert unite(log, log) is log


def test_a_removal_that_comes_before_its_addition_leaves_nothing() -> None:
    harness = Harness().feed(removed(5, received=5), added(1, received=6))
    assert harness.contexts["ada"].carts["-"].lines == {}
    harness.feed(added(7))
    line = harness.contexts["ada"].carts["-"].lines["SHOE"]
    assert (line.item.quantity, line.since) == (1, at(7))


def test_a_removal_that_comes_late_takes_off_only_what_there_was() -> None:
    harness = Harness().feed(added(1), added(3), removed(2, received=4, quantity=9))
    line = harness.contexts["ada"].carts["-"].lines["SHOE"]
    assert (line.item.quantity, line.since) == (1, at(3))


def test_an_order_takes_what_was_there_and_leaves_what_came_later() -> None:
    harness = Harness().feed(added(1), added(3, quantity=2), ordered(2, received=4))
    line = harness.contexts["ada"].carts["-"].lines["SHOE"]
    assert (line.item.quantity, line.since) == (2, at(3))


def test_a_snapshot_is_a_fresh_start() -> None:
    items = [{"sku": "SHOE"}, {"sku": "SHOE", "quantity": 2}]
    harness = Harness().feed(removed(1), event(2, "cart.updated", items=items), added(0.5))
    cart = harness.contexts["ada"].carts["-"]
    assert cart.removed == {}
    assert cart.lines["SHOE"].item.quantity == 3


def test_a_late_snapshot_lies_below_what_came_after_it() -> None:
    items = [{"sku": "HAT", "quantity": 2}, {"sku": "PEN"}]
    harness = Harness().feed(
        added(1), added(4), added(5, "CAR"), removed(6, "HAT", quantity=1), removed(7, "PEN"),
        event(3, "cart.updated", items=items, received=8),
    )  # fmt: skip
    cart = harness.contexts["ada"].carts["-"]
    held = {sku: line.item.quantity for sku, line in cart.lines.items()}
    assert held == {"HAT": 1, "SHOE": 1, "CAR": 1}
    assert [*cart.removed] == ["PEN"]


def test_a_late_snapshot_that_is_older_than_another_changes_nothing() -> None:
    items = [{"sku": "HAT"}]
    harness = Harness().feed(
        event(3, "cart.updated", items=items), added(4), event(2, "cart.updated", items=[])
    )
    assert [*harness.contexts["ada"].carts["-"].lines] == ["HAT", "SHOE"]


def test_a_cart_comes_from_the_channel_of_its_first_event() -> None:
    harness = Harness().feed(added(5, "SHOE", "web"), added(2, "HAT", "mobile", received=6))
    assert harness.contexts["ada"].carts["-"].origin == "mobile"


def test_what_is_remembered_of_articles_that_are_gone_is_bounded() -> None:
    harness = Harness()
    for n in range(100):
        harness.feed(added(n, f"S{n}"), removed(n + 0.5, f"S{n}"))
    assert len(harness.contexts["ada"].carts["-"].removed) == 32
