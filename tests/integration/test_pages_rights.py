"""Each page, each part of one and each stream, asked for by each role, here and elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from legato.queries.rights import ROLES, User, Whose, may
from legato.serving.pages.app import PAGES
from legato.serving.pages.page_route import Page
from tests.integration.desk_world import (
    OTHER_QUEUE,
    OTHER_VENUE,
    QUEUE,
    VENUE,
    DeskWorld,
    SignedIn,
    a_name,
    running_desk,
)

pytestmark = pytest.mark.integration
PLACE = re.compile(r"\{(\w+)\}")
OPEN = [each for each in PAGES if each.deed is None]
SIGN_OUT = "/pages/sign-out"
CLOSED = [each for each in PAGES if each.deed is not None and each.path != SIGN_OUT]
AT_THE_DESK = [each for each in CLOSED if not each.is_embedded]
IN_A_FRAME = [each for each in CLOSED if each.is_embedded]
LET_IN = frozenset((200, 303, 400, 404, 409))
"""What somebody is answered who may, whether or not there is anything to see."""


@pytest.fixture(scope="module")
def desk(
    bootstrap: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DeskWorld]:
    with running_desk(bootstrap, redis_url, tmp_path_factory.mktemp("desk")) as desk:
        for role in ROLES:
            desk.add_user(
                role, "--role", role, "--venue", VENUE, "--queue", QUEUE, "--brand", "*"
            )
        yield desk


@pytest.fixture(scope="module")
def people(desk: DeskWorld) -> dict[str, SignedIn]:
    return {role: desk.sign_in(role) for role in ROLES}


@pytest.fixture(scope="module")
def frame(desk: DeskWorld) -> SignedIn:
    return desk.framed(desk.console_key())


def path_of(page: Page, venue: str = VENUE, queue: str = QUEUE) -> str:
    """The path of a page, of somebody who is nobody."""
    told = {"venue": venue, "queue": queue, "customer_id": "0-" + "0" * 24}
    return PLACE.sub(lambda found: told.get(found[1], "x" * 16), page.path)


def asked(who: SignedIn, page: Page, path: str) -> int:
    """Ask for it as its pages do, and say what the answer is; a stream is let go at once."""
    if page.method == "POST":
        return who.post(path, {"tap": a_name("tap")}).status_code
    if path.endswith("/live"):
        with who.stream(path) as answer:
            return answer.status_code
    return who.get(path).status_code


@pytest.mark.parametrize("page", AT_THE_DESK, ids=lambda page: f"{page.method} {page.path}")
def test_each_page_is_for_those_who_may_and_for_no_others(
    page: Page, people: dict[str, SignedIn]
) -> None:
    assert page.deed is not None
    venue, queue = "{venue}" in page.path, "{queue}" in page.path
    for role in ROLES:
        user = User(role, role, (role,), ("*",), (VENUE,), (QUEUE,))
        places = [(VENUE, QUEUE), (OTHER_VENUE, OTHER_QUEUE)] if venue or queue else [("", "")]
        for there_venue, there_queue in places:
            whose = Whose(
                venue=there_venue if venue else "", queue=there_queue if queue else ""
            )
            answer = asked(people[role], page, path_of(page, there_venue, there_queue))
            assert (answer in LET_IN) == may(user, page.deed, whose), (role, answer)


@pytest.mark.parametrize("page", IN_A_FRAME, ids=lambda page: f"{page.method} {page.path}")
def test_each_page_in_a_frame_is_for_its_queue_and_for_no_session_of_the_desk(
    page: Page, people: dict[str, SignedIn], frame: SignedIn
) -> None:
    assert asked(frame, page, path_of(page)) in LET_IN
    assert asked(frame, page, path_of(page, queue=OTHER_QUEUE)) == 403
    for role in ROLES:
        answer = people[role].get(path_of(page))
        assert (answer.status_code, answer.headers.get("location")) in (
            (303, "/pages/embed"),
            (405, None),
        )


@pytest.mark.parametrize("page", CLOSED, ids=lambda page: f"{page.method} {page.path}")
def test_who_is_not_signed_in_is_sent_to_sign_in(page: Page, desk: DeskWorld) -> None:
    path, to = path_of(page), "/pages/embed" if page.is_embedded else "/pages/sign-in"
    answer = desk.http.request(page.method, path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(to)
    part = desk.http.request(page.method, path, headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["hx-redirect"]) == (401, to)


@pytest.mark.parametrize(
    "page", [each for each in AT_THE_DESK if each.method == "POST"], ids=lambda page: page.path
)
def test_a_form_that_is_no_page_of_theirs_changes_nothing(
    page: Page, people: dict[str, SignedIn]
) -> None:
    for told in ({"csrf": "x" * 43}, {"csrf": people["agent"].csrf}, {"csrf": ""}):
        assert people["associate"].post(path_of(page), told).status_code == 403
    elsewhere = {"sec-fetch-site": "cross-site"}
    assert people["associate"].post(path_of(page), {}, **elsewhere).status_code == 403
    origin = {"origin": "https://evil.example"}
    assert people["associate"].post(path_of(page), {}, **origin).status_code == 403


def test_a_session_that_was_signed_out_is_over_wherever_its_cookie_is(desk: DeskWorld) -> None:
    who = desk.sign_in("marketer")
    assert who.get("/pages/kit").status_code == 200
    assert who.post(SIGN_OUT, {}).status_code == 303
    assert who.get("/pages/kit").headers["location"].startswith("/pages/sign-in")


def test_pages_keep_to_themselves(people: dict[str, SignedIn]) -> None:
    headers = people["associate"].get(f"/pages/venues/{VENUE}").headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"


def test_a_nonce_is_never_the_same(people: dict[str, SignedIn]) -> None:
    policies = {
        people["associate"].get("/pages/kit").headers["content-security-policy"]
        for _ in range(5)
    }
    assert len(policies) == 5
