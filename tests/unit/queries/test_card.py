"""An associate is shown what a customer came for, and nothing of the profile."""

from typing import Any

import msgspec

from legato.harness import Harness
from legato.queries.card import Card, CardItem, HeldOffer, card_of, first_name_of, no_stock
from legato.testing import event, story
from legato.testing.events import instant
from legato.wire.context_view import context_view

VENUE = {"venue": "berlin-1"}
SHOE: dict[str, Any] = {
    "sku": "SHOE-42", "name": "Runner Air", "size": "42", "price": 89.0, "currency": "EUR",
}  # fmt: skip
NOW = instant("11:00")


def context_in(harness: Harness) -> dict[str, Any]:
    """The only customer of a story, as Redis has them."""
    [context] = harness.contexts.values()
    told: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(context_view(context)))
    return told


def card_in(harness: Harness, stock: dict[str, float] | None = None) -> Card:
    """The card of the only customer of a story, with what waits at the venue."""
    actions = [msgspec.to_builtins(each) for each in harness.actions]
    waiting = [each for each in actions if each["address"] == VENUE["venue"]]
    return card_of(context_in(harness), waiting[::-1], (stock or {}).get, NOW)


def test_what_they_left_on_the_web_is_what_they_came_for() -> None:
    card = card_in(
        story(
            event("cart.item_added", "10:02", **SHOE),
            event("checkout.started", "10:05"),
            event("store.visited", "10:50", channel="store", location=VENUE),
        ),
        {"SHOE-42": 3},
    )
    assert card.items == (CardItem("SHOE-42", "Runner Air", 1, "42", 89.0, "EUR", stock=3),)
    assert (card.left_on, card.stopped, card.value) == ("web", "checkout", 89.0)
    assert card.task is not None
    assert card.task.action == "brief_store"


def test_once_they_bought_it_there_is_nothing_to_do() -> None:
    card = card_in(
        story(
            event("cart.item_added", "10:02", **SHOE),
            event("store.visited", "10:50", channel="store", location=VENUE),
            event("order.completed", "10:55", channel="store", order_id="o-1", items=[SHOE]),
        )
    )
    assert card.task is None
    assert card.items == ()


def test_a_cart_is_shown_as_it_is_by_now() -> None:
    card = card_in(
        story(
            event("cart.item_added", "10:02", **SHOE),
            event("store.visited", "10:50", channel="store", location=VENUE),
            event("cart.item_added", "10:55", sku="HAT", name="Straw hat", price=20.0),
        )
    )
    assert [each.name for each in card.items] == ["Runner Air", "Straw hat"]
    assert card.task is not None


def test_without_anything_to_do_the_cart_is_shown_all_the_same() -> None:
    card = card_in(story(event("cart.item_added", "10:02", **SHOE)))
    assert card.task is None
    assert [each.name for each in card.items] == ["Runner Air"]
    assert card.stopped == "cart"


def test_what_they_asked_for_is_told_in_their_own_words() -> None:
    asked = event(
        "message.received", "10:02", channel="email", reason="wrong_size", text="Too small."
    )
    card = card_in(story(asked))
    [need] = card.needs
    assert (need.reason, need.said, need.channels) == ("wrong_size", "Too small.", ("email",))
    assert card.known == ("wrong_size",)


def test_nothing_of_the_profile_is_on_the_card_but_the_first_name() -> None:
    traits = {"first_name": "Ada", "last_name": "Lovelace", "income": "high"}
    card = card_in(
        story(
            event("customer.updated", "10:00", traits=traits, language="de"),
            event("cart.item_added", "10:02", identifiers={"email": "ada@example.org"}, **SHOE),
        )
    )
    shown = msgspec.json.encode(card)
    assert card.first_name == "Ada"
    assert not any(secret in shown for secret in (b"Lovelace", b"high", b"example.org"))


def test_an_offer_that_holds_is_shown_until_it_ends() -> None:
    made = {"offer": "spring_10", "expires": NOW + 1, "status": "delivered"}
    over = {"offer": "winter", "expires": NOW, "status": "delivered"}
    taken_back = {"offer": "gone", "expires": NOW + 1, "status": "revoked"}
    told = {"decided": 1, "name": "offer", "channel": "sms"}
    actions = [told | each for each in (made, over, taken_back)]
    card = card_of({"customer_id": "c", "actions": actions}, [], no_stock, NOW)
    assert card.offers == (HeldOffer("spring_10", NOW + 1),)


def test_a_first_name_is_text_and_no_longer_than_a_name() -> None:
    assert (
        first_name_of({"profile": {"traits": {"first_name": 7, "givenName": " Bo "}}}) == "Bo"
    )
    long = first_name_of({"profile": {"traits": {"first_name": "x" * 500}}})
    assert (len(long), long[-2:]) == (60, "x…")
    assert first_name_of({}) == ""
