"""The pages, put together."""

from __future__ import annotations

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from legato.serving.api.beside import ServedBeside
from legato.serving.api.state import ApiState
from legato.serving.pages.desk import Desk
from legato.serving.pages.frame import KEPT, static_files
from legato.serving.pages.page_route import Page, PageRoute
from legato.serving.pages.routes import (
    agent,
    embed,
    home,
    kit,
    looks,
    scan,
    sign_in,
    store,
    taps,
)
from legato.serving.pages.starting import check_pages, users_of

PAGES: tuple[Page, ...] = (
    *home.PAGES,
    *sign_in.PAGES,
    *store.PAGES,
    *agent.PAGES,
    *taps.PAGES,
    *scan.PAGES,
    *embed.PAGES,
    *looks.PAGES,
    *kit.PAGES,
)
"""All pages and parts of them: tests walk this list."""


def serve_pages(api: ApiState) -> ServedBeside:
    """Make the pages of a process; raises SettingsError."""
    check_pages(api.settings, pages_on=True)
    users = users_of(api.settings)
    desk = Desk(api, users)
    running = desk.health.run, desk.taps.run, desk.stock.run
    return ServedBeside(page_routes(desk), [users], running)


def page_routes(desk: Desk) -> list[BaseRoute]:
    """All that is served under /pages/."""
    served = (PageRoute(each, desk) for each in PAGES)
    return [*served, Route("/pages/static/{name}", _static)]


async def _static(request: Request) -> Response:
    """Serve a file that pages load; its name says what is in it, so it is kept for good."""
    name = request.path_params["name"]
    found = next((each for each in static_files().values() if each.name == name), None)
    if found is None:
        return Response(status_code=HTTPStatus.NOT_FOUND)
    return Response(found.body, media_type=found.media_type, headers={"Cache-Control": KEPT})
