"""Who is visible to a venue or in a queue, and why, as time passes."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from legato.core.context.retention import STAYS_VISIBLE
from legato.core.events.event import Event
from legato.core.values.time import MINUTE
from legato.harness import Harness
from legato.queries.shown import shown_context
from legato.queries.visibility import VisibleContact, contact_in, visible_at, waits_in
from legato.wire.context_view import context_view
from tests.unit.core.stories import HOURS, at, event

VISITED = event(0, "store.visited", "store", venue="BER-1")
READY = event(0, "order.ready_for_pickup", "store", order_id="o1", venue="BER-1")
RESERVED = event(0, "reservation.made", "web", sku="HAT", venue="BER-1", until=at(60))


def shown(*events: Event) -> dict[str, Any]:
    """The context as the view lays it out."""
    context = Harness().feed(*events).contexts["ada"]
    told: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(context_view(context)))
    return told


def why(context: dict[str, Any], minute: float, venue: str = "BER-1") -> str | None:
    found = visible_at(context, venue, at(minute))
    return None if found is None else found.why


@pytest.mark.parametrize(
    ("minute", "told"), [(0, "present"), (119, "present"), (120, None), (1000, None)]
)
def test_who_came_is_visible_for_two_hours(minute: int, told: str | None) -> None:
    assert why(shown(VISITED), minute) == told
    assert why(shown(VISITED), minute, "BER-2") is None


def test_who_went_on_to_another_venue_stays_visible_but_is_not_there() -> None:
    context = shown(VISITED, event(30, "store.visited", "store", venue="BER-2"))
    assert why(context, 40) == "left"
    assert why(context, 40, "BER-2") == "present"
    assert why(context, 120) is None


@pytest.mark.parametrize(
    ("minute", "told"), [(0, "expected"), (59, "expected"), (60, "lapsed"), (180, None)]
)
def test_who_is_expected_is_visible_until_two_hours_after(
    minute: int, told: str | None
) -> None:
    assert why(shown(RESERVED), minute) == told
    assert why(shown(RESERVED), minute, "BER-2") is None


def test_it_says_what_they_are_expected_for_also_of_one_who_came() -> None:
    context = shown(RESERVED, READY, event(5, "store.visited", "store", venue="BER-1"))
    came = visible_at(context, "BER-1", at(10))
    assert came is not None
    assert (came.why, came.since, came.until) == ("present", at(5), at(5) + STAYS_VISIBLE)
    assert came.what == ("order:o1", "reservation:HAT")
    later = visible_at(context, "BER-1", at(6 * HOURS))
    assert later is not None
    assert (later.why, later.since, later.what) == ("expected", at(0), ("order:o1",))


def test_what_was_collected_elsewhere_makes_nobody_visible() -> None:
    collected = event(5, "order.picked_up", "store", order_id="o1", venue="BER-2")
    assert why(shown(READY, collected), 6) is None
    assert why(shown(READY, collected), 6, "BER-2") == "present"


def test_a_guest_is_there_as_long_as_was_told_and_no_context_says_more() -> None:
    stranger = shown(event(0, "page.viewed"))
    guest = visible_at(stranger, "BER-1", at(5), at(6))
    assert guest is not None
    assert (guest.why, guest.until) == ("guest", at(6))
    assert visible_at(stranger, "BER-1", at(6), at(6)) is None
    both = visible_at(shown(READY), "BER-1", at(5), at(6))
    assert both is not None
    assert (both.why, both.what) == ("guest", ("order:o1",))
    present = visible_at(shown(VISITED), "BER-1", at(5), at(6))
    assert present is not None
    assert present.why == "present"


def test_who_asked_to_be_forgotten_is_visible_to_none_until_it_is_taken_back() -> None:
    asked = event(5, "privacy.erasure_requested", "web")
    queued = event(1, "contact.queued", "call", queue="sales")
    context = shown(VISITED, queued, asked)
    assert visible_at(context, "BER-1", at(6), at(60)) is None
    assert contact_in(context, "sales", at(6)) is None
    back = event(7, "privacy.erasure_withdrawn", "web")
    assert why(shown(VISITED, queued, asked, back), 8) == "present"


def test_what_is_cut_off_makes_nobody_visible() -> None:
    north = event(0, "store.visited", "store", venue="BER-1", brand="north")
    south = event(5, "page.viewed", "web", brand="south")
    assert why(shown_context(shown(north, south), ["north"]), 6) == "present"
    assert why(shown_context(shown(north, south), ["south"]), 6) is None


def test_what_an_older_view_wrote_makes_nobody_visible() -> None:
    assert visible_at({"customer_id": "0-a"}, "BER-1", at(0)) is None
    assert contact_in({"customer_id": "0-a"}, "sales", at(0)) is None


def test_who_waits_or_talks_is_in_the_queue_that_was_told_last() -> None:
    queued = event(0, "contact.queued", "call", queue="sales")
    waits = contact_in(shown(queued), "sales", at(1))
    assert waits is not None
    assert (waits.since, waits.waiting, waits.channel) == (at(0), at(0), "call")
    passed = shown(queued, event(3, "contact.transferred", "call", queue="service", agent="A"))
    assert contact_in(passed, "sales", at(4)) is None
    answered = event(5, "contact.answered", "call", queue="service", agent="B")
    talks = contact_in(shown(queued, answered), "service", at(6))
    assert talks is not None
    assert (talks.since, talks.waiting, talks.agent) == (at(0), None, "B")


def test_a_contact_that_names_no_queue_is_in_the_default_one() -> None:
    context = shown(event(0, "contact.started", "call"))
    assert contact_in(context, "sales", at(1), "sales") is not None
    assert contact_in(context, "service", at(1), "sales") is None
    assert contact_in(context, "sales", at(1)) is None


def test_what_waits_in_a_queue_goes_along_with_who_is_passed_on() -> None:
    action, there = {"queue": "sales"}, VisibleContact(at(0), at(9), "call", "", None)
    assert waits_in(action, "sales", None)
    assert not waits_in(action, "service", None)
    assert waits_in(action, "service", there)
    assert not waits_in({"venue": "BER-1"}, "service", there)


def test_a_contact_whose_end_is_lost_is_over_after_two_hours() -> None:
    context = shown(event(0, "contact.started", "call", queue="sales"))
    assert contact_in(context, "sales", at(0) + 2 * HOURS * MINUTE - 1) is not None
    assert contact_in(context, "sales", at(0) + 2 * HOURS * MINUTE) is None
