"""A page that stands while its customer is erased, split, merged or passed on."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

import pytest
from confluent_kafka import Producer

from legato.local import wait_until
from tests.integration.desk_contact import Contact
from tests.integration.desk_world import (
    OTHER_QUEUE,
    QUEUE,
    VENUE,
    DeskWorld,
    SignedIn,
    a_name,
    running_desk,
)
from tests.integration.page_stream import PageStream, open_stream

pytestmark = [pytest.mark.integration, pytest.mark.long]

STORE = f"/pages/venues/{VENUE}"
SERVICE, SALES = f"/pages/queues/{QUEUE}", f"/pages/queues/{OTHER_QUEUE}"
PEOPLE = {
    "maria": ("--role", "associate", "--venue", VENUE, "--brand", "*"),
    "nora": ("--role", "associate", "--venue", VENUE, "--brand", "north"),
    "anna": ("--role", "agent", "--queue", QUEUE, "--brand", "*"),
    "ben": ("--role", "agent", "--queue", OTHER_QUEUE, "--brand", "*"),
    "kim": ("--role", "agent", "--queue", "*", "--brand", "*"),
}
CLOSED_S = 2.0
"""Within so long a page closes, once the view has what closes it."""
GONE = "is not to be seen here any more"
APART = "who are told apart now"


@pytest.fixture(scope="module")
def desk(
    bootstrap: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DeskWorld]:
    with running_desk(bootstrap, redis_url, tmp_path_factory.mktemp("open")) as desk:
        for name, words in PEOPLE.items():
            desk.add_user(name, *words, "--language", "en")
        yield desk


@pytest.fixture(scope="module")
def people(desk: DeskWorld) -> dict[str, SignedIn]:
    return {name: desk.sign_in(name) for name in PEOPLE}


def comes_in(desk: DeskWorld, who: Mapping[str, str], **more: str) -> str:
    """Have somebody put an article into the cart and come in, and return their id."""
    shoe = {"sku": "SHOE-42", "name": "Runner Air", "price": 89.0, "currency": "EUR"}
    desk.tell("cart.item_added", "web", who, data=shoe, **more)
    desk.tell("store.visited", "store", who, location={"venue": VENUE}, **more)
    return desk.customer(*next(iter(who.items())))


def desk_customer(desk: DeskWorld, kind: str, value: str) -> str:
    """Have somebody look at a page, and return their id."""
    desk.tell("page.viewed", "web", {kind: value})
    return desk.customer(kind, value)


def page_of(who: SignedIn, place: str, customer_id: str) -> str:
    """Open somebody's page, once they are to be seen there, and return its path."""
    path = f"{place}/customers/{customer_id}"
    wait_until(lambda: who.get(path).status_code == 200, f"`{path}`")
    return path


def shows(desk: DeskWorld, customer_id: str) -> dict[str, object]:
    """What the view has of a customer; empty if there is none."""
    answer = desk.http.get(f"/v1/customers/{customer_id}", headers=desk.admin)
    return dict(answer.json()) if answer.status_code == 200 else {}


def is_shut(stream: PageStream, since: float) -> str:
    """See that a page is left within two seconds, and say where it leads."""
    left = stream.wait_for("left")
    assert left.at - since <= CLOSED_S
    return left.data


def test_who_asks_to_be_forgotten_is_gone_from_an_open_card_and_packet(
    desk: DeskWorld, people: dict[str, SignedIn]
) -> None:
    who = {"loyalty_id": a_name("card")}
    customer = comes_in(desk, who)
    desk.tell("contact.started", "call", who, data={"queue": QUEUE})
    card = page_of(people["maria"], STORE, customer)
    packet = page_of(people["anna"], SERVICE, customer)
    with (
        open_stream(people["maria"], card) as store,
        open_stream(people["anna"], packet) as service,
        open_stream(people["maria"], STORE) as listed,
    ):
        desk.tell("privacy.erasure_requested", "web", who)
        wait_until(lambda: shows(desk, customer).get("erasure"), "the view to know of it")
        now = time.monotonic()
        assert (is_shut(store, now), is_shut(service, now)) == ("", "")
        listed.wait_for("changed", since=now - 5)
    for name, page in (("maria", card), ("anna", packet)):
        assert people[name].get(page).status_code == 404
        assert people[name].get(f"{page}/live").status_code == 404
    assert customer not in people["maria"].get(f"{STORE}/list").text
    assert GONE in people["maria"].get(f"{STORE}?left=gone").text
    sought = people["anna"].post(
        f"{SERVICE}/search", {"kind": "loyalty_id", "value": who["loyalty_id"]}
    )
    assert sought.status_code == 404


def test_who_is_erased_is_gone_from_an_open_card(
    desk: DeskWorld, people: dict[str, SignedIn]
) -> None:
    customer = comes_in(desk, {"loyalty_id": a_name("card")})
    card = page_of(people["maria"], STORE, customer)
    settings = desk.legato.settings
    with open_stream(people["maria"], card) as store:
        producer = Producer({"bootstrap.servers": settings.kafka.bootstrap})
        producer.produce(f"{settings.kafka.prefix}customer.contexts", None, customer)
        assert producer.flush(30) == 0
        wait_until(lambda: not shows(desk, customer), "the view to have erased them")
        assert is_shut(store, time.monotonic()) == ""


def test_who_is_split_in_two_is_not_shown_as_one_on_an_open_card(
    desk: DeskWorld, people: dict[str, SignedIn]
) -> None:
    card_number, email = a_name("card"), f"{a_name('kim')}@example.org"
    customer = comes_in(desk, {"loyalty_id": card_number, "email": email})
    wait_until(lambda: desk.customer("email", email) == customer, "the two to be one")
    desk.tell("contact.started", "call", {"loyalty_id": card_number}, data={"queue": QUEUE})
    card = page_of(people["maria"], STORE, customer)
    packet = page_of(people["anna"], SERVICE, customer)
    with (
        open_stream(people["maria"], card) as store,
        open_stream(people["anna"], packet) as service,
    ):
        told = desk.legato("identity", "split", f"email:{email}")
        assert told.code == 0, told.err
        wait_until(lambda: email not in str(shows(desk, customer)), "the view to know of it")
        now = time.monotonic()
        assert is_shut(store, now) == f"{STORE}?left=apart"
        assert is_shut(service, now) == f"{SERVICE}?left=apart"
    assert APART in people["maria"].get(f"{STORE}?left=apart").text
    assert APART in people["anna"].get(f"{SERVICE}?left=apart").text
    with open_stream(people["maria"], card) as again:
        assert again.heard[0].name == "changed"


def test_who_is_merged_while_their_card_is_open_goes_on_as_whom_they_become(
    desk: DeskWorld, people: dict[str, SignedIn]
) -> None:
    card, account = a_name("card"), a_name("account")
    former = desk_customer(desk, "loyalty_id", card)
    goes_on = desk_customer(desk, "user_id", account)
    shown = people["maria"].post(f"{STORE}/scan", {"code": card})
    assert shown.headers["location"] == f"{STORE}/customers/{former}"
    sought = people["anna"].post(f"{SERVICE}/search", {"kind": "loyalty_id", "value": card})
    assert sought.headers["location"] == f"{SERVICE}/customers/{former}"
    with (
        open_stream(people["maria"], f"{STORE}/customers/{former}") as store,
        open_stream(people["anna"], f"{SERVICE}/customers/{former}") as service,
    ):
        desk.tell("account.logged_in", "web", {"user_id": account, "loyalty_id": card})
        for stream, place in ((store, STORE), (service, SERVICE)):
            assert stream.wait_for("left").data == f"{place}/customers/{goes_on}"
    for name, place in (("maria", STORE), ("anna", SERVICE)):
        assert people[name].get(f"{place}/customers/{goes_on}").status_code == 200
        led = people[name].get(f"{place}/customers/{former}")
        assert led.headers["location"] == f"{place}/customers/{goes_on}"


def test_who_is_passed_on_leaves_the_list_at_once_and_takes_along_what_waits(
    desk: DeskWorld, people: dict[str, SignedIn]
) -> None:
    caller = Contact(desk)
    row = f'id="of-{caller.id}"'
    assert row in people["anna"].get(f"{SERVICE}/list").text
    with (
        open_stream(people["anna"], SERVICE) as service,
        open_stream(people["ben"], SALES) as sales,
    ):
        told = {"queue": OTHER_QUEUE, "agent": "ben"}
        began = time.monotonic()
        desk.tell("contact.transferred", "call", {"loyalty_id": caller.card}, data=told)
        came = sales.wait_for("changed", since=began)
        left = service.wait_for("changed", since=began)
        assert abs(left.at - came.at) < 1.0
    assert row not in people["anna"].get(f"{SERVICE}/list").text
    assert row in people["ben"].get(f"{SALES}/list").text
    packet = people["ben"].get(f"{SALES}/customers/{caller.id}").text
    assert "/claim" in packet
    action = packet.partition(f"{SALES}/actions/")[2].partition("/")[0]
    claimed = people["ben"].post(f"{SALES}/actions/{action}/claim", {"tap": a_name("tap")})
    assert claimed.headers["location"].startswith(f"{SALES}/customers/{caller.id}?done=mine")


def test_a_contact_that_names_no_queue_is_seen_by_who_has_all(
    desk: DeskWorld, people: dict[str, SignedIn]
) -> None:
    who = {"loyalty_id": a_name("card")}
    desk.tell("message.received", "email", who, data={"reason": "damaged"}, ago_s=600)
    desk.tell("contact.started", "call", who, data={"reason": "damaged"})
    customer, there = desk.customer(*next(iter(who.items()))), "/pages/queues/unassigned"
    wait_until(lambda: customer in people["kim"].get(f"{there}/list").text, "the caller")
    packet = f"{there}/customers/{customer}"
    wait_until(lambda: "/claim" in people["kim"].get(packet).text, "what there is to do")
    home = people["kim"].get("/pages/").text
    assert f'href="{there}"' in home
    assert "Without a queue" in home
    for name, place in (("anna", SERVICE), ("ben", SALES)):
        assert people[name].get(there).status_code == 403
        assert customer not in people[name].get(f"{place}/list").text


def test_who_touched_no_brand_is_seen_by_those_alone_who_see_all(
    desk: DeskWorld, people: dict[str, SignedIn]
) -> None:
    plain = comes_in(desk, {"loyalty_id": a_name("card")})
    branded = comes_in(desk, {"loyalty_id": a_name("card")}, brand="north")
    for customer in (plain, branded):
        page_of(people["maria"], STORE, customer)
    page_of(people["nora"], STORE, branded)
    assert people["nora"].get(f"{STORE}/customers/{plain}").status_code == 404
    assert plain not in people["nora"].get(f"{STORE}/list").text
