"""Pages as they are served: what each asks of whoever opens it stands beside its path."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Literal, TypeAlias
from urllib.parse import quote

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from legato.queries.rights import Deed
from legato.serving.api.problems import Problem
from legato.serving.api.state import state_of
from legato.serving.pages.desk import Desk
from legato.serving.pages.problems import PageProblem
from legato.serving.pages.sessions import COOKIE, EMBED_COOKIE, DeskSession
from legato.serving.pages.visit import PageVisit

log = logging.getLogger(__name__)

Endpoint: TypeAlias = Callable[[PageVisit], Awaitable[Response]]
Method: TypeAlias = Literal["GET", "POST"]
SIGN_IN = "/pages/sign-in"
EMBED = "/pages/embed"
"""What is in the frame of a console lies under it, and nothing else does."""


class Page(Struct, frozen=True):
    """A page, or a part of one; `deed` is what somebody does who opens it, None is for all.

    At which venue or in which queue, its path says: `{venue}`, `{queue}`.
    """

    path: str
    endpoint: Endpoint
    deed: Deed | None
    method: Method = "GET"

    @property
    def is_embedded(self) -> bool:
        """Is it for the frame of a console, and for sessions there alone?"""
        return self.path == EMBED or self.path.startswith(EMBED + "/")


class PageRoute(Route):
    """Serves a page to whom it is for."""

    def __init__(self, page: Page, desk: Desk) -> None:
        super().__init__(page.path, page.endpoint, name=page.path)
        self.methods = {page.method}
        self._page, self._desk = page, desk

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive, send)
        visit = PageVisit(request, state_of(request), self._desk)
        if self._page.is_embedded:
            visit.framed_by = visit.api.access.embed_origins()
        try:
            response = await self._answer(visit)
        except PageProblem as problem:
            response = _told(visit, problem)
        except Problem as problem:
            response = _told(visit, PageProblem.of(problem))
        except Exception:
            log.exception("a page failed")
            failed = HTTPStatus.INTERNAL_SERVER_ERROR
            response = _told(visit, PageProblem(failed, "That did not work."))
        await response(scope, receive, send)

    async def _answer(self, visit: PageVisit) -> Response:
        page = self._page
        if visit.request.method != page.method:
            raise PageProblem(HTTPStatus.METHOD_NOT_ALLOWED, "That did not work.")
        if page.is_embedded and visit.request.headers.get("sec-fetch-dest") == "document":
            raise PageProblem(HTTPStatus.FORBIDDEN, "This opens in your console alone.")
        session = await session_of(visit, page.is_embedded)
        if session is not None:
            visit.enter(session)
        elif page.deed is not None:
            return _to_ticket(visit) if page.is_embedded else _to_sign_in(visit)
        if page.method == "POST":
            await visit.read_fields()
            visit.see_own_form() if page.deed else visit.see_same_origin()
        if page.deed is not None and not visit.may(page.deed):
            raise PageProblem(HTTPStatus.FORBIDDEN, "This page is not for you to see.")
        return await page.endpoint(visit)


async def session_of(visit: PageVisit, is_embedded: bool) -> DeskSession | None:
    """Find the session of whoever asks; raises Problem (503) while Redis is away.

    In the frame of a console that is another than elsewhere.
    """
    token = visit.request.cookies.get(EMBED_COOKIE if is_embedded else COOKIE, "")
    found = await visit.desk.sessions.find(token) if token else None
    return found if found and (found.embedding is not None) == is_embedded else None


def _to_sign_in(visit: PageVisit) -> Response:
    """Have somebody sign in, and come back; a page that stands is told to open it itself."""
    asked = visit.request.url.path if visit.request.method == "GET" else ""
    if visit.is_fragment:
        return Response(status_code=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": SIGN_IN})
    to = f"{SIGN_IN}?to={quote(asked, safe='/')}" if asked else SIGN_IN
    return RedirectResponse(to, HTTPStatus.SEE_OTHER.value)


def _to_ticket(visit: PageVisit) -> Response:
    """Say that the console must open it anew: only its server can."""
    if visit.is_fragment:
        return Response(status_code=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": EMBED})
    return visit.go(EMBED)


def _told(visit: PageVisit, problem: PageProblem) -> Response:
    template = "problem_part.html" if visit.is_fragment else "problem.html"
    return visit.page(template, {"says": problem.says}, problem.status)
