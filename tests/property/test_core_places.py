"""Venues, what a customer is awaited for and contacts: in any order, merged at any point."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from legato.core.context.context import Context
from legato.core.context.places import still_awaited
from legato.core.context.retention import MOST_AWAITED, MOST_VENUES
from legato.core.events.vocabulary import AWAITED_NO_MORE
from legato.core.line.partition import Partition
from legato.core.merge.merge import merge
from legato.harness import default_playbook
from legato.wire.blobs import TODAY
from tests.examples import examples
from tests.property.core_lives import Json, event_of
from tests.replay.brute_force import HOUR, MINUTE
from tests.replay.wild_stories import NOON

PLAYBOOK = default_playbook()
VENUES = ["BER-1", "BER-2", "BER-3", "HAM-1", "HAM-2", "MUC-1"]
PLACED = ("store.visited", "page.viewed", "reservation.made", "order.ready_for_pickup")
ENDS = (*sorted(AWAITED_NO_MORE),)
STEPS = tuple(
    f"contact.{each}" for each in ("queued", "answered", "started", "transferred", "ended")
)


@st.composite
def deeds(draw: st.DrawFn) -> Json:
    """Something that happens at a venue, with an order or an article, or in a contact."""
    kind = draw(st.sampled_from([*PLACED, *PLACED, *ENDS, *STEPS]))
    deed: Json = {
        "type": kind,
        "channel": draw(st.sampled_from(["web", "store", "chat"])),
        "time": NOON + draw(st.integers(0, 12)) * MINUTE,
        "received": NOON + 60 * MINUTE,
        "customer_id": draw(st.sampled_from(["ada", "bob"])),
        "data": {},
    }
    if kind in PLACED:
        deed["location"] = {"venue": draw(st.sampled_from(VENUES))}
    if kind.startswith("order."):
        deed["order_id"] = draw(st.sampled_from(["o", "p"]))
    elif kind.startswith("contact."):
        words = st.sampled_from(["sales", "service"])
        deed["data"] = draw(
            st.fixed_dictionaries({}, optional={"queue": words, "agent": words})
        )
    elif draw(st.booleans()):
        deed["data"] = {"sku": draw(st.sampled_from(["HAT", "COAT"]))}
    if draw(st.integers(0, 2)) == 2:
        deed["brand"] = draw(st.sampled_from(["north", "south"]))
    return deed


lives = st.lists(deeds(), min_size=1, max_size=20).map(
    lambda log: [{"id": f"e{n}", **deed} for n, deed in enumerate(log)]
)


def followed(log: list[Json]) -> dict[str, Context]:
    """Let each customer have their events, in this order."""
    line = Partition(PLAYBOOK, TODAY, continuous=False)
    for event in log:
        line.feed(event_of(event), NOON)
    line.advance(NOON + HOUR)  # what waited for its time has come
    return {who: line.cache.get(who) or Context(who) for who in ("ada", "bob")}


def parts(context: Context) -> tuple[Any, ...]:
    return context.venues, context.awaited, context.contact


@given(lives, st.data())
@settings(deadline=None, max_examples=examples(300))
def test_any_order_and_any_merge_make_the_same(log: list[Json], data: st.DataObject) -> None:
    one = followed([{**event, "customer_id": "ada"} for event in log])["ada"]
    shuffled = data.draw(st.permutations(log))
    assert parts(followed([{**each, "customer_id": "ada"} for each in shuffled])["ada"]) == (
        parts(one)
    )
    ada, bob = followed(shuffled).values()
    for ours, theirs in ((ada, bob), (bob, ada)):
        united, _ = merge(PLAYBOOK, ours, theirs)
        assert parts(united) == parts(one)
        again, _ = merge(PLAYBOOK, united, theirs)
        assert parts(again) == parts(one)


@given(lives, st.data())
@settings(deadline=None)
def test_what_is_known_is_what_the_definition_says(
    log: list[Json], data: st.DataObject
) -> None:
    """The last visits of all, and each opening that no end, at its time or later, follows."""
    context = followed([{**each, "customer_id": "ada"} for each in log])["ada"]
    last: dict[str, int] = {}
    for each in log:
        if each["type"] in ("store.visited", "page.viewed"):
            venue = each["location"]["venue"]
            last[venue] = max(each["time"], last.get(venue, 0))
    newest = sorted(((time, venue) for venue, time in last.items()))[-MOST_VENUES:]
    assert [(each.time, each.venue) for each in context.venues] == newest
    assert {each.what for each in still_awaited(context.awaited)} == {
        what_of(each) for each in log if is_open(each, log)
    }


def what_of(deed: Json) -> str:
    if deed["type"].startswith("order."):
        return f"order:{deed['order_id']}"
    made = deed["type"] == "reservation.made"
    return f"reservation:{deed['data'].get('sku', '-' if made else '')}"


def is_open(deed: Json, log: list[Json]) -> bool:
    if deed["type"] not in ("order.ready_for_pickup", "reservation.made"):
        return False
    what = what_of(deed)
    ends = (what, "reservation:") if what.startswith("reservation:") else (what,)
    return not any(
        each["type"] in ENDS and each["time"] >= deed["time"] and what_of(each) in ends
        for each in log
    )


@given(st.permutations(range(MOST_AWAITED + 10)), st.integers(0, MOST_AWAITED + 10))
@settings(deadline=None, max_examples=30)
def test_of_too_many_the_same_are_kept(order: list[int], part: int) -> None:
    def tried(number: int) -> Json:
        return {
            "id": f"e{number}",
            "type": "product.tried_on",
            "channel": "store",
            "time": NOON + number * MINUTE,
            "customer_id": "ada",
            "data": {"sku": f"S{number}"},
        }

    one = followed([tried(number) for number in range(MOST_AWAITED + 10)])["ada"]
    mine = followed([tried(number) for number in order[:part]])["ada"]
    other = followed([tried(number) for number in order[part:]])["ada"]
    united, _ = merge(PLAYBOOK, mine, other)
    assert united.awaited == one.awaited
    assert len(one.awaited) == MOST_AWAITED
