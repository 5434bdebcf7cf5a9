"""The first page: where somebody works, by what they may do."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from legato.queries.rights import ALL, Whose
from legato.serving.pages.page_route import Page
from legato.serving.pages.routes.whom import title_of
from legato.serving.pages.visit import PageVisit


async def get_home(visit: PageVisit) -> Response:
    """Go where one works; where there are several such places, choose."""
    places = places_of(visit)
    if len(places) == 1:
        return visit.go(places[0][0])
    return visit.page("home.html", {"places": places})


def places_of(visit: PageVisit) -> list[tuple[str, str]]:
    """List the pages that are somebody's: path and title."""
    settings, user = visit.desk.settings, visit.user
    all_queues = dict.fromkeys((*settings.queues, visit.api.settings.view.default_queue))
    venues = settings.venues if ALL in user.venues else user.venues
    queues = all_queues if ALL in user.queues else user.queues
    found = [
        (f"/pages/venues/{name}", title_of(visit, there))
        for name in venues
        if visit.may("see_venue", there := Whose(venue=name))
    ]
    found += [
        (f"/pages/queues/{quote(name)}", title_of(visit, there))
        for name in queues
        if visit.may("see_queue", there := Whose(queue=name))
    ]
    if visit.may("see_looks", Whose()):
        found.append(("/pages/looks", visit.words("Who looked at whom")))
    return found


PAGES = (Page("/pages/", get_home, "see_kit"),)
