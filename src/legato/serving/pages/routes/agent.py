"""The agent's desktop: who is in contact, and one packet of all that is known of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from http import HTTPStatus

import msgspec
from msgspec import Struct
from starlette.responses import Response

from legato.queries.packet import Packet, packet_of
from legato.queries.shown import Json
from legato.queries.visibility import VisibleContact, has_asked_to_be_forgotten
from legato.serving.api.customers import nobody
from legato.serving.api.presence import CustomerInContact
from legato.serving.api.problems import Problem
from legato.serving.pages import labels
from legato.serving.pages.own_events import DeskEvent, identifier_of, tell_event
from legato.serving.pages.page_route import Page
from legato.serving.pages.problems import PageProblem
from legato.serving.pages.routes.streams import stream_of_person, stream_of_place
from legato.serving.pages.routes.whom import (
    EMBEDDED_QUEUE,
    QUEUE,
    actions_here,
    in_queue,
    person_of,
    title_of,
    waiting_here,
    why_left,
)
from legato.serving.pages.taps import new_key
from legato.serving.pages.visit import PageVisit
from legato.serving.pages.words import to_say

PERSON = "/customers/{customer_id}"
VALUE_MOST = 300
_decode = msgspec.json.Decoder(dict[str, object]).decode


class QueueRow(Struct, frozen=True):
    """Somebody in contact: their packet, and whether it is whoever asks that they talk to."""

    packet: Packet
    contact: VisibleContact
    is_mine: bool


async def get_queue(visit: PageVisit) -> Response:
    """Show who is in contact with the queue, and who waits."""
    return _queue(visit, await _rows(visit), says=why_left(visit))


async def get_list(visit: PageVisit) -> Response:
    """Show the list again, for a page that stands."""
    return visit.page("queue_list.html", {"rows": await _rows(visit)})


async def post_search(visit: PageVisit) -> Response:
    """Find a customer by an identifier that they tell: never a guess, one or none."""
    kind, value = visit.fields.get("kind", ""), visit.fields.get("value", "").strip()
    if kind not in labels.IDENTIFIERS or not 0 < len(value) <= VALUE_MOST:
        raise PageProblem(HTTPStatus.BAD_REQUEST, "This form cannot be read.")
    try:
        found = await visit.api.customers.find(kind, value, visit.key)
        if has_asked_to_be_forgotten(_decode(found.context)):
            raise nobody()
    except Problem as problem:
        if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
            raise
        says = to_say("We know nobody by this. Ask for something else they may have with us.")
        return _queue(visit, await _rows(visit), HTTPStatus.NOT_FOUND, says)
    await visit.note_look("search", found.customer_id)
    await visit.desk.found.note(visit.user.id, found.customer_id)
    return visit.go(person_of(visit, found.customer_id))


async def get_packet(visit: PageVisit) -> Response:
    """Show all that is known of somebody; of what waits there, that it was read is told."""
    context, packet = await _known(visit, visit.path["customer_id"])
    if packet.customer_id != visit.path["customer_id"]:
        return visit.go(person_of(visit, packet.customer_id))
    await visit.note_look("contact", packet.customer_id)
    await visit.desk.found.note(visit.user.id, packet.customer_id)
    await _tell_viewed(visit, context, packet)
    query = visit.request.query_params
    done = {"done": query.get("done", ""), "undo": query.get("undo", "")}
    told = {"packet": packet, "tap": new_key(), "title": title_of(visit)}
    return visit.page("packet.html", told | done)


async def get_packet_part(visit: PageVisit) -> Response:
    """Show the same again, for a page that stands."""
    _, packet = await _known(visit, visit.path["customer_id"])
    await visit.note_again("contact", packet.customer_id)
    return visit.page("packet_part.html", {"packet": packet, "tap": new_key()})


async def post_said_again(visit: PageVisit) -> Response:
    """Note that they had to say again what they had said before."""
    context, packet = await _known(visit, visit.path["customer_id"])
    who = identifier_of(context, visit.api.settings.identity.priority)
    if packet.contact is None or not who:
        raise nobody()
    told = {"asked_again": True, "queue": visit.whose.queue, "agent": visit.called}
    if packet.needs:
        told["reason"] = packet.needs[0].reason
    event = DeskEvent("contact.answered", packet.contact.channel, who, told)
    await tell_event(visit, event)
    return visit.go(f"{person_of(visit, packet.customer_id)}?done=noted")


def _queue(
    visit: PageVisit, rows: list[QueueRow], status: HTTPStatus = HTTPStatus.OK, says: str = ""
) -> Response:
    told = {"rows": rows, "title": title_of(visit), "says": says}
    return visit.page("queue.html", told, status)


async def _rows(visit: PageVisit) -> list[QueueRow]:
    found, waiting = await asyncio.gather(
        visit.api.presence.in_queue(visit.whose.queue, visit.key), waiting_here(visit)
    )
    rows = [_row(visit, each, waiting.get(each.found.customer_id, [])) for each in found]
    await visit.note_again("list of the queue", *(each.packet.customer_id for each in rows))
    return rows


def _row(visit: PageVisit, each: CustomerInContact, actions: Sequence[Json]) -> QueueRow:
    contact = each.contact
    packet = packet_of(each.context, actions, contact, visit.now)
    is_mine = contact.agent in (visit.called, visit.user.name)
    return QueueRow(packet, contact, is_mine and contact.waiting is None)


async def _known(visit: PageVisit, customer_id: str) -> tuple[Json, Packet]:
    """Find what is known of somebody who is to be seen here; raises Problem (404)."""
    found, contact = await in_queue(visit, customer_id)
    actions = await actions_here(visit, found, contact)
    context = _decode(found.context)
    return context, packet_of(context, actions, contact, visit.now)


async def _tell_viewed(visit: PageVisit, context: Json, packet: Packet) -> None:
    """Tell the line of each action that waits here that its handoff was read, once."""
    who = identifier_of(context, visit.api.settings.identity.priority)
    if not (who and packet.contact):
        return
    for task in packet.tasks:
        told = {"action_id": task.action_id}
        name, channel = task.action_id, packet.contact.channel
        await tell_event(visit, DeskEvent("handoff.viewed", channel, who, told, name=name))


PAGES = tuple(
    page
    for queue in (QUEUE, EMBEDDED_QUEUE)
    for page in (
        Page(queue, get_queue, "see_queue"),
        Page(queue + "/list", get_list, "see_queue"),
        Page(queue + "/live", stream_of_place, "see_queue"),
        Page(queue + "/search", post_search, "search", "POST"),
        Page(queue + PERSON, get_packet, "see_packet"),
        Page(queue + PERSON + "/part", get_packet_part, "see_packet"),
        Page(queue + PERSON + "/live", stream_of_person, "see_packet"),
        Page(queue + PERSON + "/said-again", post_said_again, "see_packet", "POST"),
    )
)
