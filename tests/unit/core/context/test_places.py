"""Where a customer was last, and where they are awaited, in whichever order it is told."""

from __future__ import annotations

import pytest
from msgspec import Raw

from legato.core.context.as_of import context_as_of
from legato.core.context.context import Awaited, Context, VenueVisit
from legato.core.context.places import still_awaited
from legato.core.context.retention import MOST_AWAITED, PICKUP_FOR, RESERVED_FOR
from legato.core.events.event import TEXT_MAX, Event
from legato.core.merge.merge import merge
from legato.core.values.time import LONG_AGO, Instant
from legato.harness import Harness, default_playbook
from legato.wire.context_view import context_view
from tests.unit.core.stories import DAYS, at, event, ordered

READY, COLLECTED = "order.ready_for_pickup", "order.picked_up"
RESERVED, TRIED = "reservation.made", "product.tried_on"


def lived(*events: Event) -> Context:
    """What the line knows of a customer after all of it."""
    harness = Harness().feed(*events)
    return harness.contexts["ada"]


def ready(minute: float, order_id: str = "o1", /, **told: object) -> Event:
    return event(minute, READY, "store", order_id=order_id, **{"venue": "BER-1", **told})


def reserved(minute: float, sku: str = "HAT", /, **told: object) -> Event:
    return event(minute, RESERVED, "web", sku=sku, **{"venue": "BER-1", **told})


def awaited(context: Context) -> dict[str, str]:
    """What they are awaited for, and where."""
    return {each.what: each.venue for each in still_awaited(context.awaited)}


def until(context: Context) -> Instant:
    (each,) = still_awaited(context.awaited)
    return each.until


def test_the_last_visit_of_each_venue_is_kept_with_its_brand() -> None:
    context = lived(
        event(0, "store.visited", "store", venue="BER-1", brand="north"),
        event(5, "store.visited", "store", venue="BER-2"),
        event(9, "loyalty.card_scanned", "store", venue="BER-1", brand="south"),
    )
    assert context.venues == (VenueVisit(at(5), "BER-2"), VenueVisit(at(9), "BER-1", "south"))


def test_the_four_newest_venues_are_kept_whatever_comes_first() -> None:
    visits = [event(each, "store.visited", "store", venue=f"V{each}") for each in range(6)]
    for told in (visits, [*reversed(visits)]):
        assert [each.venue for each in lived(*told).venues] == ["V2", "V3", "V4", "V5"]


def test_a_late_visit_is_kept_too() -> None:
    late = event(3, "store.visited", "store", venue="BER-2", received=12)
    context = lived(event(9, "store.visited", "store", venue="BER-1", received=10), late)
    assert [each.venue for each in context.venues] == ["BER-2", "BER-1"]
    assert context.present == at(9)


@pytest.mark.parametrize(
    "told",
    [
        reserved(0),
        event(0, "store.visited", "store", venue="BER-1", initiated=False),
        event(0, "delivery.dispatched", "store", venue="BER-1"),
        event(0, "message.clicked", "email", venue="BER-1", action_id="a1"),
        event(0, "store.visited", "store", region="berlin"),
        event(0, "store.visited", "store", venue="x" * (TEXT_MAX + 1)),
    ],
)
def test_what_does_not_take_a_customer_there_is_no_visit(told: Event) -> None:
    assert lived(told).venues == ()


def test_an_order_that_is_ready_is_awaited_until_it_is_collected() -> None:
    waits = lived(ready(0))
    assert awaited(waits) == {"order:o1": "BER-1"}
    assert until(waits) == at(0) + PICKUP_FOR
    assert awaited(lived(ready(0), event(9, COLLECTED, "store", order_id="o1"))) == {}


@pytest.mark.parametrize("kind", [COLLECTED, "order.cancelled", "order.returned"])
def test_an_order_ends_only_itself_and_in_any_order(kind: str) -> None:
    end = event(9, kind, "store", order_id="o1")
    for told in ((ready(0), ready(1, "o2"), end), (end, ready(1, "o2"), ready(0))):
        assert awaited(lived(*told)) == {"order:o2": "BER-1"}


def test_an_order_waits_where_the_event_says_else_in_the_store_of_its_data() -> None:
    assert awaited(lived(ready(0, venue=None, store="BER-7"))) == {"order:o1": "BER-7"}
    assert awaited(lived(ready(0, store="BER-7"))) == {"order:o1": "BER-1"}


def test_what_says_not_where_or_for_what_awaits_nobody() -> None:
    nowhere = event(0, READY, "store", order_id="o1")
    unnamed = event(1, READY, "store", venue="BER-1")
    assert lived(nowhere, unnamed, event(2, RESERVED, sku="HAT")).awaited == ()


def test_an_order_that_is_ready_again_is_awaited_again() -> None:
    collected = event(5, COLLECTED, "store", order_id="o1")
    context = lived(ready(0), collected, ready(9, venue="BER-2"))
    assert awaited(context) == {"order:o1": "BER-2"}


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        (at(90), at(90)),
        ("2026-03-02T13:00:00Z", at(60)),
        (None, at(0) + RESERVED_FOR),
        ("soon", at(0) + RESERVED_FOR),
        (10**30, at(0) + RESERVED_FOR),
        (True, at(0) + RESERVED_FOR),
        ({"at": 1}, at(0) + RESERVED_FOR),
    ],
)
def test_a_reservation_holds_until_what_is_told_else_a_week(
    told: object, wanted: Instant
) -> None:
    assert until(lived(reserved(0, until=told))) == wanted


@pytest.mark.parametrize("kind", ["reservation.released", "reservation.cancelled", TRIED])
def test_an_end_of_a_reservation_is_of_its_article_or_of_all(kind: str) -> None:
    two = reserved(0, "HAT"), reserved(1, "COAT")
    assert awaited(lived(*two, event(9, kind, sku="HAT"))) == {"reservation:COAT": "BER-1"}
    assert awaited(lived(*two, ready(2), event(9, kind))) == {"order:o1": "BER-1"}


def test_the_end_of_all_ends_nothing_that_is_reserved_after_it() -> None:
    cancelled = event(5, "reservation.cancelled")
    for told in ((reserved(9), cancelled, reserved(1, "COAT")), (cancelled, reserved(9))):
        assert awaited(lived(*told)) == {"reservation:HAT": "BER-1"}
    assert awaited(lived(reserved(5), cancelled)) == {}


def test_data_that_cannot_be_read_says_nothing_but_that_it_is_reserved() -> None:
    told = reserved(0)
    told.data = Raw(b"[]")
    assert awaited(lived(told)) == {"reservation:-": "BER-1"}


def test_of_too_many_the_oldest_go_be_they_open_or_over() -> None:
    tried = [event(each, TRIED, sku=f"S{each}") for each in range(1, MOST_AWAITED)]
    assert awaited(lived(ready(0), *tried)) == {"order:o1": "BER-1"}
    assert awaited(lived(ready(0), *tried, event(99, TRIED, sku="ONE MORE"))) == {}


def test_two_who_are_one_are_awaited_for_what_neither_knows_to_be_over() -> None:
    ours = lived(ready(0), ready(1, "o2"), event(9, "store.visited", venue="BER-1"))
    theirs = lived(event(5, COLLECTED, order_id="o2"), event(3, "store.visited", venue="BER-2"))
    for one, other in ((ours, theirs), (theirs, ours)):
        united, _ = merge(default_playbook(), one, other)
        assert awaited(united) == {"order:o1": "BER-1"}
        assert [each.venue for each in united.venues] == ["BER-2", "BER-1"]


def test_of_two_venues_at_one_time_the_greater_by_name_counts() -> None:
    for venues in (("BER-1", "BER-2"), ("BER-2", "BER-1")):
        told = [ready(0, venue=venue, id=venue) for venue in venues]
        assert awaited(lived(*told)) == {"order:o1": "BER-2"}


def test_what_was_known_before_an_instant_is_known_again() -> None:
    context = lived(
        event(0, "store.visited", "store", venue="BER-1"),
        ready(1),
        ready(8, "o2"),
        event(9, COLLECTED, "store", order_id="o1", venue="BER-2"),
    )
    past = context_as_of(context, at(5))
    assert past.venues == (VenueVisit(at(0), "BER-1"),)
    assert past.awaited == (Awaited("order:o1", at(1), "BER-1", at(1) + PICKUP_FOR),)
    assert context_as_of(context, LONG_AGO).awaited == ()


def test_it_is_shown_what_they_are_expected_for_whatever_the_time() -> None:
    context = lived(
        reserved(0, until=at(1)), ready(5, brand="north"), ordered(9, "HAT", venue="BER-3")
    )
    view = context_view(context)
    assert [(each.what, each.since, each.until, each.brand) for each in view.expected] == [
        ("reservation:HAT", at(0), at(1), ""),
        ("order:o1", at(5), at(5 + 14 * DAYS), "north"),
    ]
    assert [(each.venue, each.time) for each in view.venues] == [("BER-3", at(9))]
