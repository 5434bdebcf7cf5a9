"""By when things happened it is decided what counts, never by when they were heard of."""

from __future__ import annotations

from legato import Event, Harness
from tests.unit.core.stories import DAYS, HOURS, added, at, event, may

TABLET = {"device_id": "tablet"}


def given(minute: float, address: str, **told: object) -> Event:
    return event(minute, "customer.updated", identifiers={"email": address}, **told)


def test_a_reminder_goes_to_the_address_that_was_given_last() -> None:
    story = [
        may(0),
        given(1, "new@example.com"),
        added(30),
        given(-10 * DAYS, "old@example.com", received=60),
    ]
    harness = Harness().feed(*story).wait_until(at(91))
    assert [each.address for each in harness.actions] == ["new@example.com"]


def test_a_late_word_on_language_and_traits_does_not_take_back_a_newer_one() -> None:
    newer = event(5, "customer.updated", language="de", traits={"size": "42", "vip": True})
    older = event(1, "customer.updated", language="en", traits={"size": "41"}, received=9)
    profile = Harness().feed(newer, older).contexts["ada"].profile
    assert (profile.language, profile.traits) == ("de", {"size": "42", "vip": True})


def login(minute: float, card: str) -> Event:
    who = {"loyalty_id": card, **TABLET}
    return event(minute, "account.logged_in", "mobile", customer_id="", identifiers=who)


def left_in_cart(minute: float, sku: str, **told: object) -> Event:
    return added(minute, sku, "mobile", customer_id="", identifiers=TABLET, **told)


def carts(harness: Harness, card: str) -> list[str]:
    """What lies in the cart of whoever has this card."""
    name = harness.customer_of({"loyalty_id": card})
    assert isinstance(name, str)
    return [sku for cart in harness.contexts[name].carts.values() for sku in cart.lines]


def test_what_comes_late_of_a_tablet_is_whose_it_was_then() -> None:
    harness = Harness().feed(login(0, "anna"), login(2 * HOURS, "bob"))
    harness.feed(left_in_cart(HOURS, "RING", received=2 * HOURS + 5))
    assert (carts(harness, "anna"), carts(harness, "bob")) == (["RING"], [])


def test_it_need_not_be_late_by_much() -> None:
    harness = Harness().feed(login(0, "anna"), login(60, "bob"))
    harness.feed(left_in_cart(59.9, "RING", received=60.5))
    harness.feed(left_in_cart(60.1, "HAT", received=60.6))
    assert (carts(harness, "anna"), carts(harness, "bob")) == (["RING"], ["HAT"])


def test_whoever_held_it_last_is_not_shown_it_in_the_store() -> None:
    harness = Harness().feed(login(0, "anna"), login(2 * HOURS, "bob"))
    harness.feed(left_in_cart(HOURS, "RING", received=2 * HOURS + 5))
    came = {"customer_id": "", "identifiers": {"loyalty_id": "bob"}}
    harness.feed(event(2 * HOURS + 30, "store.visited", "store", **came))
    told = [each.handoff for each in harness.actions if each.channel == "store"]
    assert not any("RING" in str(handoff) for handoff in told)


def test_what_is_in_time_goes_on_as_ever() -> None:
    harness = Harness().feed(login(0, "anna"), left_in_cart(5, "HAT"))
    assert carts(harness, "anna") == ["HAT"]
    assert len([each for each in harness.contexts.values() if each.carts]) == 1
