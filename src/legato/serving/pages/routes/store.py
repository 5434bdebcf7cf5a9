"""The associate's tablet: who is here or expected, and what they came for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec
from msgspec import Struct
from starlette.responses import Response

from legato.queries.card import Card, card_of
from legato.queries.shown import Json
from legato.queries.visibility import Visibility
from legato.serving.pages.page_route import Page
from legato.serving.pages.routes.streams import stream_of_person, stream_of_place
from legato.serving.pages.routes.whom import (
    VENUE,
    actions_here,
    at_venue,
    person_of,
    title_of,
    waiting_here,
    why_left,
)
from legato.serving.pages.taps import new_key
from legato.serving.pages.visit import PageVisit

PERSON = VENUE + "/customers/{customer_id}"
_decode = msgspec.json.Decoder(dict[str, object]).decode


class ShownCustomer(Struct, frozen=True):
    """Somebody as the pages of a venue show them: their card, and why they are shown."""

    card: Card
    seen: Visibility


async def get_store(visit: PageVisit) -> Response:
    """Show who is here or expected."""
    told = {"shown": await _everybody(visit), "title": title_of(visit)}
    return visit.page("store.html", told | {"says": why_left(visit)})


async def get_list(visit: PageVisit) -> Response:
    """Show the list again, for a page that stands."""
    return visit.page("store_list.html", {"shown": await _everybody(visit)})


async def get_card(visit: PageVisit) -> Response:
    """Show what somebody came for; `tap` names what was done just now, to be undone."""
    shown = await somebody(visit, visit.path["customer_id"])
    if shown.card.customer_id != visit.path["customer_id"]:
        return visit.go(person_of(visit, shown.card.customer_id))
    await visit.note_look("at the venue", shown.card.customer_id)
    query = visit.request.query_params
    done = {"done": query.get("done", ""), "undo": query.get("undo", "")}
    told = {"shown": shown, "tap": new_key(), "title": title_of(visit)}
    return visit.page("card.html", told | done)


async def get_card_part(visit: PageVisit) -> Response:
    """Show the same again, for a page that stands."""
    shown = await somebody(visit, visit.path["customer_id"])
    await visit.note_again("at the venue", shown.card.customer_id)
    return visit.page("card_part.html", {"shown": shown, "tap": new_key()})


async def somebody(visit: PageVisit, customer_id: str) -> ShownCustomer:
    """Find a customer who is to be seen here; raises Problem (404)."""
    found, seen = await at_venue(visit, customer_id)
    return _shown(visit, _decode(found.context), seen, await actions_here(visit, found))


async def _everybody(visit: PageVisit) -> list[ShownCustomer]:
    here, waiting = await asyncio.gather(
        visit.api.presence.at_venue(visit.whose.venue, visit.key), waiting_here(visit)
    )
    shown = [
        _shown(visit, each.context, each.visibility, waiting.get(each.found.customer_id, []))
        for each in here
    ]
    await visit.note_again("list of the venue", *(each.card.customer_id for each in shown))
    return sorted(shown, key=_has_no_task)


def _has_no_task(shown: ShownCustomer) -> bool:
    """Whoever there is something to do for comes first."""
    return shown.card.task is None


def _shown(
    visit: PageVisit, context: Json, seen: Visibility, actions: Sequence[Json]
) -> ShownCustomer:
    stock = visit.desk.stock.at(visit.whose.venue, visit.now)
    return ShownCustomer(card_of(context, actions, stock, visit.now), seen)


PAGES = (
    Page(VENUE, get_store, "see_venue"),
    Page(VENUE + "/list", get_list, "see_venue"),
    Page(VENUE + "/live", stream_of_place, "see_venue"),
    Page(PERSON, get_card, "see_card"),
    Page(PERSON + "/part", get_card_part, "see_card"),
    Page(PERSON + "/live", stream_of_person, "see_card"),
)
