"""A card or a code that somebody shows at the tablet: who they are, from then on."""

from __future__ import annotations

import re
from http import HTTPStatus

from starlette.responses import Response

from legato.serving.api.problems import Problem
from legato.serving.api.resuming import spend_token
from legato.serving.pages.own_events import DeskEvent, tell_event
from legato.serving.pages.page_route import Page
from legato.serving.pages.problems import PageProblem
from legato.serving.pages.routes.taps import STAYS
from legato.serving.pages.routes.whom import VENUE
from legato.serving.pages.visit import PageVisit

CODE_MOST = 300
CARD = re.compile(r"[0-9A-Za-z][0-9A-Za-z ._-]{2,63}")
TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
"""128 random bits as a resume link bears them."""


async def post_scan(visit: PageVisit) -> Response:
    """Open whom a code belongs to: a resume link, or else the number of a loyalty card."""
    code = visit.fields.get("code", "").strip()[:CODE_MOST]
    if token := _token_in(visit, code):
        return await _resumed(visit, token)
    if not CARD.fullmatch(code):
        raise PageProblem(
            HTTPStatus.BAD_REQUEST, "This is neither a card nor one of our codes."
        )
    return await _card_shown(visit, code)


def _token_in(visit: PageVisit, code: str) -> str:
    """Find the token in a link of ours, or in what was typed; empty if it is none."""
    before, _, after = visit.api.settings.api.resume_url.partition("{token}")
    if code.startswith(before) and code.endswith(after):
        code = code[len(before) : len(code) - len(after)]
    return code if TOKEN.fullmatch(code) else ""


async def _resumed(visit: PageVisit, token: str) -> Response:
    """Go on where the customer left off, if they are a customer of this brand."""
    opens, _ = await spend_token(visit.api, token)
    found = await visit.api.customers.get(opens.customer_id, visit.key)
    await visit.note_look("resume code", found.customer_id)
    return await _enter(visit, found.customer_id)


async def _card_shown(visit: PageVisit, number: str) -> Response:
    """Tell the line that a card was shown here: whoever has it is here from now on."""
    venue, channel = visit.whose.venue, visit.api.settings.view.venue_channels[0]
    shown = DeskEvent("loyalty.card_scanned", channel, {"loyalty_id": number}, venue=venue)
    await tell_event(visit, shown)
    try:
        found = await visit.api.customers.find("loyalty_id", number, visit.key)
    except Problem as problem:
        if problem.status != HTTPStatus.NOT_FOUND:
            raise
        return visit.go(VENUE.format(venue=venue))
    await visit.note_look("card shown", found.customer_id)
    return await _enter(visit, found.customer_id)


async def _enter(visit: PageVisit, customer_id: str) -> Response:
    venue = visit.whose.venue
    await visit.api.presence.note_guest(venue, customer_id, visit.now + STAYS)
    return visit.go(f"{VENUE.format(venue=venue)}/customers/{customer_id}")


PAGES = (Page(VENUE + "/scan", post_scan, "scan", "POST"),)
