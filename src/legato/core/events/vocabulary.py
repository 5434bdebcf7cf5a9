"""The event types that Legato knows by name, and whether the customer initiated them."""

from __future__ import annotations

from collections.abc import Iterator

_TOLD: dict[str, str] = {
    "page.viewed": "a page or screen was seen",
    "product.viewed": "a product was looked at",
    "search.performed": "something was searched for",
    "cart.item_added": "an item went into the cart: `sku, quantity, price, currency`",
    "cart.item_removed": "`quantity` pieces of an item left the cart",
    "cart.updated": "the cart as a whole: a snapshot under `items`",
    "checkout.started": "the customer went to the checkout",
    "checkout.step_completed": "a step of the checkout was done: `step`",
    "payment.failed": "the payment did not go through",
    "order.completed": "an order was placed: `items`",
    "order.cancelled": "an order was called off",
    "order.returned": "an order, or a part of it, came back",
    "order.ready_for_pickup": "an order waits in a shop",
    "order.picked_up": "an order was collected",
    "store.visited": "the customer came into a shop: `location.venue`",
    "contact.queued": "the customer waits for an agent: `queue`",
    "contact.answered": "an agent took the contact",
    "contact.started": "a conversation began: `reason, text, bot`",
    "contact.transferred": "the conversation moved to another agent or queue",
    "contact.ended": "the conversation ended: `reason, resolved, wait_s, talk_s, asked_again`",
    "case.opened": "a service case was opened",
    "case.closed": "a service case was closed",
    "handoff.viewed": "somebody read the handoff of an action: `action_id`",
    "message.received": "the customer wrote to us: `reason, text`",
    "message.sent": "we wrote to the customer",
    "message.opened": "a message of ours was opened",
    "message.clicked": "a link in a message of ours was followed: `action_id`",
    "article.viewed": "an article of the knowledge base was read",
    "ad.exposed": "an advertisement was shown",
    "survey.sent": "a survey went out",
    "survey.answered": "a survey came back: `kind, score`",
    "consent.updated": "a wish on being contacted: `purpose, channel, status`",
    "customer.updated": "facts about the customer: `traits, language, time_zone, …`",
    "account.created": "an account was opened",
    "account.logged_in": "the customer logged in",
    "product.first_used": "a product was used for the first time",
    "reservation.made": "something was reserved",
    "reservation.cancelled": "a reservation was called off",
    "delivery.dispatched": "a parcel left",
    "delivery.delayed": "a parcel is late",
    "delivery.completed": "a parcel arrived",
    "loyalty.card_scanned": "a loyalty card was shown",
    "loyalty.points_earned": "points were credited",
    "loyalty.points_redeemed": "points were spent",
    "device.registered": "a device was registered",
    "device.token_updated": "a device can be reached under a new token",
}
_NOT_THE_CUSTOMER = frozenset(
    (
        "message.sent",
        "message.opened",
        "ad.exposed",
        "consent.updated",
        "contact.transferred",
        "contact.ended",
        "payment.failed",
        "order.cancelled",
        "order.returned",
        "order.ready_for_pickup",
        "survey.sent",
    )
)
_NEVER_THE_CUSTOMER = ("delivery.", "action.")


def is_known(event_type: str) -> bool:
    """Tell whether Legato knows this type by name; others are kept as they come."""
    return event_type in _TOLD


def initiated(event_type: str) -> bool:
    """Tell whether the customer, not we or a carrier, caused an event of this type."""
    if event_type in _NOT_THE_CUSTOMER:
        return False
    return not event_type.startswith(_NEVER_THE_CUSTOMER)


def vocabulary() -> Iterator[tuple[str, str, bool]]:
    """Name each known type, what it means, and whether the customer initiated it."""
    return ((name, meaning, initiated(name)) for name, meaning in _TOLD.items())
