"""A switch with interest, a reservation or an order: what is known only if it is asked for."""

from __future__ import annotations

import pytest
from msgspec import msgpack

from legato.core.context.interests import interest_need
from legato.core.context.open_orders import ORDER_NEED
from legato.core.context.past import stores_of
from legato.core.context.reservations import RESERVATION_NEED
from legato.core.events.event import Event
from legato.core.values.time import DAY, in_words
from legato.harness import Harness
from legato.settings import IdentitySettings
from tests.unit.core.linking.test_linking import as_
from tests.unit.core.stories import (
    DAYS,
    HOURS,
    added,
    at,
    event,
    looked,
    only,
    ordered,
    playbook,
    switches,
)

ASKED = "[interest, reservation, order]"
ADA, COOKIE = {"user_id": "ada"}, {"anonymous_id": "c"}


def asking(goal: str = ASKED, within: str = "24h") -> Harness:
    return Harness(playbook(written(goal, within)), IdentitySettings())


def written(goal: str = ASKED, within: str = "24h") -> str:
    switch = f"{{goal: {goal}, within: {within}}}"
    return f"version: 1\nsituations: {{channel_switched: {{switch: {switch}}}}}"


def open_after(*events: Event, goal: str = ASKED, within: str = "24h") -> tuple[str, ...]:
    """The goals of the switch that the last event is; none if it is none."""
    harness = asking(goal, within).feed(*events[:-1])
    harness.drain()
    found = harness.feed(events[-1]).situations
    return found[-1].goals if found else ()


def seen(minute: float, sku: str = "ROSE", channel: str = "mobile", /, **told: object) -> Event:
    return event(minute, "product.viewed", channel, **{"sku": sku, **told})


def tried(minute: float, sku: str = "ROSE", channel: str = "mobile", /) -> Event:
    return event(minute, "product.tried_on", channel, sku=sku)


def visit(minute: float, channel: str = "store") -> Event:
    return event(minute, "store.visited", channel)


def reserved(minute: float, sku: str | None = "COAT", **told: object) -> Event:
    named = {} if sku is None else {"sku": sku}
    return event(minute, "reservation.made", "web", **named, **told)


def news(minute: float, kind: str, channel: str = "post", **told: object) -> Event:
    return event(minute, kind, channel, **{"order_id": "W-1", **told})


def bought(minute: float, channel: str = "web", **told: object) -> Event:
    return ordered(minute, "SHOE", channel=channel, **{"order_id": "W-1", **told})


def test_the_default_playbook_asks_for_none_of_it() -> None:
    harness = Harness().feed(tried(0), reserved(1), bought(2), visit(60))
    assert harness.situations == []
    assert {"interest", "reservation", "order"}.isdisjoint(stores_of(harness.contexts["ada"]))


def test_any_goal_is_what_every_context_knows() -> None:
    assert open_after(tried(0), added(1, "HAT", "mobile"), visit(60), goal="any") == ("cart:-",)


def test_what_was_tried_on_comes_first_then_what_was_looked_at_last() -> None:
    looks = [seen(0, "A"), tried(1, "B"), seen(2, "C"), tried(3, "D"), seen(4, "B")]
    assert open_after(*looks, visit(60)) == tuple(f"interest:{sku}" for sku in "BDCA")


def test_of_many_articles_the_first_ten_are_named() -> None:
    looks = [seen(n, f"S{n:02}") for n in range(15)]
    assert len(open_after(*looks, visit(60))) == 10


def test_interest_counts_as_long_as_it_says_and_no_longer() -> None:
    stays = looked(23 * HOURS, "mobile")
    assert open_after(seen(0), stays, visit(24 * HOURS)) == ("interest:ROSE",)
    assert open_after(seen(0), stays, visit(24 * HOURS + 1)) == ()


def test_what_was_bought_since_is_of_no_interest_unless_it_is_looked_at_again() -> None:
    order = ordered(10, "ROSE", channel="mobile")
    assert open_after(seen(0), seen(1, "PEACH"), order, visit(60)) == ("interest:PEACH",)
    assert open_after(seen(0), order, seen(11), visit(60)) == ("interest:ROSE",)
    late = ordered(-5, "ROSE", channel="mobile", received=20)
    assert open_after(seen(0), late, visit(60)) == ("interest:ROSE",)


def test_an_article_is_bought_by_any_of_its_names() -> None:
    look = seen(0, "ROSE", product_id="P-7")
    assert open_after(look, ordered(10, "P-7", channel="mobile"), visit(60)) == ()


def test_what_was_ordered_and_not_paid_is_of_interest_again() -> None:
    order = ordered(10, "ROSE", channel="mobile", order_id="o")
    unpaid = event(11, "payment.failed", "mobile", order_id="o")
    assert "interest:ROSE" in open_after(seen(0), order, unpaid, visit(60))


def test_what_the_source_shows_by_itself_is_no_interest() -> None:
    shown = seen(1, "PEACH", "mobile", initiated=False)
    assert open_after(seen(0), shown, visit(60)) == ("interest:ROSE",)


def test_a_look_that_names_no_article_is_none() -> None:
    assert open_after(seen(0, "", "mobile", name="Rose"), visit(60)) == ()


def test_a_reservation_is_open_until_its_end() -> None:
    made = reserved(0, until=in_words(at(90)))
    assert open_after(made, visit(89)) == ("reservation:COAT",)
    assert open_after(made, visit(90)) == ()


def test_without_an_end_it_is_open_for_a_week() -> None:
    for made in (reserved(0), reserved(0, until="soon"), reserved(0, until=[])):
        assert open_after(made, visit(7 * DAYS - 1), within="8d") == ("reservation:COAT",)
        assert open_after(made, visit(7 * DAYS), within="8d") == ()


@pytest.mark.parametrize(
    "kind", ["reservation.released", "reservation.cancelled", "product.tried_on"]
)
def test_what_ends_a_reservation(kind: str) -> None:
    over = event(5, kind, "web", sku="COAT")
    assert open_after(reserved(0), over, visit(60), goal="reservation") == ()
    other = event(5, kind, "web", sku="HAT")
    both = open_after(reserved(0), other, visit(60), goal="reservation")
    assert both == ("reservation:COAT",)
    unnamed = event(5, kind, "web")
    made = (reserved(0), reserved(1, None))
    assert open_after(*made, visit(60)) == ("reservation:COAT", "reservation:-")
    assert open_after(*made, unnamed, visit(60), goal="reservation") == ()


def test_what_is_reserved_again_is_open_again() -> None:
    over = event(5, "reservation.cancelled", "web", sku="COAT")
    late = event(5, "reservation.cancelled", "web", sku="COAT", received=20)
    assert open_after(reserved(0), over, reserved(6), visit(60)) == ("reservation:COAT",)
    assert open_after(reserved(0), reserved(6), late, visit(60)) == ("reservation:COAT",)


def test_who_calls_their_reservation_off_has_none_to_go_on_with() -> None:
    assert open_after(reserved(0), event(60, "reservation.cancelled", "call", sku="COAT")) == ()


@pytest.mark.parametrize(
    "told",
    [
        bought(0),
        news(0, "delivery.dispatched"),
        news(0, "delivery.delayed"),
        news(0, "order.ready_for_pickup"),
    ],
    ids=lambda event: event.type,
)
def test_an_order_is_on_its_way(told: Event) -> None:
    assert open_after(looked(-1, "mobile"), told, visit(60)) == ("order:W-1",)


@pytest.mark.parametrize(
    "kind", ["delivery.completed", "order.cancelled", "order.picked_up", "order.returned"]
)
@pytest.mark.parametrize("minute", [-5, 5])
def test_an_order_that_came_or_went_is_not(kind: str, minute: float) -> None:
    over = news(minute, kind, "web", received=10)
    assert open_after(bought(0), over, visit(60)) == ()
    assert open_after(bought(0), news(minute, kind, order_id="W-2"), visit(60)) == (
        "order:W-1",
    )


def test_what_is_bought_in_the_shop_is_taken_along_unless_it_is_sent() -> None:
    till = bought(0, "store")
    assert open_after(till, looked(5, "web")) == ()
    assert open_after(till, news(2, "delivery.dispatched"), looked(5, "web")) == ("order:W-1",)


def test_an_order_that_is_not_paid_is_not_on_its_way() -> None:
    failed = news(0, "payment.failed", "web")
    assert open_after(bought(0), failed, visit(60)) == ()
    assert open_after(bought(0), failed, bought(1), visit(60)) == ("order:W-1",)


def test_an_order_without_a_number_cannot_be_followed() -> None:
    assert open_after(ordered(0, "SHOE", channel="web"), visit(60)) == ()


def test_who_collects_their_order_has_none_to_go_on_with() -> None:
    assert open_after(bought(0), news(60, "order.picked_up", "store")) == ()


def test_an_order_of_which_nothing_is_heard_for_long_has_arrived() -> None:
    stays = looked(29 * DAYS, "web")
    assert open_after(bought(0), stays, visit(30 * DAYS - 1), within="2d") == ("order:W-1",)
    assert open_after(bought(0), stays, visit(30 * DAYS), within="2d") == ()


def test_each_goal_has_its_span() -> None:
    spans = "{interest: 1h, order: 2h}"
    told = (seen(0), bought(0, "mobile"))
    assert open_after(*told, visit(60), goal="[interest, order]", within=spans) == (
        "interest:ROSE",
        "order:W-1",
    )
    later = open_after(*told, visit(90), goal="[interest, order]", within=spans)
    assert later == ("order:W-1",)


def test_what_they_came_to_only_there_is_no_goal() -> None:
    """Who was elsewhere is known only by a login; what was looked at since is not carried."""
    login = as_({**ADA, **COOKIE}, event(32, "account.logged_in", "web"))
    before, after = as_(ADA, seen(0)), as_(COOKIE, seen(30, "PEACH", "web"))
    visit_of_web = as_(COOKIE, looked(29))
    found = only(asking().feed(before, visit_of_web, after, login).situations)
    assert (found.evidence["from"], found.goals) == ("mobile", ("interest:ROSE",))


def test_what_is_too_long_to_be_shown_is_not_kept() -> None:
    long = seen(0, name="n" * 501, image="i" * 500, url=["no", "link"])
    harness = asking("interest").feed(long)
    (entry,) = stores_of(harness.contexts["ada"])["interest"].entries
    assert entry.values[3:] == ["ROSE", None, None, None, None, "i" * 500, None]


def test_it_costs_nothing_but_the_events_that_are_asked_for() -> None:
    quiet = asking().feed(looked(0), looked(1, "mobile"), visit(2))
    assert switches(quiet) == []
    assert len(msgpack.encode(quiet.contexts["ada"].runs)) < 100


def test_another_layout_of_a_store_needs_another_name() -> None:
    """Entries lie in contexts by their place, so what was kept before must stay where it is."""
    names = tuple(("data", name) for name in ("sku", "variant_id", "product_id"))
    shown = tuple(("data", name) for name in ("name", "size", "image", "url"))
    where = (("type",), ("channel",))
    needs = (interest_need(DAY), RESERVATION_NEED, ORDER_NEED)
    assert {need.name: need.paths for need in needs} == {
        "interest": (*where, ("initiated",), *names, *shown),
        "reservation": (*where, ("location", "venue"), ("data", "until"), *names, *shown),
        "order": (*where, ("order_id",)),
    }
