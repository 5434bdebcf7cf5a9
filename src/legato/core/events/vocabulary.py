"""The event types that Legato knows by name: one row each, and what holds for families of them.

A new type is a row here, and a payload in `payloads.py` if it tells what none does yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec
from msgspec import Struct

from legato.core.events.payloads import (
    CHECKS,
    READERS,
    REFUSALS,
    ActionFeedback,
    ArticlePayload,
    BouncePayload,
    CartPayload,
    ConsentsPayload,
    ConversationPayload,
    ErasurePayload,
    Item,
    OrderPayload,
    Payload,
    PayloadCheck,
    PaymentPayload,
    PointsPayload,
    SuccessionPayload,
    SurveyPayload,
    TakenItem,
    TraitsPayload,
)

STAGES = ("awareness", "acquisition", "onboarding", "engagement")
"""How far the relation with a customer gets."""
EXPOSED = "ad.exposed"
"""What an airing leaves in the timeline, and what a source may tell."""
ERASURE_REQUESTED = "privacy.erasure_requested"
"""From then on nothing is done about the customer, until they take it back."""
ERASURE_WITHDRAWN = "privacy.erasure_withdrawn"
ERASURES = frozenset((ERASURE_REQUESTED, ERASURE_WITHDRAWN))
"""The types that must not be lost over what they carry."""


class KnownType(Struct, frozen=True):
    """What an event of a type says of itself.

    `phrase` is how a handoff tells it of the customer, with `{}` for the note; empty, it tells
    the name, and None, nothing. `payload` is what its `data` holds, where its family does not
    say it. `proves` tells that people show in it who they are, `reach` is the index in STAGES
    that it brings a customer to.
    """

    name: str
    meaning: str
    phrase: str | None = ""
    payload: type[Payload] | None = None
    by_customer: bool = True
    proves: bool = False
    reach: int = 0


KNOWN_TYPES: tuple[KnownType, ...] = (
    KnownType("page.viewed", "a page or screen was seen", phrase="looked at a page"),
    KnownType(
        "product.viewed", "a product was looked at", phrase="looked at a product", reach=1
    ),
    KnownType(
        "search.performed", "something was searched for", phrase="searched for a product"
    ),
    KnownType(
        "cart.item_added",
        "an item went into the cart: `sku, quantity, price, currency`",
        phrase="put {} into the cart",
        payload=Item,
        reach=1,
    ),
    KnownType(
        "cart.item_removed",
        "`quantity` pieces of an item left the cart; without, all of them",
        phrase="took {} out of the cart",
        payload=TakenItem,
    ),
    KnownType(
        "cart.updated",
        "the cart as a whole: a snapshot under `items`",
        phrase="changed the cart",
        reach=1,
    ),
    KnownType(
        "checkout.started",
        "the customer went to the checkout",
        phrase="went to the checkout",
        reach=1,
    ),
    KnownType(
        "checkout.step_completed",
        "a step of the checkout was done: `step`",
        phrase="did a step of the checkout",
    ),
    KnownType(
        "payment.failed",
        "the payment did not go through; an order with this `order_id` gives back what it took",
        phrase="could not pay",
        payload=PaymentPayload,
        by_customer=False,
    ),
    KnownType(
        "order.completed",
        "an order was placed: `items`",
        phrase="placed an order",
        proves=True,
        reach=3,
    ),
    KnownType(
        "order.cancelled",
        "an order was called off",
        phrase="had an order called off",
        by_customer=False,
    ),
    KnownType(
        "order.returned",
        "an order, or a part of it, came back",
        phrase="returned an order",
        by_customer=False,
    ),
    KnownType(
        "order.ready_for_pickup",
        "an order waits in a shop",
        phrase="was told that an order is ready",
        by_customer=False,
    ),
    KnownType("order.picked_up", "an order was collected", phrase="collected an order"),
    KnownType(
        "store.visited",
        "the customer came into a shop: `location.venue`",
        phrase="came into the shop",
    ),
    KnownType(
        "contact.queued",
        "the customer waits for an agent: `queue`",
        phrase="waited for an agent",
    ),
    KnownType(
        "contact.answered", "an agent took the contact", phrase="got through to an agent"
    ),
    KnownType(
        "contact.started", "a conversation began: `reason, text, bot`", phrase="got in touch"
    ),
    KnownType(
        "contact.transferred",
        "the conversation moved to another agent or `queue`",
        phrase="was passed on",
        by_customer=False,
    ),
    KnownType(
        "contact.ended",
        "the conversation ended: `reason, resolved, wait_s, talk_s, asked_again`",
        phrase="ended the conversation",
        by_customer=False,
    ),
    KnownType("case.opened", "a service case was opened", phrase="had a case opened"),
    KnownType("case.closed", "a service case was closed", phrase="had a case closed"),
    KnownType(
        "handoff.viewed",
        "somebody read the handoff of an action: `action_id`",
        phrase=None,
        payload=ActionFeedback,
    ),
    KnownType(
        "message.received",
        "the customer wrote to us: `reason, text`",
        phrase="wrote to us",
        payload=ConversationPayload,
    ),
    KnownType(
        "message.sent", "we wrote to the customer", phrase="was written to", by_customer=False
    ),
    KnownType(
        "message.opened",
        "a message of ours was opened",
        phrase="opened a message",
        payload=ActionFeedback,
        by_customer=False,
    ),
    KnownType(
        "message.clicked",
        "a link in a message of ours was followed: `action_id`",
        phrase="followed a link in a message",
        payload=ActionFeedback,
    ),
    KnownType(
        "message.bounced",
        "a message came back: `hard` if the address takes none any more",
        phrase=None,
        payload=BouncePayload,
        by_customer=False,
    ),
    KnownType(
        "message.complained",
        "a message was called spam: no promotion any more",
        phrase=None,
        payload=ConsentsPayload,
        by_customer=False,
    ),
    KnownType(
        "message.unsubscribed",
        "a message was the last of its kind: `purpose`, `channel`",
        phrase=None,
        payload=ConsentsPayload,
        by_customer=False,
    ),
    KnownType(
        "article.viewed",
        "an article of the knowledge base was read: `title, topic`",
        phrase="read about {}",
        payload=ArticlePayload,
    ),
    KnownType(EXPOSED, "an advertisement was shown", by_customer=False),
    KnownType(
        "survey.sent",
        "a survey went out: `kind`",
        payload=SurveyPayload,
        by_customer=False,
    ),
    KnownType(
        "survey.answered",
        "a survey came back: `kind, score`",
        phrase="answered a survey",
        payload=SurveyPayload,
    ),
    KnownType(
        "consent.updated",
        "a wish on being contacted: `purpose, channel, status`",
        phrase=None,
        payload=ConsentsPayload,
        by_customer=False,
    ),
    KnownType(
        ERASURE_REQUESTED,
        "the customer asked to be forgotten: nothing is sent to them any more",
        phrase=None,
        payload=ErasurePayload,
        by_customer=False,
    ),
    KnownType(
        ERASURE_WITHDRAWN,
        "the customer no longer asks to be forgotten",
        phrase=None,
        payload=ErasurePayload,
        by_customer=False,
    ),
    KnownType(
        "customer.updated",
        "facts about the customer: `traits, language, time_zone, …`",
        phrase=None,
        payload=TraitsPayload,
    ),
    KnownType(
        "account.created",
        "an account was opened",
        phrase="opened an account",
        proves=True,
        reach=2,
    ),
    KnownType("account.logged_in", "the customer logged in", phrase="logged in", proves=True),
    KnownType(
        "account.logged_out",
        "the customer logged out: the devices that it names are nobody's",
        phrase=None,
        by_customer=False,
    ),
    KnownType(
        "customer.merged",
        "two accounts are one: `previous_user_id` goes on under the event's",
        phrase=None,
        payload=SuccessionPayload,
        by_customer=False,
    ),
    KnownType(
        "card.replaced",
        "a card goes on under another number: `previous_loyalty_id`",
        phrase=None,
        payload=SuccessionPayload,
        by_customer=False,
    ),
    KnownType(
        "product.first_used",
        "a product was used for the first time",
        phrase="used a product for the first time",
        reach=3,
    ),
    KnownType("reservation.made", "something was reserved", phrase="reserved something"),
    KnownType("reservation.cancelled", "a reservation was called off"),
    KnownType(
        "reservation.released",
        "what was reserved is free again, since its time is over or stock came",
        by_customer=False,
    ),
    KnownType("product.tried_on", "something was tried on", phrase="tried something on"),
    KnownType("delivery.dispatched", "a parcel left"),
    KnownType("delivery.delayed", "a parcel is late"),
    KnownType("delivery.completed", "a parcel arrived"),
    KnownType(
        "loyalty.card_scanned",
        "a loyalty card was shown",
        phrase="showed the loyalty card",
        proves=True,
    ),
    KnownType(
        "loyalty.points_earned",
        "points were credited: `points`, and the `balance` since",
        phrase="earned points",
        payload=PointsPayload,
    ),
    KnownType(
        "loyalty.points_redeemed",
        "points were spent: `points`, and the `balance` since",
        phrase="spent points",
        payload=PointsPayload,
    ),
    KnownType("device.registered", "a device was registered"),
    KnownType("device.token_updated", "a device can be reached under a new token"),
)
_FAMILIES: dict[str, type[Payload]] = {
    "cart": CartPayload,
    "checkout": CartPayload,
    "order": OrderPayload,
    "contact": ConversationPayload,
    "case": ConversationPayload,
    "action": ActionFeedback,
}
"""What types carry whose first word is this, also those that nobody knows by name."""
REFERENCE = "reference."
"""Types that tell a customer of what changed in the world; they change nothing of a context."""
OUTCOME = "action."
"""Types of what adapters report of actions."""
REPLY = "message.sent"
"""What we write to customers; it carries nothing, but how a case came out asks for it."""

VIEWED = "handoff.viewed"
"""That a handoff was read; how the case came out that it is about asks for it."""


class Vocabulary:
    """What is known of event types by their names: of those listed, and of families of them.

    A type that is not listed is kept as it comes; its first word may tell what it carries.
    """

    def __init__(self, types: Iterable[KnownType]) -> None:
        self.types = tuple(types)
        self._by_name = {each.name: each for each in self.types}

    @property
    def authenticating(self) -> tuple[str, ...]:
        """The types of events in which people show who they are."""
        return tuple(each.name for each in self.types if each.proves)

    def find(self, event_type: str) -> KnownType | None:
        """Find the row of a type; None for one that is kept as it comes."""
        return self._by_name.get(event_type)

    def initiated(self, event_type: str) -> bool:
        """Tell whether the customer, not we or a carrier, caused an event of this type."""
        known = self._by_name.get(event_type)
        if known is not None and not known.by_customer:
            return False
        return not event_type.startswith(("delivery.", OUTCOME, REFERENCE))

    def gives_address(self, event_type: str) -> bool:
        """Tell whether people say in an event of this type how they can be reached."""
        known = self._by_name.get(event_type)
        return event_type == "customer.updated" or (known is not None and known.proves)

    def tells_of_action(self, event_type: str) -> bool:
        """Tell whether an event of this type says what became of an action of ours.

        It may name the action's customer by id: its address may be somebody else's.
        """
        return event_type.startswith(OUTCOME) or event_type == "message.bounced"

    def reach_of(self, event_type: str) -> int:
        """Return the index in STAGES that an event of this type brings a customer to."""
        known = self._by_name.get(event_type)
        return 0 if known is None else known.reach

    def reader_of(self, event_type: str) -> Callable[[bytes], Payload] | None:
        """Return what reads the `data` of this type; None if the type needs none read."""
        payload = self.payload_of(event_type)
        if payload is None:
            return None
        owes = event_type in self._by_name and event_type not in ERASURES
        if owes or payload is ActionFeedback:
            return READERS[payload]
        return _guess(payload)

    def check_of(self, event_type: str) -> PayloadCheck | None:
        """Return what checks the `data` of this type once it is read; None if nothing must."""
        payload = self.payload_of(event_type)
        return None if payload is None else CHECKS[payload]

    def payload_of(self, event_type: str) -> type[Payload] | None:
        """Return what the `data` of this type holds; None if the type needs none read."""
        known = self._by_name.get(event_type)
        payload = known.payload if known is not None else None
        return payload or _FAMILIES.get(event_type.partition(".")[0])


VOCABULARY = Vocabulary(KNOWN_TYPES)
CONSENTS = frozenset(("consent.updated", *REFUSALS))
"""The types that tell what a customer wants."""
AWAITED = frozenset(("order.ready_for_pickup", "reservation.made"))
"""The types by which a customer is awaited at a venue."""
AWAITED_NO_MORE = frozenset(
    (
        *("order.picked_up", "order.cancelled", "order.returned"),
        *("reservation.released", "reservation.cancelled", "product.tried_on"),
    )
)
"""The types by which they are awaited no more."""
AWAITING = AWAITED | AWAITED_NO_MORE
SUCCESSIONS = frozenset(("customer.merged", "card.replaced"))
"""The types that tell that an account, or a card, goes on under another name."""
AUTHENTICATING_EVENTS = VOCABULARY.authenticating


def lifts_of(reach: int) -> frozenset[str]:
    """Return the stages that an event with this reach moves a customer on from."""
    return frozenset(STAGES[:reach])


def _guess(payload: type[Payload]) -> Callable[[bytes], Payload]:
    """Read what a type of ours might carry, where none is owed; what cannot be read is none."""

    def read(data: bytes) -> Payload:
        try:
            return READERS[payload](data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return READERS[payload](b"{}")

    return read
