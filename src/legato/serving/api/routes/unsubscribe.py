"""One click, and there are no more of these messages (RFC 8058); and the page for it."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from legato.serving.api.access import now_ms
from legato.serving.api.bodies import read_body
from legato.serving.api.examples import (
    PROBLEMS,
    UNSUBSCRIBE_BODY,
    UNSUBSCRIBE_PAGE,
    UNSUBSCRIBED,
)
from legato.serving.api.ingest.unsubscribing import is_one_click, refusal_event
from legato.serving.api.pages import PageWords, language_of, page
from legato.serving.api.problems import Problem
from legato.serving.api.state import ApiState, needs, state_of
from legato.serving.unsubscribe import Unsubscription

router = APIRouter(tags=["messages"])
PATH = "/v1/unsubscribe/{token}"
LANGUAGES = ("en", "de")
_ASKED: Mapping[str, PageWords] = {
    "en": PageWords(
        "No more of these messages?",
        "One click, and we write no offers to you on this channel any more. Messages about "
        "your orders still come.",
        "No more offers",
    ),
    "de": PageWords(
        "Keine dieser Nachrichten mehr?",
        "Ein Klick, und wir schicken Ihnen auf diesem Weg keine Angebote mehr. Nachrichten zu "
        "Ihren Bestellungen kommen weiterhin.",
        "Keine Angebote mehr",
    ),
}
_DONE: Mapping[str, PageWords] = {
    "en": PageWords("That is done", "We write no offers to you on this channel any more."),
    "de": PageWords("Erledigt", "Wir schicken Ihnen auf diesem Weg keine Angebote mehr."),
}
_UNKNOWN: Mapping[str, PageWords] = {
    "en": PageWords(
        "This link does not work",
        "It is incomplete, or not from us. Open it from the message once more, or write to us.",
    ),
    "de": PageWords(
        "Dieser Link funktioniert nicht",
        "Er ist unvollständig, oder nicht von uns. Öffnen Sie ihn noch einmal aus der "
        "Nachricht, oder schreiben Sie uns.",
    ),
}
_NONE = "this link is none of ours, or not whole; take it from the message once more"


@router.get(
    PATH,
    summary="The page on which one unsubscribes",
    openapi_extra={"security": []},
    response_class=HTMLResponse,
    responses=UNSUBSCRIBE_PAGE,
    dependencies=[needs("token")],
)
async def get_page(request: Request, token: str) -> Response:
    """Show the page; nothing is done by that: scanners of links come here as well."""
    api, language = state_of(request), _language(request)
    if _opened(api, token) is None:
        return page(_UNKNOWN[language], language, HTTPStatus.NOT_FOUND)
    return page(_ASKED[language], language)


@router.post(
    PATH,
    summary="Unsubscribe with one click",
    openapi_extra={"requestBody": UNSUBSCRIBE_BODY, "security": []},
    responses={**PROBLEMS, **UNSUBSCRIBED},
    dependencies=[needs("token")],
)
async def unsubscribe(request: Request, token: str) -> Response:
    """Take the refusal: 200 once Kafka has it. A mail program sends this, or our page."""
    api, language = state_of(request), _language(request)
    by_person = "text/html" in request.headers.get("accept", "")
    ended = _opened(api, token)
    if ended is None:
        if by_person:
            return page(_UNKNOWN[language], language, HTTPStatus.NOT_FOUND)
        raise Problem(HTTPStatus.NOT_FOUND, _NONE)
    if not is_one_click(await read_body(request)):
        raise Problem(HTTPStatus.BAD_REQUEST, "send the form `List-Unsubscribe=One-Click`")
    api.access.spend_click(token)
    await _write(api, ended)
    if by_person:
        return page(_DONE[language], language)
    return Response(b"{}", HTTPStatus.OK, media_type="application/json")


def _opened(api: ApiState, token: str) -> Unsubscription | None:
    return api.links.open(token) if api.links else None


def _language(request: Request) -> str:
    return language_of(request.headers.get("accept-language", ""), LANGUAGES)


async def _write(api: ApiState, ended: Unsubscription) -> None:
    """Have Kafka acknowledge the refusal; raises Problem (422, 503)."""
    source, now = api.sources.own, now_ms()
    read = api.sources.intake(source).read([refusal_event(ended, now)], now)
    await api.producer.send(read.records)
    api.metrics.events.labels(source.name).inc(len(read.records))
