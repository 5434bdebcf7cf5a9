"""What is done about what customers look at, reserve and wait for: told, undone, counted."""

from __future__ import annotations

import pytest
from msgspec import structs

from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.line.partition import Partition
from legato.core.merge.merge import merge
from legato.core.values.handoff import Handoff
from legato.core.values.outputs import Action, Revoked, Situation
from legato.core.values.time import in_words
from legato.harness import Harness
from legato.verification.comparison import name_of
from legato.wire.blobs import TODAY
from tests.unit.core.stories import HOURS, added, at, event, looked, only, ordered, playbook

BRIEFED = playbook("""
version: 1
situations:
  came:
    switch: {goal: [cart, interest, reservation, order], within: 24h}
actions:
  brief:
    {situation: came, channel: email, purpose: service, content: c, handoff: true, expires: 24h}
channels: {email: {address: [user_id, email]}}
quiet_hours: {from: "21:00", to: "08:00", channels: [email]}
""")
NIGHT = 10 * HOURS
"""Ten in the evening: what is decided then waits for the morning."""
KNOWN = {"email": "ada@example.org"}


def seen(minute: float, sku: str = "ROSE", channel: str = "mobile", /, **told: object) -> Event:
    return event(minute, "product.viewed", channel, **{"sku": sku, **told})


def tried(
    minute: float, sku: str = "ROSE", channel: str = "mobile", /, **told: object
) -> Event:
    return event(minute, "product.tried_on", channel, **{"sku": sku, **told})


def visit(minute: float) -> Event:
    return event(minute, "store.visited", "store", identifiers=KNOWN)


def briefed(*events: Event, at_minute: float = 60) -> Harness:
    """Ada does this, and comes into the shop."""
    return Harness(BRIEFED).feed(*events, visit(at_minute))


def action(harness: Harness) -> Action:
    return only(harness.actions)


def handoff(*events: Event) -> Handoff:
    told = action(briefed(*events)).handoff
    assert told is not None
    return told


def test_the_handoff_shows_what_was_tried_on_as_events_told_it() -> None:
    rose = {
        "name": "Rosewood",
        "image": "https://x.example/r.jpg",
        "url": "https://x.example/r",
    }
    told = handoff(
        seen(0, "ROSE", **rose),
        tried(5, "ROSE"),
        seen(10, "PEACH", "web", name="Peach", size=2),
    )
    first, second = told.items
    assert (first.sku, first.quantity, first.name) == ("ROSE", 1, "Rosewood")
    assert (first.image, first.url) == (rose["image"], rose["url"])
    assert (second.sku, second.name, second.size, second.price) == ("PEACH", "Peach", "2", None)
    assert told.goal == "The customer wants to see Rosewood and Peach in size 2."
    assert told.stopped_at == "tried on Rosewood on mobile; looked at Peach in size 2 on web"
    assert action(briefed(tried(0))).items[0].sku == "ROSE"


def test_what_lies_in_the_cart_is_told_once() -> None:
    told = handoff(tried(0, "ROSE"), tried(1, "PEACH"), added(2, "ROSE", "mobile"))
    assert [(each.sku, each.price) for each in told.items] == [("ROSE", 60.0), ("PEACH", None)]
    assert told.goal == "The customer wants to buy 1 × ROSE and to see PEACH and ROSE."
    assert told.value == 60.0


def test_of_what_the_order_of_this_very_visit_took_nothing_is_told() -> None:
    both = tried(0, "ROSE"), tried(1, "PEACH")
    some = Harness(BRIEFED).feed(
        *both, ordered(60, "ROSE", order_id="o", identifiers=KNOWN, authenticated=False)
    )
    told = action(some).handoff
    assert told is not None
    assert [each.sku for each in told.items] == ["PEACH"]
    all_of_it = Harness(BRIEFED).feed(*both, ordered(60, "ROSE", "PEACH", identifiers=KNOWN))
    assert all_of_it.actions == []
    (loser,) = only(all_of_it.decisions).candidates
    assert loser.reason == "converted"


def test_a_reservation_is_told_with_its_place_and_its_end() -> None:
    until = in_words(at(5 * HOURS))
    told = handoff(
        event(
            0, "reservation.made", "web", sku="COAT", name="Rain coat", until=until, venue="B-7"
        )
    )
    assert told.goal == "The customer wants to have Rain coat, which is reserved."
    assert told.stopped_at == f"Rain coat reserved on web at B-7 until {until}"
    assert [(each.sku, each.name) for each in told.items] == [("COAT", "Rain coat")]
    unnamed = handoff(event(0, "reservation.made", "web"))
    assert unnamed.goal == "The customer wants to have something, which is reserved."
    assert (unnamed.stopped_at, unnamed.items) == ("something reserved on web", ())


def test_an_order_is_told_with_how_far_it_is() -> None:
    placed = ordered(0, "SHOE", channel="web", order_id="W-1")
    sent = event(30, "delivery.delayed", "post", order_id="W-1")
    told = handoff(placed, sent)
    assert told.goal == "The customer wants to get order W-1."
    assert told.stopped_at == "order W-1: placed on web 60 minutes ago, late"
    assert told.items == ()
    assert handoff(looked(0), sent).stopped_at == "order W-1: late"


def test_a_late_order_takes_back_what_is_about_what_it_lists() -> None:
    harness = briefed(seen(NIGHT - 60), at_minute=NIGHT)
    waiting = action(harness)
    assert waiting.not_before > waiting.time
    harness.feed(ordered(NIGHT - 30, "HAT", order_id="a", received=NIGHT + 5))
    assert harness.revoked == []
    harness.feed(ordered(NIGHT - 30, "ROSE", order_id="b", received=NIGHT + 6))
    revoked = only(harness.revoked)
    assert (revoked.action_id, revoked.reason) == (waiting.action_id, "converted")


def test_an_order_of_the_night_takes_it_back_too() -> None:
    harness = briefed(seen(NIGHT - 60), at_minute=NIGHT).feed(ordered(NIGHT + 30, "ROSE"))
    assert only(harness.revoked).reason == "converted"


def test_it_stands_until_all_of_it_was_bought_by_whichever_orders() -> None:
    looks = seen(NIGHT - 60), seen(NIGHT - 50, "PEACH")
    harness = briefed(*looks, at_minute=NIGHT)
    harness.feed(ordered(NIGHT - 30, "ROSE", order_id="a", received=NIGHT + 5))
    assert harness.revoked == []
    harness.feed(ordered(NIGHT + 30, "PEACH", order_id="b"))
    assert only(harness.revoked).reason == "converted"


def test_what_was_looked_at_again_after_the_order_stands() -> None:
    harness = briefed(seen(NIGHT - 60), seen(NIGHT - 20), at_minute=NIGHT)
    harness.feed(ordered(NIGHT - 30, "ROSE", received=NIGHT + 5))
    assert harness.revoked == []


@pytest.mark.parametrize("bought", [("ROSE",), ("SHOE",), ("SHOE", "ROSE")])
def test_a_cart_and_an_interest_are_both_to_be_settled(bought: tuple[str, ...]) -> None:
    harness = briefed(seen(NIGHT - 60), added(NIGHT - 50, "SHOE", "mobile"), at_minute=NIGHT)
    harness.feed(ordered(NIGHT - 30, *bought, channel="mobile", received=NIGHT + 5))
    assert len(harness.revoked) == (len(bought) == 2)


def test_what_somebody_has_in_hand_is_named_by_its_article() -> None:
    """A situation whose key is an article is about the same goal."""
    harness = Harness(
        playbook("""
version: 1
situations:
  came: {switch: {goal: interest, within: 24h}}
  cheaper: {match: {on: price.fell, by: event.data.sku}, goal: interest}
actions:
  brief: {situation: came, channel: store, purpose: service, content: c, handoff: true}
  tell: {situation: cheaper, channel: email, purpose: service, content: c}
channels: {email: {address: [email]}, store: {pull: true}}
""")
    )
    harness.feed(tried(0), visit(60))
    harness.feed(*(event(70, "price.fell", "store", sku=sku) for sku in ("ROSE", "HAT")))
    in_hand, free = harness.decisions[1:]
    assert only(in_hand.candidates).reason == "handled_elsewhere"
    assert free.action == "tell"


def cheaper(minute: float) -> Event:
    return event(minute, "price.fell", "web", sku="ROSE", identifiers=KNOWN)


@pytest.mark.parametrize(
    ("orders", "revoked"),
    [
        ([ordered(NIGHT + 30, "ROSE", channel="web")], 1),
        ([ordered(NIGHT + 30, "HAT", channel="web")], 0),
        ([ordered(NIGHT - 30, "ROSE", channel="web", received=NIGHT + 5)], 0),
    ],
    ids=["in the night", "of another", "before, as far as anybody knows of a look"],
)
def test_an_article_of_which_no_look_is_known_is_bought_by_what_comes_after(
    orders: list[Event], revoked: int
) -> None:
    harness = Harness(
        playbook("""
version: 1
situations:
  cheaper: {match: {on: price.fell, by: event.data.sku}, goal: interest}
actions:
  tell: {situation: cheaper, channel: email, purpose: service, content: c, expires: 24h}
channels: {email: {address: [email]}}
quiet_hours: {from: "21:00", to: "08:00", channels: [email]}
""")
    )
    harness.feed(cheaper(NIGHT), *orders)
    assert len(harness.actions) == 1
    assert len(harness.revoked) == revoked


def test_what_is_reserved_is_worth_nothing_of_a_cart() -> None:
    harness = Harness(
        playbook("""
version: 1
situations:
  came: {switch: {goal: reservation, within: 24h}}
actions:
  brief:
    {situation: came, channel: store, purpose: service, content: c, when: {value_at_least: 50}}
channels: {store: {pull: true}}
""")
    )
    harness.feed(added(0), event(1, "reservation.made", "web"), visit(60))
    assert only(only(harness.decisions).candidates).reason == "not_eligible"


def test_a_purchase_of_what_it_is_about_is_put_down_to_it() -> None:
    harness = briefed(seen(0))
    told = event(61, "action.delivered", "email", action_id=action(harness).action_id)
    harness.feed(told, ordered(90, "HAT", order_id="a"), ordered(95, "ROSE", order_id="b"))
    assert [each.order_id for each in harness.conversions] == ["b"]


def lived(*events: Event) -> Context:
    return Harness(BRIEFED).feed(*events).contexts["ada"]


def united(ours: Context, theirs: Context) -> tuple[Context, list[Revoked]]:
    """Merge, and see that it does not matter who merges with whom."""
    context, told = merge(BRIEFED, ours, theirs)
    other, again = merge(BRIEFED, theirs, ours)
    assert structs.replace(other, customer_id="ada") == context
    assert sorted(map(name_of, again)) == sorted(map(name_of, told))
    return context, [each for each in told if isinstance(each, Revoked)]


def test_what_the_other_bought_takes_it_back() -> None:
    ours = lived(seen(NIGHT - 60), visit(NIGHT))
    for sku, reasons in (("ROSE", ["converted"]), ("HAT", [])):
        context, revoked = united(ours, lived(ordered(NIGHT - 30, sku, order_id="o")))
        assert [each.reason for each in revoked] == reasons
        again, more = united(context, lived(looked(NIGHT + 1)))
        assert (more, len(again.actions)) == ([], 1)


def test_what_was_known_to_be_bought_as_it_was_decided_takes_nothing_back() -> None:
    again = lived(seen(0), ordered(10, "ROSE", order_id="o"), seen(20), visit(60))
    assert len(again.actions) == 1
    for other in (lived(looked(70)), lived(ordered(10, "ROSE", order_id="o"))):
        assert united(again, other)[1] == []


def test_looks_of_both_are_carried_on() -> None:
    context, _ = united(lived(tried(0)), lived(seen(5, "PEACH", "web")))
    line = Partition(BRIEFED, TODAY, continuous=True)
    line.replace(context)
    line.feed(visit(60), at(60))
    found = only([each for each in line.outputs if isinstance(each, Situation)])
    assert found.goals == ("interest:ROSE", "interest:PEACH")
