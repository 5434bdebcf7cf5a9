"""What an event's `data` may carry, read once and only for the types that use it."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any, get_args

import msgspec
from msgspec import Struct

from legato.core.events.event import Event
from legato.core.values.results import Rejected


class Item(Struct, omit_defaults=True, gc=False):
    """One line of a cart; `price` is for one piece, in `currency`.

    `variant_id` and `product_id` are what another system may have for its `sku`.
    """

    sku: str = ""
    quantity: float = 1
    price: float | None = None
    currency: str | None = None
    name: str | None = None
    size: str | None = None
    variant_id: Any = None
    product_id: Any = None

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


class PaymentPayload(Struct, gc=False):
    """What payments tell: nothing but which order it is about, and that the event says."""


class ConversationPayload(Struct, gc=False):
    """What conversations with service tell; `text` is in the customer's words."""

    reason: str | None = None
    resolved: bool = False
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
    (consent, contract, …), `proof` what shows it.
    """

    purpose: str
    status: str
    channel: str = "*"
    brand: str | None = None
    basis: str | None = None
    proof: str | None = None


class ConsentsPayload(Struct, gc=False):
    """One consent flat, or several under `consents`."""

    purpose: str | None = None
    status: str | None = None
    channel: str = "*"
    brand: str | None = None
    basis: str | None = None
    proof: str | None = None
    consents: list[ConsentPayload] | None = None

    def listed(self) -> list[ConsentPayload]:
        """Return the wishes whichever way they were written."""
        if self.purpose and self.status:
            flat = ConsentPayload(
                self.purpose, self.status, self.channel, self.brand, self.basis, self.proof
            )
            return [*(self.consents or ()), flat]
        return self.consents or []


class TraitsPayload(Struct, gc=False):
    """What customer.updated may set; absent fields stay as they are."""

    traits: dict[str, Any] | None = None
    language: str | None = None
    time_zone: str | None = None
    home_store: str | None = None
    preferred_channel: str | None = None


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
    | ActionFeedback
)

_CONSENT_STATES = ("granted", "denied", "revoked")


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
            wishes = payload.listed()
            bad = [wish.status for wish in wishes if wish.status not in _CONSENT_STATES]
            if bad or not wishes:
                return "a consent needs `purpose` and `status` granted, denied or revoked"
        case (
            Item()
            | CartPayload()
            | OrderPayload()
            | PaymentPayload()
            | ConversationPayload()
            | TraitsPayload()
            | ActionFeedback()
        ):
            """Whatever was decoded is taken."""
    return None


def _reader(kind: type[Payload]) -> Callable[[bytes], Payload]:
    decode: Callable[[bytes], Payload] = msgspec.json.Decoder(kind).decode
    return decode


READERS: dict[type[Payload], Callable[[bytes], Payload]] = {
    kind: _reader(kind) for kind in get_args(Payload)
}
"""What reads each of them."""


def read_with(reader: Callable[[bytes], Payload], event: Event) -> Payload | Rejected:
    """Read and check the payload with the reader of the event's type."""
    data = event.data if len(event.data) != 4 or bytes(event.data) != b"null" else b"{}"
    try:
        payload = reader(data or b"{}")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Rejected("bad_payload", f"`data` of {event.type}: {error}")
    if isinstance(payload, Item):
        fault = _fault_of_item(payload)
    else:
        fault = _fault(event.type, payload)
    return payload if fault is None else Rejected("bad_payload", f"{event.type}: {fault}")
