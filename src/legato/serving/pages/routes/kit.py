"""The kit: every component there is, on one page."""

from __future__ import annotations

from starlette.responses import Response

from legato.serving.pages.page_route import Page
from legato.serving.pages.visit import PageVisit


async def get_kit(visit: PageVisit) -> Response:
    """Show all components."""
    return visit.page("kit.html")


PAGES = (Page("/pages/kit", get_kit, "see_kit"),)
