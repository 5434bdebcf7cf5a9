"""In whatever order events arrive, none is lost; carts and cases end up the same."""

from __future__ import annotations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from legato.core.context.context import Context
from legato.core.line.partition import Partition
from legato.core.line.pipeline import followed_id
from legato.core.values.results import DUPLICATE, Rejected
from legato.core.values.time import LONG_AGO
from legato.harness import default_playbook
from legato.wire.blobs import TODAY
from tests.property.core_lives import Json, event_of, lives
from tests.replay.brute_force import DAY, HOUR, MINUTE, cart_at, open_cases
from tests.replay.wild_stories import NOON

PLAYBOOK = default_playbook()


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
shopping = st.one_of(
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(
                ["cart.item_added", "cart.item_added", "cart.item_removed"]
            ),
            "data": st.fixed_dictionaries(
                {"sku": st.sampled_from(SKUS)}, optional={"quantity": st.integers(1, 3)}
            ),
        }
    ),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["cart.viewed", "checkout.started"]), "data": st.just({})}
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("order.completed"),
            "data": st.fixed_dictionaries(
                {
                    "items": st.lists(
                        st.sampled_from(SKUS).map(lambda sku: {"sku": sku}), max_size=2
                    )
                }
            ),
        }
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
    return log, line.dirty["ada"]


def taken_off_and_ordered(log: list[Json]) -> bool:
    """Was an article taken off that an order then lists?"""
    gone: set[str] = set()
    for event in log:
        if event["type"] == "cart.item_removed":
            gone.add(event["data"]["sku"])
        elif event["type"] == "order.completed":
            return any(item["sku"] in gone for item in event["data"]["items"])
    return False


@given(st.data())
@settings(deadline=None, max_examples=300)
def test_in_whatever_order_a_purchase_arrives_the_cart_ends_up_the_same(
    data: st.DataObject,
) -> None:
    """With one order; of two that overtake each other, the second may close too much.

    So may one that overtakes a removal of what it lists: by it, the order finds the cart.
    """
    log, context = shuffled(data, shopping)
    assume(sum(event["type"] == "order.completed" for event in log) <= 1)
    assume(not taken_off_and_ordered(log))
    expected = cart_at([*log], "-", log[-1]["time"])
    cart = context.carts.get("-")
    items = {} if cart is None else {sku: x.item.quantity for sku, x in cart.lines.items()}
    assert items == expected.items
    assert (cart is not None and cart.checkout is not None) == expected.checkout


@given(st.data())
@settings(deadline=None, max_examples=300)
def test_in_whatever_order_contacts_arrive_the_same_cases_are_open(data: st.DataObject) -> None:
    log, context = shuffled(data, asking)
    assert sorted(context.cases) == sorted(open_cases([*log], log[-1]["time"]))
