"""What somebody taps on a card or a packet: mine, sold, not interested; and undo."""

from __future__ import annotations

from http import HTTPStatus

from starlette.responses import Response

from legato.core.values.time import HOUR
from legato.queries.shown import Json
from legato.serving.api.claims import ActionClaim
from legato.serving.api.customers import nobody
from legato.serving.pages import labels
from legato.serving.pages.page_route import Page
from legato.serving.pages.problems import PageProblem
from legato.serving.pages.routes.whom import (
    EMBEDDED_QUEUE,
    QUEUE,
    VENUE,
    find_here,
    is_here,
    is_mine,
    person_of,
)
from legato.serving.pages.taps import UNDO_MS
from legato.serving.pages.visit import PageVisit
from legato.wire.topics.outcomes import Outcome, Status

KEY_MOST = 100
STAYS = 2 * HOUR
"""So long whom somebody took up is to be seen here."""


async def post_claim(visit: PageVisit) -> Response:
    """Take somebody up: of several who try, one wins, and the others are told who."""
    action, customer_id = await _action(visit)
    standing = await _claim(visit, action, customer_id)
    if not is_mine(visit, standing):
        return _taken(visit, standing, customer_id)
    return _done(visit, customer_id, "mine")


async def post_release(visit: PageVisit) -> Response:
    """Give somebody back, for others to take up."""
    action, customer_id = await _action(visit)
    claim = await visit.api.claims.of(action)
    if claim is not None and is_mine(visit, claim):
        await visit.note_look("gives back", customer_id)
        await visit.api.claims.give_back(action, customer_id, claim)
    return _done(visit, customer_id, "released")


async def post_accepted(visit: PageVisit) -> Response:
    """Say that it was sold, or that they took what was offered."""
    return await _report(visit, "accepted", None)


async def post_declined(visit: PageVisit) -> Response:
    """Say that they were not interested, and why."""
    reason = visit.fields.get("reason", "")
    if reason not in labels.REASONS:
        raise PageProblem(HTTPStatus.BAD_REQUEST, "Please say why.")
    return await _report(visit, "rejected", reason)


async def post_undo(visit: PageVisit) -> Response:
    """Take back what was tapped a moment ago."""
    undone = await visit.desk.taps.undo(visit.user.id, visit.path["tap"][:KEY_MOST])
    customer_id = visit.fields.get("customer", "")
    return _done(visit, customer_id, "undone" if undone else "too_late")


async def _report(visit: PageVisit, status: Status, reason: str | None) -> Response:
    """Take a tap that becomes an outcome, by whoever has the action, or takes it by this."""
    tap = visit.fields.get("tap", "")
    if not 0 < len(tap) <= KEY_MOST:
        raise PageProblem(HTTPStatus.BAD_REQUEST, "This form cannot be read.")
    action, customer_id = await _action(visit)
    standing = await _claim(visit, action, customer_id)
    if not is_mine(visit, standing):
        return _taken(visit, standing, customer_id)
    outcome = Outcome(
        action_id=action["action_id"],
        customer_id=action["customer_id"],
        channel=action["channel"],
        status=status,
        time=visit.now,
        reason=reason,
    )
    stands = await visit.desk.taps.take(visit.user.id, tap, outcome)
    return _done(visit, customer_id, stands.status, stands.key)


async def _action(visit: PageVisit) -> tuple[Json, str]:
    """Find an open action of this venue, and whose it is; raises Problem (404)."""
    api = visit.api
    action = await api.customers.action(visit.path["action_id"], visit.key)
    found, contact = await find_here(visit, action["customer_id"])
    if not is_here(visit, action, contact):
        raise nobody()
    return action, found.customer_id


async def _claim(visit: PageVisit, action: Json, customer_id: str) -> ActionClaim:
    """Claim it, unless somebody has: whose it is then may be either's."""
    await visit.note_look("takes up", customer_id)
    claim = ActionClaim(visit.called, visit.key.id, visit.now, visit.user.name)
    standing = await visit.api.claims.take(action, customer_id, claim)
    if is_mine(visit, standing):
        await _stays(visit, customer_id)
    return standing


async def _stays(visit: PageVisit, customer_id: str) -> None:
    """Let whom somebody took up be seen for a while, also if nothing else says so."""
    if venue := visit.whose.venue:
        await visit.api.presence.note_guest(venue, customer_id, visit.now + STAYS)
    else:
        await visit.desk.found.note(visit.user.id, customer_id)


def _taken(visit: PageVisit, claim: ActionClaim, customer_id: str) -> Response:
    told = {"by": claim.name or claim.by, "since": claim.since}
    if visit.is_fragment:
        return visit.page("tap_taken.html", told, HTTPStatus.CONFLICT)
    return visit.go(person_of(visit, customer_id))


def _done(visit: PageVisit, customer_id: str, done: str, undo: str = "") -> Response:
    """Say what was done, and how to undo it; without script the card says so."""
    if visit.is_fragment:
        told = {"done": done, "undo": undo, "customer_id": customer_id, "for_ms": UNDO_MS}
        return visit.page("tap_done.html", told | {"action_id": visit.path.get("action_id")})
    if not customer_id:
        return visit.go(visit.base)
    return visit.go(f"{person_of(visit, customer_id)}?done={done}&undo={undo}")


PAGES = tuple(
    page
    for place in (VENUE, QUEUE, EMBEDDED_QUEUE)
    for page in (
        Page(place + "/actions/{action_id}/claim", post_claim, "claim", "POST"),
        Page(place + "/actions/{action_id}/release", post_release, "claim", "POST"),
        Page(place + "/actions/{action_id}/accepted", post_accepted, "report", "POST"),
        Page(place + "/actions/{action_id}/declined", post_declined, "report", "POST"),
        Page(place + "/taps/{tap}/undo", post_undo, "report", "POST"),
    )
)
