"""Whom somebody may look at, at a venue or in a queue, and what waits there."""

from __future__ import annotations

import asyncio

from legato.queries.shown import Json
from legato.queries.visibility import Visibility, VisibleContact
from legato.serving.api.claims import ActionClaim
from legato.serving.api.customers import FoundCustomer, nobody
from legato.serving.pages.page_route import EMBED
from legato.serving.pages.visit import PageVisit

VENUE, QUEUE = "/pages/venues/{venue}", "/pages/queues/{queue}"
EMBEDDED_QUEUE = EMBED + "/queues/{queue}"
"""The same queue in the frame of a console."""


def title_of(visit: PageVisit) -> str:
    """What the venue or the queue is called; its name, if it has no other."""
    settings, whose = visit.desk.settings, visit.whose
    told = settings.venues.get(whose.venue) or settings.queues.get(whose.queue)
    return (told.title if told else "") or whose.venue or whose.queue


async def at_venue(visit: PageVisit, customer_id: str) -> tuple[FoundCustomer, Visibility]:
    """Find a customer who is to be seen at the venue; raises Problem (404)."""
    found = await visit.api.customers.get(customer_id, visit.key)
    seen = await visit.api.presence.seen_at(found, visit.whose.venue)
    if seen is None:
        raise nobody()
    return found, seen


async def in_queue(
    visit: PageVisit, customer_id: str
) -> tuple[FoundCustomer, VisibleContact | None]:
    """Find a customer in contact with the queue, or found by search; raises Problem (404)."""
    found = await visit.api.customers.get(customer_id, visit.key)
    contact = visit.api.presence.contact_of(found, visit.whose.queue)
    if contact is None and not await visit.desk.found.is_known(
        visit.user.id, found.customer_id
    ):
        raise nobody()
    return found, contact


async def see_here(visit: PageVisit, customer_id: str) -> None:
    """See that a customer is to be seen here; raises Problem (404)."""
    await (at_venue if visit.whose.venue else in_queue)(visit, customer_id)


def is_here(visit: PageVisit, action: Json) -> bool:
    """Does an action wait here?"""
    whose = visit.whose
    if whose.venue:
        return action.get("venue") == whose.venue
    return action.get("queue") == whose.queue


async def actions_here(visit: PageVisit, found: FoundCustomer) -> list[Json]:
    """The open actions of a customer that wait here, the newest first, with whose they are."""
    actions = await visit.api.customers.actions_of(found, visit.key)
    here = [each for each in actions if is_here(visit, each)]
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
