"""What an event's `data` may carry, read once and only for the types that use it."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isfinite
from typing import Any, get_args

import msgspec
from msgspec import Struct

from legato.core.events.event import Event
from legato.core.events.words import (
    CURRENCIES,
    LANGUAGES,
    SURVEY_KINDS,
    fault_of,
    is_left_out,
    read_language,
    unknown_word,
)
from legato.core.values.results import Rejected
from legato.core.values.zones import ZONES_TOLD, zone_called

POINTS_BALANCE = "points_balance"
"""The trait that says how many points of a loyalty programme a customer has."""


class Item(Struct, omit_defaults=True, gc=False):
    """One line of a cart; `price` is for one piece, in `currency`.

    `variant_id` and `product_id` are what another system may have for its `sku`, `image` and
    `url` where it is shown.
    """

    sku: str = ""
    quantity: float = 1.0
    price: float | None = None
    currency: str | None = None
    name: str | None = None
    size: str | None = None
    variant_id: Any = None
    product_id: Any = None
    image: Any = None
    url: Any = None

    @property
    def other_ids(self) -> tuple[str, ...]:
        """What else it may be called by; what is neither text nor a number names nothing."""
        told = (self.variant_id, self.product_id)
        return tuple(str(each) for each in told if type(each) in (str, int) and each != "")


class TakenItem(Item, omit_defaults=True, gc=False):
    """One line of an order or a removal; without `quantity` it is the whole line."""

    quantity: float = inf


class CartPayload(Struct, gc=False):
    """What carts and checkouts tell; absent, null and [] list no items."""

    items: list[Item] | None = None
    step: str | None = None
    store: str | None = None
    total: float | None = None
    currency: str | None = None


class OrderPayload(Struct, gc=False):
    """What orders tell; absent, null and [] list no items."""

    items: list[TakenItem] | None = None
    store: str | None = None
    total: float | None = None
    currency: str | None = None

    @property
    def worth(self) -> float | None:
        """What it comes to: its total, else the sum of its articles, if they have prices."""
        if self.total is not None:
            return self.total
        priced = [
            each.price * (each.quantity if isfinite(each.quantity) else 1)
            for each in self.items or ()
            if each.price is not None
        ]
        return sum(priced) if priced else None

    @property
    def paid_in(self) -> str | None:
        """Its currency, else that of the first article that names one."""
        named = (each.currency for each in self.items or () if each.currency)
        return self.currency or next(named, None)


class PaymentPayload(Struct, gc=False):
    """What payments tell: nothing but which order it is about, and that the event says."""


class ConversationPayload(Struct, gc=False):
    """What conversations with service tell; `text` is in the customer's words.

    Nothing is known to be resolved of which that is not said, but for a case that is closed.
    """

    reason: str | None = None
    resolved: bool | None = None
    text: str | None = None
    queue: str | None = None
    agent: str | None = None
    bot: bool = False
    known: list[str] | None = None
    wait_s: float | None = None
    talk_s: float | None = None
    after_call_s: float | None = None
    asked_again: bool = False


class ConsentPayload(Struct, gc=False):
    """One wish: `status` is granted, denied or revoked; no channel means all of them.

    Without `brand` it is about the event's, if it names one. `basis` is on what ground
    (consent, contract, …), `proof` what shows it. Its words are read by `wishes.py`, of
    whatever type they are: a refusal must not be lost over them.
    """

    purpose: Any = None
    status: Any = None
    channel: Any = None
    brand: Any = None
    basis: Any = None
    proof: Any = None


class ConsentsPayload(Struct, gc=False):
    """One consent flat, or several under `consents`."""

    purpose: Any = None
    status: Any = None
    channel: Any = None
    brand: Any = None
    basis: Any = None
    proof: Any = None
    consents: list[ConsentPayload | None] | ConsentPayload | None = None

    def listed(self) -> list[ConsentPayload]:
        """Return the wishes whichever way they were written."""
        told = self.consents if isinstance(self.consents, list) else [self.consents]
        wishes = [each for each in told if each is not None]
        if self.purpose is not None or self.status is not None:
            flat = ConsentPayload(
                self.purpose, self.status, self.channel, self.brand, self.basis, self.proof
            )
            return [*wishes, flat]
        return wishes


class TraitsPayload(Struct, gc=False):
    """What customer.updated may set; absent fields stay as they are."""

    traits: dict[str, Any] | None = None
    language: str | None = None
    time_zone: str | None = None
    home_store: str | None = None
    preferred_channel: str | None = None


class SurveyPayload(Struct, gc=False):
    """What a survey asked, and how it was answered."""

    kind: str | None = None
    score: Any = None


class PointsPayload(Struct, gc=False):
    """What a loyalty programme tells: points, and how many there are since: its `balance`."""

    points: float | None = None
    balance: float | None = None

    @property
    def traits(self) -> TraitsPayload:
        """The balance as a fact about the customer; silence tells none."""
        if self.balance is None:
            return TraitsPayload()
        whole = self.balance.is_integer()
        return TraitsPayload({POINTS_BALANCE: int(self.balance) if whole else self.balance})


class ArticlePayload(Struct, gc=False):
    """What was read, and what it is about: the word that a contact has for its reason."""

    title: Any = None
    topic: Any = None

    @property
    def note(self) -> str:
        """What a person would call it."""
        named = (each for each in (self.title, self.topic) if isinstance(each, str) and each)
        return next(named, "")


class ErasurePayload(Struct, gc=False):
    """What shows that somebody asked to be forgotten, or took it back: a ticket, a document."""

    proof: Any = None

    @property
    def named(self) -> str:
        """The proof as text; what is neither text nor a number names nothing."""
        return str(self.proof) if type(self.proof) in (str, int) else ""


class BouncePayload(Struct, gc=False):
    """That a message came back; `hard` says that the address takes none any more."""

    hard: bool = False
    action_id: str | None = None
    reason: str | None = None


class SuccessionPayload(Struct, gc=False):
    """Which account or card goes on under the one that the event names."""

    previous_user_id: str | int | None = None
    previous_loyalty_id: str | int | None = None

    @property
    def previous(self) -> dict[str, str]:
        """The former values by the type of identifier."""
        told = {"user_id": self.previous_user_id, "loyalty_id": self.previous_loyalty_id}
        return {kind: str(value) for kind, value in told.items() if value not in (None, "")}


class ActionFeedback(Struct, gc=False):
    """What refers to one of our own actions."""

    action_id: str | None = None
    reason: str | None = None


Payload = (
    Item
    | TakenItem
    | CartPayload
    | OrderPayload
    | PaymentPayload
    | ConversationPayload
    | ConsentsPayload
    | TraitsPayload
    | SurveyPayload
    | PointsPayload
    | ArticlePayload
    | ErasurePayload
    | BouncePayload
    | SuccessionPayload
    | ActionFeedback
)

_TAKEN_AS_IT_IS = frozenset(
    (
        PaymentPayload,
        ConversationPayload,
        ArticlePayload,
        ErasurePayload,
        BouncePayload,
        ActionFeedback,
        PointsPayload,
    )
)
"""What has nothing to check but what decoding does."""
REFUSALS = frozenset(("message.complained", "message.unsubscribed"))
"""The types that refuse something by what they are."""
_REACHING_OUT = frozenset(("email", "mobile", "sms", "whatsapp"))
_SETTLED: frozenset[str | None] = frozenset((None, *CURRENCIES.known.values()))
"""Currencies that are as they should be."""
_TAKES_IN = ("cart.item_added", "cart.updated")
"""What adds to a cart; all else must close what it can, whatever its currency."""


def _fault_of_item(item: Item) -> str | None:
    if not item.sku:
        return "an item without `sku`; name the article"
    if not item.quantity > 0:
        return f"item `{item.sku}` has quantity `{item.quantity:g}`; send a number above 0"
    return None


def _fault(event_type: str, payload: Payload) -> str | None:
    """Say what is wrong; an order is taken with any items, since it must close what it can."""
    match payload:
        case CartPayload(items=None) if event_type == "cart.updated":
            return "no `items`; list all that is in the cart, `[]` if nothing is"
        case CartPayload(items=items) if items and event_type == "cart.updated":
            return next(filter(None, map(_fault_of_item, items)), None)
        case ConsentsPayload():
            if all(each.status is None for each in payload.listed()):
                return "a consent needs `purpose` and `status` granted, denied or revoked"
        case SuccessionPayload():
            if not payload.previous:
                return "name `previous_user_id` or `previous_loyalty_id`"
        case (
            Item()
            | CartPayload()
            | OrderPayload()
            | PaymentPayload()
            | ConversationPayload()
            | TraitsPayload()
            | SurveyPayload()
            | PointsPayload()
            | ArticlePayload()
            | ErasurePayload()
            | BouncePayload()
            | ActionFeedback()
        ):
            """Whatever was decoded is taken."""
    return None


def _settle(event_type: str, payload: Payload) -> str | None:
    """Write the words of a payload as the closed lists do; say which of them nobody knows."""
    match payload:
        case Item():
            return _settle_currency(event_type, payload)
        case CartPayload(items=items) | OrderPayload(items=items):
            priced = (payload, *(items or ()))
            odd = [each for each in priced if each.currency not in _SETTLED]
            faults = [_settle_currency(event_type, each) for each in odd]
            return next(filter(None, faults), None)
        case TraitsPayload():
            return _settle_language(payload) or _settle_zone(payload)
        case SurveyPayload(kind=kind) if kind:
            payload.kind = SURVEY_KINDS.read(kind)
            return None if payload.kind else fault_of("kind", kind, SURVEY_KINDS.told)
        case (
            SurveyPayload()
            | PointsPayload()
            | ArticlePayload()
            | ErasurePayload()
            | PaymentPayload()
            | ConversationPayload()
            | ConsentsPayload()
            | BouncePayload()
            | SuccessionPayload()
            | ActionFeedback()
        ):
            """No closed list, or one that is read where it is followed."""
    return None


def _settle_currency(event_type: str, priced: Item | CartPayload | OrderPayload) -> str | None:
    word = priced.currency
    if word in _SETTLED:
        return None
    priced.currency = CURRENCIES.read(word)
    if priced.currency or is_left_out(word) or event_type not in _TAKES_IN:
        return None
    return fault_of("currency", word, CURRENCIES.told)


def _settle_language(traits: TraitsPayload) -> str | None:
    word = traits.language
    if not word or not word.strip():
        traits.language = None
        return None
    traits.language = read_language(word)
    return None if traits.language else fault_of("language", word, LANGUAGES.told)


def _settle_zone(traits: TraitsPayload) -> str | None:
    word = traits.time_zone
    if not word or not word.strip():
        traits.time_zone = None
        return None
    traits.time_zone = zone_called(word)
    return None if traits.time_zone else fault_of("time zone", word, ZONES_TOLD)


def _refusal(event: Event, told: ConsentsPayload) -> ConsentsPayload:
    """Say of a complaint, or of who unsubscribed, what is refused by it."""
    if event.type == "message.complained":
        return ConsentsPayload("promotion", "denied", brand=told.brand, basis="complaint")
    channel = event.channel if event.channel in _REACHING_OUT else None
    return ConsentsPayload(
        told.purpose or "promotion",
        "revoked",
        told.channel or channel,
        told.brand,
        "unsubscribed",
        told.proof,
    )


def _lists_nothing(event_type: str, payload: Payload) -> bool:
    """Is there nothing to check in a cart or an order?"""
    if type(payload) is CartPayload or type(payload) is OrderPayload:
        bare = not payload.items and payload.currency is None
        return bare and event_type != "cart.updated"
    return False


def _reader(kind: type[Payload]) -> Callable[[bytes], Payload]:
    decode: Callable[[bytes], Payload] = msgspec.json.Decoder(kind).decode
    return decode


READERS: dict[type[Payload], Callable[[bytes], Payload]] = {
    kind: _reader(kind) for kind in get_args(Payload)
}
"""What reads each of them."""


def read_with(reader: Callable[[bytes], Payload], event: Event) -> Payload | Rejected:
    """Read and check the payload with the reader of the event's type."""
    data: bytes = event.data
    try:
        payload = reader(
            b"{}" if not data or (len(data) == 4 and bytes(data) == b"null") else data
        )
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Rejected("bad_payload", f"`data` of {event.type}: {error}")
    if type(payload) in _TAKEN_AS_IT_IS or _lists_nothing(event.type, payload):
        return payload
    if isinstance(payload, Item):
        fault = _fault_of_item(payload)
        unknown = (
            None if payload.currency in _SETTLED else _settle_currency(event.type, payload)
        )
    else:
        if type(payload) is ConsentsPayload and event.type in REFUSALS:
            payload = _refusal(event, payload)
        fault, unknown = _fault(event.type, payload), _settle(event.type, payload)
    if fault is not None:
        return Rejected("bad_payload", f"{event.type}: {fault}")
    return payload if unknown is None else unknown_word(event.type, unknown)
