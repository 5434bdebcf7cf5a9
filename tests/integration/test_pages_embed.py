"""Pages in a console's frame: opened by a ticket, once, and for nothing else."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping

import msgspec
import pytest
import redis

from legato.local import wait_until
from legato.serving.pages.app import PAGES
from legato.serving.pages.sessions import COOKIE, EMBED_COOKIE
from legato.wire.topics.access_log import AccessRecord
from tests.integration.desk_contact import Contact
from tests.integration.desk_world import (
    CONSOLE,
    OTHER_QUEUE,
    QUEUE,
    VENUE,
    DeskWorld,
    SignedIn,
    running_desk,
)
from tests.integration.said import records

pytestmark = pytest.mark.integration
FRAME = f"/pages/embed/queues/{QUEUE}"
OVER = "Open it again from your console"
CLAIM = re.compile(r'action="([^"]+/actions/([^/"]+)/claim)"')


@pytest.fixture(scope="module")
def desk(
    bootstrap: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DeskWorld]:
    with running_desk(bootstrap, redis_url, tmp_path_factory.mktemp("embed")) as desk:
        yield desk


@pytest.fixture(scope="module")
def kim(desk: DeskWorld) -> Contact:
    return Contact(desk)


@pytest.fixture(scope="module")
def key(desk: DeskWorld) -> dict[str, str]:
    return desk.console_key("--scope", "read")


@pytest.fixture
def store(desk: DeskWorld, redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as store:
        yield store


def kept(desk: DeskWorld, what: str) -> str:
    """What all keys in Redis of a kind begin with."""
    return desk.legato.environ["LEGATO_REDIS_PREFIX"] + what


def looks(desk: DeskWorld) -> list[AccessRecord]:
    return [
        msgspec.json.decode(each.value or b"", type=AccessRecord)
        for each in records(desk.legato.settings, "access.log")
    ]


def revoke(desk: DeskWorld, key: Mapping[str, str]) -> None:
    told = desk.legato("keys", "revoke", key["Authorization"].split("_")[1])
    assert told.code == 0, told.err


def test_a_ticket_opens_the_packet_in_the_frame(
    desk: DeskWorld, key: dict[str, str], kim: Contact
) -> None:
    opened = desk.http.get(desk.ticket(key, customer_id=kim.id))
    assert opened.status_code == 303
    assert opened.headers["location"] == f"{FRAME}/customers/{kim.id}"
    assert opened.headers["referrer-policy"] == "no-referrer"
    [cookie] = opened.headers.get_list("set-cookie")
    rules = set(cookie.split("; ")[1:])
    assert rules == {"Path=/", "Secure", "HttpOnly", "SameSite=None", "Partitioned"}
    page = desk.framed(key, customer_id=kim.id).get(opened.headers["location"])
    assert page.status_code == 200
    assert "delivery damaged" in page.text
    assert 'class="bar"' not in page.text


def test_only_the_consoles_of_the_key_may_have_it_in_a_frame(
    desk: DeskWorld, key: dict[str, str]
) -> None:
    other = desk.console_key(origin="https://other.example")
    for bearer, origin in ((key, CONSOLE), (other, "https://other.example")):
        headers = desk.framed(bearer).get(FRAME).headers
        policy = headers["content-security-policy"]
        assert policy.endswith(f"frame-ancestors {origin}")
        assert "x-frame-options" not in headers


def test_a_page_of_the_desk_is_in_no_frame(desk: DeskWorld) -> None:
    headers = desk.http.get("/pages/sign-in").headers
    assert headers["content-security-policy"].endswith("frame-ancestors 'none'")
    assert headers["x-frame-options"] == "DENY"


def test_a_ticket_counts_once(desk: DeskWorld, key: dict[str, str]) -> None:
    path = desk.ticket(key)
    assert desk.http.get(path).status_code == 303
    again = desk.http.get(path)
    assert (again.status_code, OVER in again.text) == (403, True)
    assert "set-cookie" not in again.headers


@pytest.mark.parametrize("ticket", ["", "x", "x" * 43, "x" * 10_000, "%00", "../session"])
def test_what_is_no_ticket_opens_nothing(desk: DeskWorld, ticket: str) -> None:
    answer = desk.http.get(f"/pages/embed?ticket={ticket}")
    assert (answer.status_code, OVER in answer.text) == (403, True)
    assert "set-cookie" not in answer.headers


def test_a_ticket_lives_for_a_minute_and_redis_does_not_have_it(
    desk: DeskWorld, key: dict[str, str], store: redis.Redis
) -> None:
    path = desk.ticket(key)
    ticket = path.partition("ticket=")[2]
    name = kept(desk, "embed:") + hashlib.sha256(ticket.encode()).hexdigest()
    assert 55 < store.ttl(name) <= 60
    assert ticket.encode() not in b"".join(store.scan_iter(kept(desk, "*")))
    store.pexpire(name, 0)
    assert desk.http.get(path).status_code == 403


def test_a_ticket_of_a_key_that_was_revoked_opens_nothing_and_its_frames_end(
    desk: DeskWorld,
) -> None:
    key = desk.console_key()
    path, frame = desk.ticket(key), desk.framed(key)
    assert frame.get(FRAME).status_code == 200
    revoke(desk, key)
    wait_until(lambda: frame.get(FRAME).status_code == 303, "the frame to end", deadline_s=15)
    assert frame.get(FRAME).headers["location"] == "/pages/embed"
    part = frame.get(f"{FRAME}/list", **{"hx-request": "true"})
    assert (part.status_code, part.headers["hx-redirect"]) == (401, "/pages/embed")
    assert desk.http.get(path).status_code == 403


def test_a_session_of_a_frame_ends_after_12_hours(
    desk: DeskWorld, key: dict[str, str], store: redis.Redis
) -> None:
    frame = desk.framed(key)
    name = kept(desk, "session:") + hashlib.sha256(frame.cookie.encode()).hexdigest()
    store.hset(name, "ends", 1)
    assert frame.get(FRAME).status_code == 303


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"user": "maria", "name": "Maria"},
        {"user": " ", "name": "Maria", "queue": QUEUE},
        {"user": "maria", "name": "", "queue": QUEUE},
        {"user": "maria", "name": "Maria", "queue": ""},
        {"user": "maria", "name": "Maria", "queue": "../venues/berlin-1"},
        {"user": "maria", "name": "Maria", "queue": "a?b"},
        {"user": "m" * 101, "name": "Maria", "queue": QUEUE},
        {"user": "ma\nria", "name": "Maria", "queue": QUEUE},
        {"user": "maria", "name": "Maria", "queue": QUEUE, "venue": VENUE},
    ],
)
def test_who_looks_and_at_which_queue_must_be_said(
    desk: DeskWorld, key: dict[str, str], told: dict[str, str]
) -> None:
    answer = desk.http.post("/v1/embed", json=told, headers=key)
    assert answer.status_code == 400
    assert "`customer_id` for a packet" in answer.json()["detail"]


def test_a_key_that_names_no_console_makes_no_ticket(desk: DeskWorld) -> None:
    told = {"user": "maria", "name": "Maria", "queue": QUEUE}
    answer = desk.http.post("/v1/embed", json=told, headers=desk.admin)
    assert answer.status_code == 403
    assert "--embed-origin" in answer.json()["detail"]


def test_a_ticket_is_for_a_customer_of_the_keys_brands(desk: DeskWorld) -> None:
    south, key = Contact(desk, "south"), desk.console_key("--brand", "north")
    told = {"user": "maria", "name": "Maria", "queue": QUEUE, "customer_id": south.id}
    assert desk.http.post("/v1/embed", json=told, headers=key).status_code == 404
    frame = desk.framed(key)
    assert f"/customers/{south.id}" not in frame.get(FRAME).text
    assert frame.get(f"{FRAME}/customers/{south.id}").status_code == 404


@pytest.mark.parametrize(
    "page",
    [each for each in PAGES if each.deed and not each.is_embedded],
    ids=lambda page: f"{page.method} {page.path}",
)
def test_a_session_of_a_frame_opens_nothing_else(
    page: object, desk: DeskWorld, frame: SignedIn
) -> None:
    place = {"{venue}": VENUE, "{queue}": QUEUE, "{customer_id}": "0-" + "0" * 24}
    path = re.sub(r"\{\w+\}", lambda found: place.get(found[0], "x" * 16), page.path)  # type: ignore[attr-defined]
    for name in (COOKIE, EMBED_COOKIE):
        bearing = {"Cookie": f"{name}={frame.cookie}"}
        answer = desk.http.request(page.method, path, headers=bearing)  # type: ignore[attr-defined]
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/pages/sign-in")


@pytest.fixture(scope="module")
def frame(desk: DeskWorld, key: dict[str, str]) -> SignedIn:
    return desk.framed(key)


def test_a_session_of_a_frame_is_of_its_queue_alone(frame: SignedIn) -> None:
    assert frame.get(f"/pages/embed/queues/{OTHER_QUEUE}").status_code == 403
    assert frame.post(f"/pages/embed/queues/{OTHER_QUEUE}/search", {}).status_code == 403


def test_a_session_of_the_desk_does_not_count_in_a_frame(desk: DeskWorld) -> None:
    desk.add_user("anna", "--role", "agent", "--queue", QUEUE, "--brand", "*")
    anna = desk.sign_in("anna")
    assert anna.get(f"/pages/queues/{QUEUE}").status_code == 200
    assert anna.get(FRAME).headers["location"] == "/pages/embed"
    moved = SignedIn(desk.http, "anna", anna.cookie, EMBED_COOKIE)
    assert moved.get(FRAME).headers["location"] == "/pages/embed"


def test_what_is_for_a_frame_opens_in_no_window_of_its_own(
    desk: DeskWorld, key: dict[str, str], frame: SignedIn
) -> None:
    alone = {"sec-fetch-dest": "document"}
    assert frame.get(FRAME, **alone).status_code == 403
    path = desk.ticket(key)
    assert desk.http.get(path, headers=alone).status_code == 403
    assert desk.http.get(path, headers={"sec-fetch-dest": "iframe"}).status_code == 303


def test_a_form_in_a_frame_is_one_of_ours(frame: SignedIn) -> None:
    search = {"kind": "loyalty_id", "value": "nobody"}
    here = {"sec-fetch-site": "same-origin"}
    assert frame.post(f"{FRAME}/search", search, **here).status_code == 404
    for told, site in (
        ({"csrf": "x" * 43}, "same-origin"),
        ({"csrf": ""}, "same-origin"),
        ({}, "cross-site"),
        ({}, "same-site"),
    ):
        sent = frame.post(f"{FRAME}/search", search | told, **{"sec-fetch-site": site})
        assert sent.status_code == 403


def test_frames_side_by_side_share_a_session_and_another_user_has_their_own(
    desk: DeskWorld, key: dict[str, str], kim: Contact
) -> None:
    ben = desk.framed(key, "ben")
    second = ben.get(desk.ticket(key, "ben", customer_id=kim.id))
    assert "set-cookie" not in second.headers
    assert ben.get(second.headers["location"]).status_code == 200
    cleo = ben.get(desk.ticket(key, "cleo"))
    assert cleo.cookies[EMBED_COOKIE] != ben.cookie


def test_who_claims_in_a_frame_has_it_in_the_api_as_well(desk: DeskWorld) -> None:
    key, kim = desk.console_key("--scope", "read"), Contact(desk)
    frame = desk.framed(key, "dora", customer_id=kim.id)
    found = CLAIM.search(frame.get(f"{FRAME}/customers/{kim.id}").text)
    assert found
    done = frame.post(found[1], {"tap": "t"}, **{"hx-request": "true"})
    assert f'data-claimed="{found[2]}"' in done.text
    told = desk.http.get(f"/v1/actions/{found[2]}", headers=key).json()
    assert told["claimed"]["by"] == "dora"
    url = f"/v1/actions/{found[2]}/outcome"
    reported = {"status": "accepted", "by": "dora"}
    assert desk.http.post(url, json=reported, headers=key).status_code == 202


def test_each_look_in_a_frame_is_written_with_its_key(
    desk: DeskWorld, key: dict[str, str], kim: Contact
) -> None:
    desk.framed(key, "emil", customer_id=kim.id).get(f"{FRAME}/customers/{kim.id}")
    seen = [each for each in looks(desk) if each.who == "emil"]
    assert [each.route for each in seen] == [
        "/v1/embed",
        "/pages/embed/queues/{queue}/customers/{customer_id}",
    ]
    assert {each.key_id for each in seen} == {key["Authorization"].split("_")[1]}


def test_neither_log_nor_page_has_a_ticket(
    desk: DeskWorld, key: dict[str, str], kim: Contact
) -> None:
    path = desk.ticket(key, customer_id=kim.id)
    ticket = path.partition("ticket=")[2]
    opened = desk.http.get(path)
    assert ticket not in opened.headers["location"] + opened.text
    assert ticket not in desk.http.get(path).text
    assert ticket not in desk.api.out.read_text()


def test_the_packet_as_json_is_what_the_page_shows(
    desk: DeskWorld, key: dict[str, str], kim: Contact
) -> None:
    url = f"/v1/customers/{kim.id}/packet"
    told = desk.http.get(url, params={"queue": QUEUE}, headers=key).json()
    assert told["needs"][0]["reason"] == "delivery_damaged"
    assert told["contact"]["channel"] == "call"
    happened = {each["type"] for each in told["timeline"]}
    assert happened >= {"contact.started", "message.received"}
    assert told["tasks"][0]["action_id"]
    assert any(each.route.endswith("/packet") for each in looks(desk))
    elsewhere = desk.http.get(url, params={"queue": OTHER_QUEUE}, headers=key).json()
    assert (elsewhere["contact"], elsewhere["tasks"]) == (None, [])
    assert desk.http.get(url, headers=key).status_code == 400
