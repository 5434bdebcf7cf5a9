"""Whom somebody may look at, at a venue or in a queue, and what waits there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import msgspec

from legato.queries.rights import Whose
from legato.queries.shown import Json
from legato.queries.visibility import (
    Visibility,
    VisibleContact,
    has_asked_to_be_forgotten,
    waits_in,
)
from legato.serving.api.claims import ActionClaim
from legato.serving.api.customers import FoundCustomer, nobody
from legato.serving.pages.page_route import EMBED
from legato.serving.pages.visit import PageVisit
from legato.serving.pages.words import to_say
from legato.settings.view import DEFAULT_QUEUE

VENUE, QUEUE = "/pages/venues/{venue}", "/pages/queues/{queue}"
EMBEDDED_QUEUE = EMBED + "/queues/{queue}"
"""The same queue in the frame of a console."""
GONE, APART = "gone", "apart"
LEFT: Mapping[str, str] = {
    GONE: to_say("Whom you had open is not to be seen here any more."),
    APART: to_say(
        "What you had open was of several people, who are told apart now. "
        "Open again whom you have before you."
    ),
}
"""Why a page was left by itself, as the list says it to which it leads."""
_decode = msgspec.json.Decoder(dict[str, object]).decode


def title_of(visit: PageVisit, whose: Whose | None = None) -> str:
    """What a venue or a queue is called, that of the path if none is told; else its name."""
    settings, whose = visit.desk.settings, whose or visit.whose
    told = settings.venues.get(whose.venue) or settings.queues.get(whose.queue)
    if told is None and whose.queue == DEFAULT_QUEUE:
        return visit.words("Without a queue")
    return (told.title if told else "") or whose.venue or whose.queue


def why_left(visit: PageVisit) -> str:
    """Say why the page was left from which somebody comes; empty if they left it themselves."""
    return LEFT.get(visit.request.query_params.get("left", ""), "")


def person_of(visit: PageVisit, customer_id: str) -> str:
    """Name the page of a customer here."""
    return f"{visit.base}/customers/{customer_id}"


async def at_venue(visit: PageVisit, customer_id: str) -> tuple[FoundCustomer, Visibility]:
    """Find a customer who is to be seen at the venue; raises Problem (404).

    Who was a guest there, and was merged since, is one as whom they go on.
    """
    found, venue = await visit.api.customers.get(customer_id, visit.key), visit.whose.venue
    if found.customer_id != customer_id:
        await visit.api.presence.hand_on_guest(venue, customer_id, found.customer_id)
    seen = await visit.api.presence.seen_at(found, venue)
    if seen is None:
        raise nobody()
    return found, seen


async def in_queue(
    visit: PageVisit, customer_id: str
) -> tuple[FoundCustomer, VisibleContact | None]:
    """Find a customer in contact with the queue, or found by search; raises Problem (404).

    Who was found, and was merged since, is found as whom they go on.
    """
    found = await visit.api.customers.get(customer_id, visit.key)
    contact = visit.api.presence.contact_of(found, visit.whose.queue)
    if contact is None and not await _was_found(visit, found, customer_id):
        raise nobody()
    return found, contact


async def _was_found(visit: PageVisit, found: FoundCustomer, customer_id: str) -> bool:
    if has_asked_to_be_forgotten(_decode(found.context)):
        return False
    agent, known = visit.user.id, visit.desk.found
    if await known.is_known(agent, found.customer_id):
        return True
    if found.customer_id == customer_id or not await known.is_known(agent, customer_id):
        return False
    await known.note(agent, found.customer_id)
    return True


async def find_here(
    visit: PageVisit, customer_id: str
) -> tuple[FoundCustomer, VisibleContact | None]:
    """Find a customer who is to be seen here, and their contact; raises Problem (404)."""
    if visit.whose.venue:
        found, _ = await at_venue(visit, customer_id)
        return found, None
    return await in_queue(visit, customer_id)


def is_here(visit: PageVisit, action: Json, contact: VisibleContact | None = None) -> bool:
    """Does an action wait here, or with a customer who is in `contact` here?"""
    whose = visit.whose
    if whose.venue:
        return action.get("venue") == whose.venue
    return waits_in(action, whose.queue, contact)


async def actions_here(
    visit: PageVisit, found: FoundCustomer, contact: VisibleContact | None = None
) -> list[Json]:
    """The open actions of a customer that wait here, the newest first, with whose they are."""
    actions = await visit.api.customers.actions_of(found, visit.key)
    here = [each for each in actions if is_here(visit, each, contact)]
    claims = await visit.api.claims.of_all(here)
    return [_with(visit, *each) for each in zip(here, claims, strict=True)]


async def waiting_here(visit: PageVisit) -> dict[str, list[Json]]:
    """All open actions that wait here, by whose they are, each one's newest first."""
    whose = visit.whose
    kind, place = ("venue", whose.venue) if whose.venue else ("queue", whose.queue)
    actions = await visit.api.customers.actions_at(kind, place, visit.key)
    customers = visit.api.customers
    former = list(dict.fromkeys(each["customer_id"] for each in actions))
    claims = await visit.api.claims.of_all(actions)
    now = await asyncio.gather(*map(customers.who_goes_on, former))
    goes_on = dict(zip(former, now, strict=True))
    theirs: dict[str, list[Json]] = {}
    for action, claim in zip(actions, claims, strict=True):
        told = _with(visit, action, claim)
        theirs.setdefault(goes_on[action["customer_id"]], []).append(told)
    return theirs


def is_mine(visit: PageVisit, claim: ActionClaim) -> bool:
    """Is it of whoever asks?"""
    return claim.is_of(visit.key, visit.called)


def _with(visit: PageVisit, action: Json, claim: ActionClaim | None) -> Json:
    if claim is None:
        return action
    told = {"since": claim.since, "name": claim.name or claim.by}
    return {**action, "claimed": told, "mine": is_mine(visit, claim)}
