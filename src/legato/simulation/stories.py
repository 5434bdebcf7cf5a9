"""The stories of a day, each a generator of steps: to add one, write it and list it below."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from legato.core.values.time import SECOND
from legato.simulation.scene import Scene, Step, Story


def introduction(scene: Scene) -> Iterator[Step]:
    """What a customer once told of themselves, sent ahead of their first visit."""
    who = scene.shopper
    if who.stranger:
        return
    facts = {
        "traits": {"name": who.name},
        "language": who.language,
        "time_zone": who.time_zone,
        "home_store": who.shop.venue,
        "preferred_channel": scene.screen,
    }
    if scene.chance.random() < 0.15:
        yield Step(0, scene.shows(scene.screen, "account.created", "user_id", "email"))
    told = who.known_by(*who.told)
    yield Step(0, scene.on(scene.screen, "customer.updated", facts, identifiers=told))
    if who.consents:
        wishes, known = {"consents": list(who.consents)}, who.known_by("user_id")
        yield Step(1, scene.on(scene.screen, "consent.updated", wishes, identifiers=known))


def logging_in(scene: Scene, chance: float) -> Iterator[Step]:
    """Who is not logged in yet may do so now."""
    if scene.may_log_in and scene.chance.random() < chance:
        yield Step(scene.seconds(5, 60), scene.login())


def browsing(scene: Scene) -> Iterator[Step]:
    """Somebody looks around and leaves."""
    channel = scene.screen
    yield from logging_in(scene, 1 if scene.shopper.shares_browser else 0.3)
    yield Step(SECOND, scene.on(channel, "page.viewed", {"page": "home"}))
    if scene.chance.random() < 0.4:
        query = scene.basket[0]["name"].split()[-1]
        yield Step(
            scene.seconds(5, 40), scene.on(channel, "search.performed", {"query": query})
        )
    for item in scene.basket:
        yield Step(scene.seconds(10, 120), scene.on(channel, "product.viewed", item))


def filling_a_cart(scene: Scene) -> Iterator[Step]:
    """The opening of many stories: goods go into the cart; sooner or later most log in."""
    yield from browsing(scene)
    yield from logging_in(scene, 0.4)
    for item in scene.basket:
        yield Step(scene.seconds(10, 90), scene.on(scene.screen, "cart.item_added", item))
    yield from logging_in(scene, 1)


def cart_left_behind(scene: Scene) -> Iterator[Step]:
    """A cart is filled, some get as far as the checkout, and nothing more happens."""
    yield from filling_a_cart(scene)
    if scene.chance.random() < 0.4:
        step = {"step": scene.chance.choice(("address", "delivery", "payment"))}
        yield Step(scene.seconds(20, 120), scene.on(scene.screen, "checkout.started", step))


def bought_at_once(scene: Scene) -> Iterator[Step]:
    """A cart is filled and paid for in one go, and often collected in the shop later."""
    yield from filling_a_cart(scene)
    yield Step(scene.seconds(20, 120), scene.on(scene.screen, "checkout.started"))
    order = scene.order(scene.screen)
    yield Step(scene.minutes(1, 6), order)
    if scene.chance.random() < 0.5:
        # The shop has the order as it was placed.
        of = {
            "order_id": order["order_id"],
            "identifiers": scene.shopper.known_by("user_id", "email"),
        }
        yield Step(scene.minutes(60, 180), scene.on("store", "order.ready_for_pickup", **of))
        yield Step(scene.minutes(30, 240), scene.on("store", "order.picked_up", **of))


def bought_by_phone(scene: Scene) -> Iterator[Step]:
    """A cart is filled, and within the hour the same goods are ordered by phone."""
    yield from filling_a_cart(scene)
    scene.reason = "order"
    yield Step(scene.minutes(12, 45), scene.call("started", text="I would like to order"))
    yield Step(scene.minutes(2, 8), scene.order("call"))
    talk = {"resolved": True, "wait_s": 20, "talk_s": 240}
    yield Step(scene.seconds(10, 60), scene.call("ended", **talk))


def carried_to_the_store(scene: Scene) -> Iterator[Step]:
    """A cart is filled at home, the card is shown in the shop, the goods are bought there."""
    yield from filling_a_cart(scene)
    yield Step(scene.minutes(20, 50), scene.arrival())
    if scene.chance.random() < 0.85:
        yield Step(scene.minutes(5, 25), scene.order("store"))


def bought_at_an_offline_till(scene: Scene) -> Iterator[Step]:
    """The shop's line is down: the order of this hour is heard of in the next."""
    yield from filling_a_cart(scene)
    yield Step(scene.minutes(15, 45), scene.order("store"), late=scene.minutes(40, 90))


def question_carried_along(scene: Scene) -> Iterator[Step]:
    """A question by email, taken up in the chat and settled; then a purchase in the shop."""
    asked = {"reason": scene.reason, "text": scene.question}
    yield from filling_a_cart(scene)
    yield Step(scene.minutes(1, 5), scene.on("email", "message.received", asked))
    yield Step(scene.minutes(15, 120), scene.contact("chat", "started", text=scene.question))
    yield Step(scene.seconds(15, 90), scene.contact("chat", "answered"))
    talk = {"resolved": True, "talk_s": 300, "asked_again": scene.chance.random() < 0.3}
    yield Step(scene.minutes(3, 8), scene.contact("chat", "ended", **talk))
    yield Step(scene.minutes(30, 150), scene.order("store"))


def bot_gives_up(scene: Scene) -> Iterator[Step]:
    """The chatbot does not understand, a human takes over."""
    yield from browsing(scene)
    text = scene.question
    yield Step(scene.minutes(1, 4), scene.contact("chat", "started", text=text, bot=True))
    yield Step(scene.minutes(1, 3), scene.contact("chat", "transferred", queue="service"))
    yield Step(scene.seconds(20, 120), scene.contact("chat", "answered", agent="A-17"))
    talk = {"resolved": True, "wait_s": 45, "talk_s": 280}
    yield Step(scene.minutes(3, 9), scene.contact("chat", "ended", **talk))


def asked_twice(scene: Scene) -> Iterator[Step]:
    """A chat settles nothing, so the customer calls about the same, some hours later."""
    text = scene.question
    yield Step(SECOND, scene.contact("chat", "started", text=text))
    yield Step(scene.minutes(3, 10), scene.contact("chat", "ended", resolved=False, talk_s=320))
    yield Step(scene.minutes(60, 300), scene.call("queued", queue="service"))
    yield Step(scene.minutes(1, 7), scene.call("started", text=text))
    talk = {"resolved": True, "wait_s": 150, "talk_s": 400, "asked_again": True}
    yield Step(scene.minutes(4, 12), scene.call("ended", **talk))


def payment_refused(scene: Scene) -> Iterator[Step]:
    """The payment fails twice; some get through at last, the others give up."""
    yield from filling_a_cart(scene)
    payment = {"step": "payment"}
    yield Step(scene.seconds(20, 120), scene.on(scene.screen, "checkout.started", payment))
    for _ in range(2):
        refused = {"reason": scene.chance.choice(("card_declined", "timeout", "3ds_failed"))}
        yield Step(scene.minutes(0.5, 3), scene.on(scene.screen, "payment.failed", refused))
    if scene.chance.random() < 0.4:
        yield Step(scene.minutes(1, 5), scene.order(scene.screen))


class StoryShare(NamedTuple):
    """A story and how many of a hundred visits it takes: of customers, and of strangers."""

    story: Story
    percent: int
    of_strangers: int = 0


PROGRAMME = (
    StoryShare(browsing, 28, 70),
    StoryShare(cart_left_behind, 12, 30),
    StoryShare(bought_at_once, 11),
    StoryShare(bought_by_phone, 8),
    StoryShare(carried_to_the_store, 14),
    StoryShare(bought_at_an_offline_till, 5),
    StoryShare(question_carried_along, 7),
    StoryShare(bot_gives_up, 5),
    StoryShare(asked_twice, 6),
    StoryShare(payment_refused, 4),
)
