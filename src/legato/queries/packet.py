"""What an agent is shown of whom they talk to: one packet of all channels.

Made of a context as `wire/context_view.py` lays it out, of which brands were cut before, and of
the open actions that wait in the queue. Instants are epoch milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from legato.core.values.time import Instant
from legato.queries.card import (
    CardItem,
    CardTask,
    HeldOffer,
    StatedNeed,
    TriedAction,
    card_of,
    no_stock,
    still_to_do,
    task_of,
)
from legato.queries.shown import Json
from legato.queries.visibility import VisibleContact

TIMELINE_MOST = 30
ARTICLES_MOST = 10
CONTACT_BEGINS = frozenset(("contact.started", "message.received"))
ARTICLE_READ = "article.viewed"


class PacketTouch(Struct, frozen=True):
    """Something that happened, on which channel."""

    time: Instant
    type: str
    channel: str
    note: str = ""


class ReadArticle(Struct, frozen=True):
    """An article of the knowledge base that the customer has read before they got in touch."""

    time: Instant
    title: str


class PacketOrder(Struct, frozen=True):
    """An order: what it came to, and how it stands."""

    id: str
    time: Instant
    status: str
    total: float | None = None
    currency: str | None = None


class Packet(Struct, frozen=True):
    """All that is shown. `contacts` counts how often they got in touch about what is open.

    `waited_ms` is how long they have waited in the queue, if they still do; `asked_again` how
    often they had to say again what they had said before.
    """

    customer_id: str
    first_name: str
    contact: VisibleContact | None
    needs: tuple[StatedNeed, ...] = ()
    known: tuple[str, ...] = ()
    items: tuple[CardItem, ...] = ()
    value: float = 0.0
    currency: str | None = None
    offers: tuple[HeldOffer, ...] = ()
    tried: tuple[TriedAction, ...] = ()
    articles: tuple[ReadArticle, ...] = ()
    orders: tuple[PacketOrder, ...] = ()
    timeline: tuple[PacketTouch, ...] = ()
    tasks: tuple[CardTask, ...] = ()
    contacts: int = 0
    waited_ms: int | None = None
    asked_again: int = 0


def packet_of(
    context: Json, actions: Sequence[Json], contact: VisibleContact | None, now: Instant
) -> Packet:
    """Make the packet; `actions` are those open in the queue, the newest first, with claims."""
    card = card_of(context, actions, no_stock, now)
    waiting = contact.waiting if contact else None
    return Packet(
        customer_id=card.customer_id,
        first_name=card.first_name,
        contact=contact,
        needs=card.needs,
        known=card.known,
        items=card.items,
        value=card.value,
        currency=card.currency,
        offers=card.offers,
        tried=card.tried,
        articles=tuple(_articles(context))[-ARTICLES_MOST:],
        orders=tuple(_orders(context)),
        timeline=tuple(_timeline(context))[-TIMELINE_MOST:][::-1],
        tasks=tuple(map(task_of, still_to_do(context, actions))),
        contacts=_contacts(context),
        waited_ms=None if waiting is None else max(now - waiting, 0),
        asked_again=context.get("asked_again", 0),
    )


def _timeline(context: Json) -> Iterator[PacketTouch]:
    for each in context.get("timeline", ()):
        yield PacketTouch(each["time"], each["type"], each["channel"], each.get("note", ""))


def _articles(context: Json) -> Iterator[ReadArticle]:
    for each in context.get("timeline", ()):
        if each["type"] == ARTICLE_READ and each.get("note"):
            yield ReadArticle(each["time"], each["note"])


def _orders(context: Json) -> Iterator[PacketOrder]:
    for each in reversed(context.get("orders", ())):
        worth = each.get("total", each.get("worth"))
        told = each["id"], each["time"], each.get("status", "completed")
        yield PacketOrder(*told, worth, each.get("currency"))


def _contacts(context: Json) -> int:
    """Count how often they got in touch since the first open case began."""
    began = [each["opened"] for each in context.get("cases", {}).values()]
    if not began:
        return 0
    return sum(
        each["type"] in CONTACT_BEGINS and each["time"] >= min(began)
        for each in context.get("timeline", ())
    )
