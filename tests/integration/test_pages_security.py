"""Who means ill gets nowhere at the pages, and nothing personal is in a log."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from legato.local import wait_until
from legato.serving.pages.attempts import OF_A_NAME
from legato.serving.pages.sessions import COOKIE
from tests.integration.desk_world import (
    PASSWORD,
    VENUE,
    DeskWorld,
    SignedIn,
    a_name,
    running_desk,
)

pytestmark = pytest.mark.integration
STORE = f"/pages/venues/{VENUE}"
LEFT = "event: left"
ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "/pages/../../evil",
    "/pages//evil.example",
    "/pages/%2e%2e/",
    "javascript:alert(1)",
    "/pages/\r\nSet-Cookie: a=b",
    " https://evil.example",
)


@pytest.fixture(scope="module")
def desk(
    bootstrap: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DeskWorld]:
    with running_desk(bootstrap, redis_url, tmp_path_factory.mktemp("desk")) as desk:
        for name in ("often", "mallory", "maria"):
            desk.add_user(name, "--role", "associate", "--venue", VENUE, "--brand", "*")
        # Once the API knows who was added last, it knows all of them.
        desk.sign_in(name)
        yield desk


@pytest.fixture(scope="module")
def maria(desk: DeskWorld) -> SignedIn:
    return desk.sign_in("maria")


def signing_in(desk: DeskWorld, name: str, **told: str) -> httpx.Response:
    fields = {"name": name, "password": PASSWORD, "to": STORE, **told}
    return desk.http.post("/pages/sign-in", data=fields)


@pytest.mark.parametrize("to", ELSEWHERE)
def test_who_signs_in_is_sent_nowhere_else(to: str, desk: DeskWorld, maria: SignedIn) -> None:
    answer = maria.get(f"/pages/sign-in?{httpx.QueryParams(to=to)}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/pages/")
    assert "set-cookie" not in answer.headers


def test_the_form_sends_nobody_elsewhere(desk: DeskWorld) -> None:
    assert signing_in(desk, "maria", to=ELSEWHERE[0]).headers["location"] == "/pages/"


def test_a_cookie_that_somebody_else_chose_never_becomes_a_session(desk: DeskWorld) -> None:
    chosen = "x" * 43
    fields = {"name": "maria", "password": PASSWORD, "to": STORE}
    answer = desk.http.post(
        "/pages/sign-in", data=fields, headers={"Cookie": f"{COOKIE}={chosen}"}
    )
    given = answer.cookies[COOKIE]
    assert given != chosen
    assert SignedIn(desk.http, "maria", given).get(STORE).status_code == 200
    assert SignedIn(desk.http, "maria", chosen).get(STORE).status_code == 303


def test_who_signs_in_again_has_a_new_session_and_the_old_one_is_over(desk: DeskWorld) -> None:
    first = desk.sign_in("maria")
    fields = {"name": "maria", "password": PASSWORD, "to": STORE}
    answer = desk.http.post(
        "/pages/sign-in", data=fields, headers={"Cookie": f"{COOKIE}={first.cookie}"}
    )
    assert answer.cookies[COOKIE] != first.cookie
    assert first.get(STORE).status_code == 303


def test_a_cookie_is_for_this_host_its_pages_and_nothing_else(desk: DeskWorld) -> None:
    told = signing_in(desk, "maria").headers["set-cookie"]
    name, _, flags = told.partition(";")
    assert name.startswith("__Host-legato=")
    assert {each.strip().lower() for each in flags.split(";")} == {
        "httponly", "secure", "path=/", "samesite=lax",
    }  # fmt: skip


def test_no_page_is_shown_in_a_page_of_somebody_else(desk: DeskWorld, maria: SignedIn) -> None:
    for answer in (maria.get(STORE), maria.get("/pages/nothing"), desk.http.get(STORE)):
        if answer.headers.get("content-type", "").startswith("text/html"):
            assert answer.headers["x-frame-options"] == "DENY"
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_who_was_right_may_sign_in_as_often_as_they_like(desk: DeskWorld) -> None:
    told = {signing_in(desk, "often").status_code for _ in range(OF_A_NAME + 1)}
    assert told == {303}


def test_who_guesses_passwords_has_to_wait(desk: DeskWorld) -> None:
    wrong = [signing_in(desk, "mallory", password="a guess") for _ in range(OF_A_NAME)]
    assert {each.status_code for each in wrong} == {403}
    answer = signing_in(desk, "mallory")
    assert answer.status_code == 429
    assert "That was tried too often. Please wait five minutes." in answer.text
    assert "set-cookie" not in answer.headers


def a_customer(desk: DeskWorld) -> tuple[dict[str, str], str]:
    """Somebody with a name and an address, who is at the venue."""
    who = {"loyalty_id": a_name("card"), "email": f"{a_name('zora')}@example.org"}
    desk.tell("customer.updated", "web", who, data={"traits": {"first_name": "Zorabella"}})
    desk.tell("store.visited", "store", who, location={"venue": VENUE})
    return who, desk.customer("loyalty_id", who["loyalty_id"])


def test_nothing_personal_is_in_an_address_a_title_or_the_log(
    desk: DeskWorld, maria: SignedIn
) -> None:
    who, customer = a_customer(desk)
    answer = maria.post(f"{STORE}/scan", {"code": who["loyalty_id"]})
    assert answer.headers["location"] == f"{STORE}/customers/{customer}"
    card = maria.get(answer.headers["location"])
    assert "Zorabella" in card.text
    [title] = re.findall("<title>(.*?)</title>", card.text)
    assert "Zorabella" not in title
    logged = desk.api.out.read_text()
    secrets = ("Zorabella", *who.values(), maria.cookie, maria.csrf, PASSWORD)
    assert [each for each in secrets if each in logged] == []


def test_the_card_of_who_is_to_be_forgotten_closes(desk: DeskWorld, maria: SignedIn) -> None:
    who, customer = a_customer(desk)
    card = f"{STORE}/customers/{customer}"
    wait_until(lambda: maria.get(card).status_code == 200, "the card")
    with maria.stream(f"{card}/live") as answer:
        lines = answer.iter_lines()
        assert "event: changed" in lines
        desk.tell("privacy.erasure_requested", "web", who)
        assert LEFT in lines
    assert maria.get(card).status_code == 404
