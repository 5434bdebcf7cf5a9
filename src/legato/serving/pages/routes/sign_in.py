"""Signing in and out."""

from __future__ import annotations

from http import HTTPStatus
from typing import Literal, TypedDict

from starlette.responses import RedirectResponse, Response

from legato.queries.rights import User
from legato.serving.api.problems import Problem
from legato.serving.pages.going_on import going_on_to
from legato.serving.pages.oidc.refused import SignInRefused
from legato.serving.pages.oidc.sign_in import BEGUN_S, SIGN_IN_COOKIE
from legato.serving.pages.page_route import SIGN_IN, Page
from legato.serving.pages.problems import nothing_here
from legato.serving.pages.sessions import COOKIE
from legato.serving.pages.users import LocalUser
from legato.serving.pages.visit import PageVisit
from legato.serving.pages.words import to_say

NAME_MOST, PASSWORD_MOST = 100, 1_000


class _CookieRules(TypedDict):
    path: str
    secure: bool
    httponly: bool
    samesite: Literal["lax"]


_COOKIE: _CookieRules = {"path": "/", "secure": True, "httponly": True, "samesite": "lax"}


async def get_sign_in(visit: PageVisit) -> Response:
    """Show the form; who is signed in already goes on."""
    to = going_on_to(visit.request.query_params.get("to", ""))
    if visit.session is not None:
        return visit.go(to)
    return _form(visit, to)


async def post_sign_in(visit: PageVisit) -> Response:
    """Sign in with name and password; a new session begins by it."""
    fields = visit.fields
    name, to = fields.get("name", "")[:NAME_MOST], going_on_to(fields.get("to", ""))
    client = visit.request.client
    try:
        await visit.desk.attempts.spend(name, client.host if client else "", visit.now)
    except Problem as problem:
        if problem.status != HTTPStatus.TOO_MANY_REQUESTS:
            raise
        says = to_say("That was tried too often. Please wait five minutes.")
        return _form(visit, to, HTTPStatus.TOO_MANY_REQUESTS, says)
    password = fields.get("password", "")[:PASSWORD_MOST]
    known = await visit.desk.users.sign_in(name, password, visit.now)
    if known is None:
        says = to_say("Name or password is wrong.")
        return _form(visit, to, HTTPStatus.FORBIDDEN, says)
    await visit.desk.attempts.forgive(name)
    return await begin(visit, known, to)


async def get_oidc(visit: PageVisit) -> Response:
    """Send somebody to the sign-in service of their company."""
    if visit.desk.oidc is None:
        raise nothing_here()
    to = visit.request.query_params.get("to", "")
    try:
        url, cookie = await visit.desk.oidc.begin(to)
    except SignInRefused as refused:
        return _form(visit, going_on_to(to), HTTPStatus.BAD_GATEWAY, refused.words)
    response = RedirectResponse(url, HTTPStatus.SEE_OTHER.value)
    response.set_cookie(SIGN_IN_COOKIE, cookie, max_age=BEGUN_S, **_COOKIE)
    return response


async def get_callback(visit: PageVisit) -> Response:
    """Take whom the sign-in service sends back."""
    if visit.desk.oidc is None:
        raise nothing_here()
    cookie = visit.request.cookies.get(SIGN_IN_COOKIE, "")
    try:
        user, to = await visit.desk.oidc.finish(visit.request.query_params, cookie)
    except SignInRefused as refused:
        return _form(visit, going_on_to(""), HTTPStatus.FORBIDDEN, refused.words)
    response = await begin(visit, user, to)
    response.delete_cookie(SIGN_IN_COOKIE, **_COOKIE)
    return response


async def post_sign_out(visit: PageVisit) -> Response:
    """Sign out: the session is over, whatever the cookie says."""
    if visit.session is not None:
        await visit.desk.sessions.end(visit.session)
    response = visit.go(SIGN_IN)
    response.delete_cookie(COOKIE, **_COOKIE)
    return response


async def begin(visit: PageVisit, who: LocalUser | User, to: str) -> Response:
    """Begin a session, under a new id, and go on; one that was open before is over."""
    if visit.session is not None:
        await visit.desk.sessions.end(visit.session)
    token, _ = await visit.desk.sessions.begin(who)
    response = visit.go(to)
    response.set_cookie(COOKIE, token, **_COOKIE)
    return response


def _form(
    visit: PageVisit, to: str, status: HTTPStatus = HTTPStatus.OK, says: str = ""
) -> Response:
    told = {"to": to, "says": says, "name": visit.fields.get("name", "")[:NAME_MOST]}
    ways = {"oidc": visit.desk.oidc is not None, "local": visit.desk.users.may_be}
    return visit.page("sign_in.html", {**told, **ways}, status)


PAGES = (
    Page(SIGN_IN, get_sign_in, None),
    Page(SIGN_IN, post_sign_in, None, "POST"),
    Page(SIGN_IN + "/oidc", get_oidc, None),
    Page(SIGN_IN + "/back", get_callback, None),
    Page("/pages/sign-out", post_sign_out, "see_kit", "POST"),
)
