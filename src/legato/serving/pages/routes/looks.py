"""Who looked at whom: for those who see to privacy, from the access log."""

from __future__ import annotations

import re
from http import HTTPStatus
from urllib.parse import quote

from msgspec.structs import replace
from starlette.responses import Response

from legato.queries.rights import ALL
from legato.serving.api.keys import ApiKey
from legato.serving.api.problems import Problem
from legato.serving.pages import labels
from legato.serving.pages.page_route import Page
from legato.serving.pages.problems import PageProblem
from legato.serving.pages.users import PAGES_KEY, key_of
from legato.serving.pages.visit import PageVisit
from legato.serving.pages.words import to_say

LOOKS = "/pages/looks"
BY_ID = "customer_id"
VALUE_MOST = 300
NAME = re.compile(r"[0-9a-z]-(\.[0-9a-z])?[0-9a-f]{24}")
"""An id of ours, also of somebody who was erased; one given upstream must be known."""


async def get_search(visit: PageVisit) -> Response:
    """Show the form alone."""
    return _page(visit)


async def post_search(visit: PageVisit) -> Response:
    """Find whom an identifier belongs to; the answer leads on, and has an id in its address."""
    kind, value = visit.fields.get("kind", ""), visit.fields.get("value", "").strip()
    if not 0 < len(value) <= VALUE_MOST or (kind != BY_ID and kind not in labels.IDENTIFIERS):
        raise PageProblem(HTTPStatus.BAD_REQUEST, "This form cannot be read.")
    if customer_id := await _found(visit, kind, value):
        return visit.go(f"{LOOKS}/{quote(customer_id, safe='')}")
    return _page(visit, HTTPStatus.NOT_FOUND, says=to_say("We know nobody by this."))


async def get_looks(visit: PageVisit) -> Response:
    """Show who looked at a customer: also at one who was erased, or merged into another."""
    customer_id = visit.path["customer_id"][:VALUE_MOST]
    now_called = await visit.api.customers.who_goes_on(customer_id)
    asked = tuple(dict.fromkeys((now_called, customer_id)))
    found = await visit.desk.look_reader.read(asked, visit.now)
    await visit.api.audit.note_looks(
        visit.request, _key(visit), [now_called], visit.called, "who looked at whom"
    )
    keys = {each.key_id: _called(visit, each.key_id) for each in found.looks}
    return _page(visit, customer_id=now_called, found=found, keys=keys)


async def _found(visit: PageVisit, kind: str, value: str) -> str:
    """Find a customer's id; empty if there is none, so that no address shows what was typed."""
    customers = visit.api.customers
    if kind == BY_ID:
        is_known = NAME.fullmatch(value) or await customers.ask(
            "GET", customers.keys.customer(value)
        )
        return value if is_known else ""
    try:
        return (await customers.find(kind, value, _key(visit))).customer_id
    except Problem as problem:
        if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
            raise
        return ""


def _page(visit: PageVisit, status: HTTPStatus = HTTPStatus.OK, **told: object) -> Response:
    plain: dict[str, object] = {"customer_id": "", "found": None, "keys": {}, "says": ""}
    return visit.page("looks.html", plain | told, status)


def _key(visit: PageVisit) -> ApiKey:
    """With what they find somebody: whoever sees to privacy does so for all brands."""
    return key_of(replace(visit.user, brands=(ALL,)))


def _called(visit: PageVisit, key_id: str) -> str:
    """What a key is called; of one that is gone, its id."""
    if key_id == PAGES_KEY:
        return visit.words(to_say("The desk"))
    return visit.api.access.name_of(key_id) or key_id


PAGES = (
    Page(LOOKS, get_search, "see_looks"),
    Page(LOOKS, post_search, "see_looks", "POST"),
    Page(LOOKS + "/{customer_id}", get_looks, "see_looks"),
)
