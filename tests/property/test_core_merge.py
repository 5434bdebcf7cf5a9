"""Events shared out over several contexts make, once merged, what they make in one."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from legato.core.context.context import Context
from legato.core.line.partition import Partition
from legato.core.merge.merge import merge
from legato.core.values.time import NEVER
from legato.harness import default_playbook
from legato.verification.comparison import name_of
from legato.wire.blobs import TODAY
from legato.wire.state import write_context
from tests.examples import examples
from tests.property.core_lives import CUSTOMERS, Json, deeds, event_of
from tests.replay.brute_force import HOUR, MINUTE
from tests.replay.wild_stories import NOON

PLAYBOOK = default_playbook()
pauses = st.sampled_from([1, MINUTE, 30 * MINUTE, HOUR - 1, HOUR, 4 * HOUR])


@st.composite
def lives(draw: st.DrawFn) -> list[Json]:
    """What somebody does in a few days, never two things at once; `customer_id` says where."""
    log: list[Json] = []
    time = NOON
    for n, deed in enumerate(draw(st.lists(deeds(), min_size=1, max_size=20))):
        time += draw(pauses)
        log.append({"id": f"e{n}", "time": time, **deed})
    return log


def followed(log: list[Json]) -> dict[str, Context]:
    """Let each customer of a log have their events, up to its end."""
    contexts: dict[str, Context] = {}
    line = Partition(PLAYBOOK, TODAY, contexts.get, continuous=True)
    line.dirty = contexts
    for event in log:
        line.feed(event_of(event), event["time"])
    line.advance(log[-1]["time"])
    return {who: contexts.get(who) or Context(who) for who in CUSTOMERS}


def known(context: Context) -> dict[str, Any]:
    """What does not depend on how much was known when something was decided."""
    return {
        "carts": {
            name: (
                {sku: (x.item.quantity, x.changed) for sku, x in cart.lines.items()},
                cart.checkout is not None,
            )
            for name, cart in context.carts.items()
            if cart.lines or cart.checkout is not None
        },
        "cases": sorted(context.cases),
        "orders": [(each.id, each.time, each.cart_id, each.skus) for each in context.orders],
        "consents": context.consents,
        "stage": context.stage,
        "timeline": context.timeline,
        "presence": (context.present, context.channel, context.landing_until),
        "brands": context.brands,
        "erasures": context.erasures,
        "seen": seen_by(context),
        "settled": {*context.closed_cases},
        "contact": context.contact,
        "identifiers": {kind: {*all_} for kind, all_ in context.identifiers.items()},
    }


def seen_by(context: Context) -> set[bytes]:
    found = {*context.digests}
    assert len(found) == len(context.digests)
    return found


@given(lives())
@settings(deadline=None, max_examples=examples(400))
def test_what_was_shared_out_becomes_what_it_is_in_one(log: list[Json]) -> None:
    one = followed([{**event, "customer_id": "ada"} for event in log])["ada"]
    ada, bob, cy = followed(log).values()
    both, _ = merge(PLAYBOOK, ada, bob)
    united, _ = merge(PLAYBOOK, both, cy)
    assert known(united) == known(one)


def whole(context: Context) -> dict[str, Any]:
    """All of a context but its name, what carts looked like before they were closed, and what
    is kept in order of who came last."""
    fields = {name: getattr(context, name) for name in context.__struct_fields__}
    for name in ("customer_id", "revision", "journeys", "identifiers", "profile"):
        del fields[name]
    fields["carts"] = {
        name: (
            cart.lines,
            cart.removed,
            cart.touched,
            cart.touched_by,
            cart.checkout,
            cart.brand,
        )
        for name, cart in context.carts.items()
    }
    del fields["orders"]  # which of two orders is said to have closed an old cart
    return {**fields, **known(context), "open": fields["carts"], "seen": seen_by(context)}


@given(lives())
@settings(deadline=None, max_examples=examples(200))
def test_it_does_not_matter_who_merges_with_whom(log: list[Json]) -> None:
    ada, bob, _ = followed(log).values()
    one_way, revoked = merge(PLAYBOOK, ada, bob)
    other_way, also = merge(PLAYBOOK, bob, ada)
    assert whole(one_way) == whole(other_way)
    assert sorted(map(name_of, revoked)) == sorted(map(name_of, also))


@given(lives())
@settings(deadline=None, max_examples=examples(300))
def test_it_does_not_matter_in_which_order_three_merge(log: list[Json]) -> None:
    """But for what is revoked, and told of cases: that is said on what is known then."""
    ada, bob, cy = followed(log).values()
    ways = []
    for first, second, third in ((ada, bob, cy), (cy, bob, ada), (bob, cy, ada)):
        both, _ = merge(PLAYBOOK, first, second)
        united, _ = merge(PLAYBOOK, third, both)
        ways.append(whole(united))
        ways[-1]["actions"] = [each.action_id for each in united.actions]
        ways[-1]["trails"] = {name: each.facts for name, each in united.trails.items()}
    assert ways[0] == ways[1] == ways[2]


@given(lives())
@settings(deadline=None)
def test_a_merge_changes_neither_side_and_repeats_nothing(log: list[Json]) -> None:
    ada, bob, _ = followed(log).values()
    before = write_context(ada), write_context(bob)
    once, _ = merge(PLAYBOOK, ada, bob)
    assert (write_context(ada), write_context(bob)) == before
    again, revoked = merge(PLAYBOOK, once, bob)
    again.asked_again = once.asked_again
    assert whole(again) == whole(once)
    assert revoked == ()


@given(lives())
@settings(deadline=None)
def test_timers_are_derived_from_what_is_there(log: list[Json]) -> None:
    ada, bob, _ = followed(log).values()
    united, _ = merge(PLAYBOOK, ada, bob)
    assert united.next_due == PLAYBOOK.next_due(united)
    nobody, _ = merge(PLAYBOOK, Context("ada"), Context("bob"))
    assert nobody == Context("ada")
    assert nobody.next_due == NEVER
