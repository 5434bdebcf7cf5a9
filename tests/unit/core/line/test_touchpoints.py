"""Each event that is followed is told as a touchpoint: whose, in which journey, about what."""

from __future__ import annotations

import pytest

from legato import Event, default_playbook
from legato.core.engine import Engine, EngineSetup, LogBatch
from legato.core.identity.rules import IdentityRules
from legato.core.values.outputs import Action, JourneyTouchpoint
from legato.settings import IdentitySettings
from legato.wire.blobs import TODAY
from legato.wire.state import SNAPSHOTS
from tests.unit.core.stories import DAYS, added, at, event, looked, may, only, ordered

IDENTIFY = IdentitySettings().identify


def engine_of(*, wanted: bool = True) -> Engine:
    setup = EngineSetup(default_playbook(), IDENTIFY, IdentityRules(), touchpoints=wanted)
    return Engine(setup, TODAY, SNAPSHOTS)


def told(*events: Event, until: float = 0, wanted: bool = True) -> list[JourneyTouchpoint]:
    """What an engine tells of events in this order."""
    engine = engine_of(wanted=wanted)
    clocks = [each.received or each.time for each in events]
    found = engine.process(LogBatch(events, clocks)).touchpoints
    return [*found, *engine.pass_time(at(until)).touchpoints]


def test_it_names_customer_journey_event_channel_and_shop() -> None:
    (first, second) = told(looked(0), event(30, "store.visited", "store", venue="berlin-1"))
    assert (first.customer_id, first.type, first.channel) == ("ada", "page.viewed", "web")
    assert (first.event_id, first.time, first.venue) == (looked(0).id, at(0), None)
    assert (second.venue, second.goal, second.order_value) == ("berlin-1", None, None)
    assert first.journey_id == second.journey_id != ""


def test_a_new_journey_begins_with_the_event_that_begins_it() -> None:
    (first, second) = told(looked(0), looked(3 * DAYS))
    assert first.journey_id != second.journey_id


@pytest.mark.parametrize(
    ("one", "goal"),
    [
        (added(1), "cart:-"),
        (added(1, cart_id="31"), "cart:31"),
        (event(1, "checkout.started", cart_id="31"), "checkout:31"),
        (event(1, "contact.started", "chat", reason="repair"), "case:reason:repair"),
        (event(1, "contact.started", "chat", case_id="7"), "case:7"),
        (may(1), None),
        (ordered(1, "SHOE"), None),
    ],
)
def test_it_names_what_an_event_is_about(one: Event, goal: str | None) -> None:
    assert told(looked(0), one)[-1].goal == goal


def test_a_case_is_named_also_when_it_is_closed_without_its_id() -> None:
    asked = event(1, "contact.started", "chat", reason="repair")
    over = event(9, "contact.ended", "chat", resolved=True)
    assert told(asked, over)[-1].goal == "case:reason:repair"


def test_an_order_names_the_cart_that_it_closed_and_its_worth() -> None:
    carts = [added(0), event(1, "checkout.started")]
    bought = [{"sku": "SHOE", "price": 60, "quantity": 2, "currency": "EUR"}]
    summed = told(*carts, event(2, "order.completed", items=bought))[-1]
    assert (summed.goal, summed.order_value, summed.currency) == ("cart:-", 120, "EUR")
    total = told(*carts, event(2, "order.completed", items=bought, total=99.5))[-1]
    assert (total.order_value, total.currency) == (99.5, "EUR")
    bare = told(*carts, ordered(2, "SHOE"))[-1]
    assert (bare.order_value, bare.currency) == (None, None)


def test_a_click_names_the_action_and_what_that_was_about() -> None:
    engine = engine_of()
    reached = added(1, identifiers={"email": "a@x.org"})
    engine.process(LogBatch([may(0), reached], [at(0), at(1)]))
    said = engine.pass_time(at(62)).outputs
    action = only([each for each in said if isinstance(each, Action)])
    click = event(65, "message.clicked", "email", action_id=action.action_id)
    touchpoint = only(engine.process(LogBatch([click], [at(65)])).touchpoints)
    assert (touchpoint.action_id, touchpoint.goal) == (action.action_id, "cart:-")


def test_what_comes_twice_is_told_once() -> None:
    assert len(told(looked(0), looked(0), added(1), added(1))) == 2


def test_what_is_turned_away_is_not_told() -> None:
    assert told(event(0, "cart.item_added", sku="")) == []


def test_what_waits_for_its_time_is_told_when_it_is_followed() -> None:
    engine = engine_of()
    early = looked(90)
    assert len(engine.process(LogBatch([added(0), early], [at(0), at(1)])).touchpoints) == 1
    found = engine.pass_time(at(61)).touchpoints
    assert [each.event_id for each in found] == [early.id]


def test_nothing_is_told_unless_it_is_wanted() -> None:
    assert told(looked(0), added(1), wanted=False) == []
