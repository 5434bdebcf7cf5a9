"""What an event's `data` may carry, read once and only for the types that use it."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isfinite
from typing import Any, TypeAlias, get_args

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

REFUSALS = frozenset(("message.complained", "message.unsubscribed"))
"""The types that refuse something by what they are."""
_NULL = b"null"
_NO_WISH = "a consent needs `purpose` and `status` granted, denied or revoked"
_NO_FORMER = "name `previous_user_id` or `previous_loyalty_id`"
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


def _fault_of_update(cart: CartPayload) -> str | None:
    if cart.items is None:
        return "no `items`; list all that is in the cart, `[]` if nothing is"
    return next(filter(None, map(_fault_of_item, cart.items)), None)


def _settle_currencies(event_type: str, told: CartPayload | OrderPayload) -> str | None:
    """Write currencies as the closed list does; say which of them nobody knows."""
    priced = (told, *(told.items or ()))
    odd = [each for each in priced if each.currency not in _SETTLED]
    faults = [_settle_currency(event_type, each) for each in odd]
    return next(filter(None, faults), None)


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


def _answer(
    event: Event, payload: Payload, fault: str | None, unknown: str | None = None
) -> Payload | Rejected:
    """Take a payload, unless something is at fault, or a word that nobody knows."""
    if fault is not None:
        return Rejected("bad_payload", f"{event.type}: {fault}")
    return payload if unknown is None else unknown_word(event.type, unknown)


def _check_item(event: Event, item: Item) -> Payload | Rejected:
    if item.sku and item.quantity > 0 and item.currency in _SETTLED:
        return item
    return _answer(event, item, _fault_of_item(item), _settle_currency(event.type, item))


def _check_cart(event: Event, cart: CartPayload) -> Payload | Rejected:
    if event.type != "cart.updated":
        return _check_list(event, cart)
    return _answer(event, cart, _fault_of_update(cart), _settle_currencies(event.type, cart))


def _check_list(event: Event, told: CartPayload | OrderPayload) -> Payload | Rejected:
    """Take any items: an order must close what it can."""
    if not told.items and told.currency is None:
        return told
    return _answer(event, told, None, _settle_currencies(event.type, told))


def _check_consents(event: Event, told: ConsentsPayload) -> Payload | Rejected:
    """See that something is said; the words are read where they are followed."""
    if event.type in REFUSALS:
        told = _refusal(event, told)
    if told.status is not None or any(each.status is not None for each in told.listed()):
        return told
    return _answer(event, told, _NO_WISH)


def _check_traits(event: Event, traits: TraitsPayload) -> Payload | Rejected:
    return _answer(event, traits, None, _settle_language(traits) or _settle_zone(traits))


def _check_survey(event: Event, survey: SurveyPayload) -> Payload | Rejected:
    word = survey.kind
    if not word:
        return survey
    survey.kind = SURVEY_KINDS.read(word)
    unknown = None if survey.kind else fault_of("kind", word, SURVEY_KINDS.told)
    return _answer(event, survey, None, unknown)


def _check_succession(event: Event, told: SuccessionPayload) -> Payload | Rejected:
    return _answer(event, told, None if told.previous else _NO_FORMER)


PayloadCheck: TypeAlias = Callable[[Event, Any], Payload | Rejected]
"""Checks what was decoded of an event's data, and writes its words as the closed lists do."""
CHECKS: dict[type[Payload], PayloadCheck | None] = {
    Item: _check_item,
    TakenItem: _check_item,
    CartPayload: _check_cart,
    OrderPayload: _check_list,
    ConsentsPayload: _check_consents,
    TraitsPayload: _check_traits,
    SurveyPayload: _check_survey,
    SuccessionPayload: _check_succession,
    PaymentPayload: None,
    ConversationPayload: None,
    ArticlePayload: None,
    ErasurePayload: None,
    BouncePayload: None,
    ActionFeedback: None,
    PointsPayload: None,
}
"""What checks each of them; None where decoding has done all that there is to do."""


def _reader(kind: type[Payload]) -> Callable[[bytes], Payload]:
    decode: Callable[[bytes], Payload] = msgspec.json.Decoder(kind).decode
    return decode


READERS: dict[type[Payload], Callable[[bytes], Payload]] = {
    kind: _reader(kind) for kind in get_args(Payload)
}
"""What reads each of them."""


def read_with(
    reader: Callable[[bytes], Payload], check: PayloadCheck | None, event: Event
) -> Payload | Rejected:
    """Read and check the payload with what reads and checks those of the event's type."""
    data: bytes = event.data
    try:
        payload = reader(data if len(data) > len(_NULL) else _object_of(data))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Rejected("bad_payload", f"`data` of {event.type}: {error}")
    return payload if check is None else check(event, payload)


def _object_of(data: bytes) -> bytes:
    """Take no data, and a null, for an object that says nothing."""
    return b"{}" if bytes(data) in (b"", _NULL) else data
