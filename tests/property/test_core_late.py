"""In whatever order events arrive, none is lost; carts and cases end up the same."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from legato.core.context.context import Context
from legato.core.context.orders import lay, lift
from legato.core.line.partition import Partition
from legato.core.line.pipeline import followed_id
from legato.core.merge.merge import copy_of
from legato.core.situations.change import Change
from legato.core.values.results import DUPLICATE, Rejected
from legato.core.values.time import LONG_AGO
from legato.harness import default_playbook
from legato.wire.blobs import TODAY
from tests.examples import examples
from tests.property.core_lives import Json, event_of, lives
from tests.replay.brute_force import DAY, HOUR, MINUTE, carts_at, open_cases
from tests.replay.wild_stories import NOON

SHIPPED = default_playbook()
PLAYBOOK = replace(
    SHIPPED,
    situations=tuple(each for each in SHIPPED.situations if not isinstance(each, Change)),
    asked=(),
)
"""But for what is kept of a buyer for a year."""


def partition(*, continuous: bool) -> Partition:
    return Partition(PLAYBOOK, TODAY, continuous=continuous)


@given(lives(), st.data(), st.booleans())
@settings(deadline=None)
def test_what_arrives_late_or_early_is_not_lost(
    log: list[Json], data: st.DataObject, continuous: bool
) -> None:
    line, followed, clock = partition(continuous=continuous), 0, LONG_AGO
    for event in data.draw(st.permutations(log)):
        clock = max(clock, event["time"] - data.draw(st.sampled_from([0, HOUR, DAY, 30 * DAY])))
        told = event_of(event)
        answer = line.feed(told, clock)
        if followed_id(PLAYBOOK, told) == told.id:
            followed += answer is not DUPLICATE and not isinstance(answer, Rejected)
    line.advance(max(event["time"] for event in log) + 40 * DAY)
    assert not any(context.waiting for context in line.dirty.values())
    seen = [len(context.timeline) for context in line.dirty.values()]
    assert sum(seen) == followed
    for context in line.dirty.values():
        times = [touch.time for touch in context.timeline]
        assert times == sorted(times)
        assert (context.carts, context.cases, context.runs) == ({}, {}, {})
    assert line.dues == {}


SKUS = ["SHOE", "HAT", "CAR"]
channels = st.sampled_from(["web", "web", "store"])
cart_ids = st.sampled_from(["a", "-"])
shopping = st.one_of(
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(
                ["cart.item_added", "cart.item_added", "cart.item_removed"]
            ),
            "channel": channels,
            "data": st.fixed_dictionaries(
                {"sku": st.sampled_from(SKUS)}, optional={"quantity": st.integers(1, 3)}
            ),
        },
        optional={"cart_id": cart_ids},
    ),
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(["cart.viewed", "checkout.started"]),
            "channel": channels,
            "data": st.just({}),
        },
        optional={"cart_id": cart_ids},
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("order.completed"),
            "channel": channels,
            "data": st.fixed_dictionaries(
                {
                    "items": st.lists(
                        st.fixed_dictionaries(
                            {"sku": st.sampled_from(SKUS)},
                            optional={"quantity": st.integers(1, 2)},
                        ),
                        max_size=2,
                    )
                }
            ),
        },
        optional={"cart_id": cart_ids, "order_id": st.sampled_from(["o", "p"])},
    ),
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(["payment.failed", "payment.failed", "order.cancelled"]),
            "channel": channels,
            "data": st.just({}),
            "order_id": st.sampled_from(["o", "p"]),
        },
    ),
)
asking = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["contact.started", "message.received", "contact.ended"]),
        "data": st.fixed_dictionaries(
            {"reason": st.sampled_from(["size", "price"])}, optional={"resolved": st.booleans()}
        ),
    }
)


def shuffled(data: st.DataObject, deed: st.SearchStrategy[Json]) -> tuple[list[Json], Context]:
    """Return a log in order of time, and the context after it came in any order."""
    log = [
        {
            "id": f"e{n}",
            "time": NOON + n * MINUTE,
            "channel": "web",
            "customer_id": "ada",
            **each,
        }
        for n, each in enumerate(data.draw(st.lists(deed, min_size=1, max_size=8)))
    ]
    line = partition(continuous=True)
    for event in data.draw(st.permutations(log)):
        line.feed(event_of(event), LONG_AGO)
    line.advance(log[-1]["time"])
    return log, line.dirty["ada"]


def left_of(context: Context) -> dict[str, tuple[dict[str, float], bool]]:
    """What is open of each cart: its pieces, and whether there is a checkout."""
    return {
        key: (
            {sku: line.item.quantity for sku, line in cart.lines.items()},
            cart.checkout is not None,
        )
        for key, cart in context.carts.items()
        if cart.is_open
    }


@given(st.data())
@settings(deadline=None, max_examples=examples(300))
def test_in_whatever_order_purchases_arrive_the_carts_end_up_the_same(
    data: st.DataObject,
) -> None:
    log, context = shuffled(data, shopping)
    expected = carts_at([*log], log[-1]["time"])
    assert left_of(context) == {
        key: (cart.items, cart.checkout)
        for key, cart in expected.items()
        if cart.items or cart.checkout
    }
    for key in left_of(context):
        assert context.carts[key].touched == expected[key].touched


snapshots = st.fixed_dictionaries(
    {
        "type": st.just("cart.updated"),
        "channel": channels,
        "data": st.fixed_dictionaries(
            {
                "items": st.lists(
                    st.fixed_dictionaries({"sku": st.sampled_from(SKUS)}), max_size=2
                )
            }
        ),
    },
    optional={"cart_id": cart_ids},
)


def laid(context: Context) -> tuple[Any, ...]:
    """What orders left of the carts, and when those were touched."""
    open_carts = {key: cart for key, cart in context.carts.items() if cart.is_open}
    touched = {key: (cart.touched, cart.opened) for key, cart in open_carts.items()}
    return left_of(context), touched, {order.id: order.status for order in context.orders}


@given(st.data())
@settings(deadline=None, max_examples=examples(400))
def test_orders_that_are_lifted_and_laid_anew_leave_what_they_left(data: st.DataObject) -> None:
    line, time = partition(continuous=True), NOON
    for n in range(data.draw(st.integers(1, 12))):
        time += data.draw(st.sampled_from([1, MINUTE, 20 * MINUTE, HOUR]))
        event = {"id": f"e{n}", "time": time, "customer_id": "ada"}
        line.feed(event_of({**event, **data.draw(st.one_of(shopping, snapshots))}), LONG_AGO)
        again = copy_of(line.dirty["ada"])
        lift(again, again.orders)
        lay(again)
        assert laid(again) == laid(line.dirty["ada"])


pieces = st.fixed_dictionaries({"sku": st.sampled_from(SKUS), "quantity": st.integers(1, 3)})
unpaid = st.one_of(
    st.tuples(
        st.sampled_from(["cart.item_added", "cart.item_removed"]), st.just("web"), pieces
    ),
    st.tuples(
        st.just("order.completed"),
        st.sampled_from(["web", "store"]),
        st.fixed_dictionaries({"items": st.lists(pieces, min_size=1, max_size=2)}),
    ),
)


@given(st.lists(unpaid, min_size=1, max_size=10))
@settings(deadline=None, max_examples=examples(400))
def test_orders_that_nobody_paid_leave_carts_as_if_nothing_had_been_ordered(
    told: list[tuple[str, str, dict[str, Any]]],
) -> None:
    line, bare = partition(continuous=True), partition(continuous=True)
    at = NOON
    for n, (kind, channel, data) in enumerate(told):
        at += MINUTE
        event = {"id": f"e{n}", "time": at, "customer_id": "ada", "channel": channel}
        line.feed(
            event_of({**event, "type": kind, "order_id": f"o{n}", "data": data}), LONG_AGO
        )
        if kind != "order.completed":
            bare.feed(event_of({**event, "type": kind, "data": data}), LONG_AGO)
    for n, (kind, _, _) in enumerate(told):
        if kind == "order.completed":
            at += MINUTE
            failed = {"id": f"f{n}", "type": "payment.failed", "order_id": f"o{n}", "time": at}
            line.feed(event_of({**failed, "customer_id": "ada", "channel": "web"}), LONG_AGO)
    expected = left_of(bare.dirty["ada"]) if "ada" in bare.dirty else {}
    assert left_of(line.dirty["ada"]) == expected


def test_an_order_that_left_nothing_of_a_cart_has_closed_it_behind_a_snapshot_too() -> None:
    shoe = {"sku": "SHOE"}
    told: list[tuple[str, str, dict[str, Any]]] = [
        ("checkout.started", "web", {}),
        ("cart.item_added", "web", shoe),
        ("order.completed", "store", {"items": [shoe]}),
        ("cart.item_removed", "web", shoe),
        ("cart.updated", "web", {"items": []}),
    ]
    line, time = partition(continuous=True), NOON
    for n, (kind, channel, data) in enumerate(told):
        time += MINUTE
        event = {"id": f"e{n}", "time": time, "customer_id": "ada", "type": kind}
        line.feed(event_of({**event, "channel": channel, "data": data}), LONG_AGO)
    again = copy_of(line.dirty["ada"])
    lift(again, again.orders)
    lay(again)
    assert laid(again) == laid(line.dirty["ada"])
    assert left_of(again) == {}


@given(st.data())
@settings(deadline=None, max_examples=examples(300))
def test_in_whatever_order_contacts_arrive_the_same_cases_are_open(data: st.DataObject) -> None:
    log, context = shuffled(data, asking)
    assert sorted(context.cases) == sorted(open_cases([*log], log[-1]["time"]))
