"""What an associate in a shop is shown of a customer: a list of fields, never the profile.

Made of a context as `wire/context_view.py` lays it out, of which brands were cut before, and of
the open actions that wait at the venue. Instants are epoch milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from msgspec import Struct

from legato.core.context.goals import KNOWN_OF_ALL, Goal, goal_named
from legato.core.values.time import Instant
from legato.queries.shown import Json

FIRST_NAMES = ("first_name", "firstName", "given_name", "givenName")
"""Traits that may hold it, the first that does counts."""
NAME_MOST = 60
TRIED_MOST = 5
SAID_NOTHING = frozenset(("sent", "revoked", "withdrawn"))
"""What became of an action that has not reached anybody."""


Stock: TypeAlias = Callable[[str], float | None]
"""How many pieces of an article are at the venue; None where nobody knows."""


def no_stock(_: str) -> None:
    """Know nothing of any article."""


class CardItem(Struct, frozen=True):
    """An article; `price` is of one piece, `stock` how many are at the venue, if known."""

    sku: str
    name: str
    quantity: float
    size: str | None = None
    price: float | None = None
    currency: str | None = None
    image: str | None = None
    stock: float | None = None


class CardTask(Struct, frozen=True):
    """An action that waits here; `claimed` since when somebody has it, `mine` if that is me.

    `claimed_by` is what they are called.
    """

    action_id: str
    action: str
    situation: str
    time: Instant
    until: Instant
    claimed: Instant | None = None
    claimed_by: str = ""
    mine: bool = False


class StatedNeed(Struct, frozen=True):
    """What the customer asked for: the reason, their own words, and since when."""

    reason: str
    said: str
    since: Instant
    channels: tuple[str, ...] = ()


class TriedAction(Struct, frozen=True):
    """What was done before, on which channel, and what became of it."""

    time: Instant
    action: str
    channel: str
    became: str


class HeldOffer(Struct, frozen=True):
    """An offer that holds on every channel until it ends."""

    offer: str
    until: Instant


class Card(Struct, frozen=True):
    """All that is shown. `left_on` is the channel of the cart, `stopped` how far it got."""

    customer_id: str
    first_name: str = ""
    task: CardTask | None = None
    items: tuple[CardItem, ...] = ()
    value: float = 0.0
    currency: str | None = None
    left_on: str = ""
    stopped: str = ""
    needs: tuple[StatedNeed, ...] = ()
    tried: tuple[TriedAction, ...] = ()
    known: tuple[str, ...] = ()
    offers: tuple[HeldOffer, ...] = ()


def card_of(context: Json, actions: Sequence[Json], stock: Stock, now: Instant) -> Card:
    """Make the card; `actions` are those open at the venue, the newest first, with claims.

    The cart is shown as it is now; of one that is empty, as it was when the action began.
    """
    action = next(iter(still_to_do(context, actions)), None)
    cart = _open_cart(context)
    lines: Iterable[Json] = cart.get("items") or (action or {}).get("items", ())
    return Card(
        customer_id=context["customer_id"],
        first_name=first_name_of(context),
        task=task_of(action) if action else None,
        items=tuple(_item(each, stock) for each in lines),
        value=cart.get("value", 0.0),
        currency=cart.get("currency"),
        left_on=cart.get("origin", ""),
        stopped=_stopped(cart),
        needs=tuple(_needs(context)),
        tried=tuple(_tried(context))[-TRIED_MOST:],
        known=tuple(_known(context)),
        offers=tuple(offers_of(context, now)),
    )


def still_to_do(context: Json, actions: Iterable[Json]) -> list[Json]:
    """List those that are about something the customer has not finished, such as a cart.

    The line takes back what waits to be sent; what is shown to somebody of ours ends here.
    """
    about = {
        each.get("action_id"): each.get("goals", ()) for each in context.get("actions", ())
    }
    return [each for each in actions if _goes_on(context, about.get(each["action_id"], ()))]


def _goes_on(context: Json, goals: Iterable[str]) -> bool:
    """Is any of these open, or none of them of a kind that a context keeps?"""
    kept = [goal for goal in map(goal_named, goals) if goal.kind in KNOWN_OF_ALL]
    return not kept or any(_is_open(context, goal) for goal in kept)


def _is_open(context: Json, goal: Goal) -> bool:
    if goal.kind == "case":
        return goal.key in context.get("cases", {})
    cart = context.get("carts", {}).get(goal.key, {})
    return bool(cart.get("items" if goal.kind == "cart" else "checkout"))


def first_name_of(context: Json) -> str:
    """Find what somebody is called, in a line; empty if they did not say."""
    traits = (context.get("profile") or {}).get("traits") or {}
    told = (traits.get(each) for each in FIRST_NAMES)
    found = next((each for each in told if isinstance(each, str) and each.strip()), "")
    name = found.strip()
    return name if len(name) <= NAME_MOST else f"{name[: NAME_MOST - 1].rstrip()}…"


def task_of(action: Json) -> CardTask:
    """Say of an open action what it is and whose."""
    claimed = action.get("claimed") or {}
    return CardTask(
        action_id=action["action_id"],
        action=action["action"],
        situation=action["situation"],
        time=action["time"],
        until=action["expires_at"],
        claimed=claimed.get("since"),
        claimed_by=claimed.get("name", ""),
        mine=bool(action.get("mine")),
    )


def offers_of(context: Json, now: Instant) -> Iterator[HeldOffer]:
    """List the offers that were made and still hold."""
    for each in context.get("actions", ()):
        if each.get("offer") and each["expires"] > now and each["status"] != "revoked":
            yield HeldOffer(each["offer"], each["expires"])


def _open_cart(context: Json) -> Json:
    """The cart that was touched last, of those with something in them or at the checkout."""
    carts = [
        each
        for each in context.get("carts", {}).values()
        if each.get("items") or each.get("checkout")
    ]
    return max(carts, key=lambda each: each.get("touched") or 0, default={})


def _stopped(cart: Json) -> str:
    if cart.get("checkout"):
        return "checkout"
    return "cart" if cart else ""


def _item(line: Json, stock: Stock) -> CardItem:
    sku = str(line["sku"])
    return CardItem(
        sku=sku,
        name=line.get("name") or sku,
        quantity=line.get("quantity", 1),
        size=line.get("size"),
        price=line.get("price"),
        currency=line.get("currency"),
        image=line.get("image"),
        stock=stock(sku),
    )


def _needs(context: Json) -> Iterator[StatedNeed]:
    for each in context.get("cases", {}).values():
        if each.get("reason") or each.get("asked"):
            told = each.get("reason", ""), each.get("asked", ""), each["opened"]
            yield StatedNeed(*told, tuple(each.get("channels", ())))


def _tried(context: Json) -> Iterator[TriedAction]:
    done = [each for each in context.get("actions", ()) if each["status"] not in SAID_NOTHING]
    for each in sorted(done, key=_decided):
        yield TriedAction(each["decided"], each["name"], each["channel"], each["status"])


def _decided(action: Json) -> Instant:
    at: Any = action["decided"]
    return int(at)


def _known(context: Json) -> Iterator[str]:
    """What the customer has said already, and must not be asked again."""
    told: dict[str, None] = {}
    for each in context.get("cases", {}).values():
        told |= dict.fromkeys([each.get("reason", ""), *each.get("known", ())])
    yield from (each for each in told if each)
