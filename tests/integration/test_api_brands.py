"""Keys limited to brands, at the live API: each sees its own, and what is nobody's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from legato import settings as of
from legato.cli.envelope import wall_clock
from legato.core.events.event import Event
from legato.core.values.outputs import Action, Decision
from legato.core.values.time import MINUTE
from legato.harness import Harness
from legato.settings import Settings
from legato.testing import event
from tests.integration.api_process import ApiProcess, running_api
from tests.integration.said import create, create_topics, records
from tests.integration.written_view import WrittenView

ANNA = "0-" + "a" * 24
"""Has a cart at each of two brands."""
BERT = "0-" + "b" * 24
"""Has touched the north alone."""
WORDS = {"north": ("NORTH-1", "north-cart"), "south": ("SOUTH-1", "south-cart")}
PARTS = ("timeline", "handoff", "actions", "decisions")


def told(ago: int, kind: str, channel: str, customer: str, **more: object) -> Event:
    """An event so many minutes ago; what bears a brand names it in all that it says."""
    return event(
        kind, at=wall_clock() - ago * MINUTE, channel=channel, customer=customer, **more
    )


def filled(ago: int, channel: str, customer: str, brand: str) -> Event:
    sku, cart = WORDS[brand]
    article = {"sku": sku, "price": 20, "currency": "EUR", "cart_id": cart}
    user = {"user_id": customer[-1], "email": f"{customer[-1]}@mail.example"}
    return told(
        ago, "cart.item_added", channel, customer, brand=brand, identifiers=user, **article
    )


@pytest.fixture(scope="module")
def api(
    bootstrap: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApiProcess]:
    """An API beside a view into which two customers have come."""
    folder = tmp_path_factory.mktemp("brands")
    prefix = f"{folder.name}.{wall_clock()}."
    settings = Settings(
        kafka=of.KafkaSettings(bootstrap=bootstrap, prefix=prefix),
        redis=of.RedisSettings(url=redis_url, prefix=prefix),
        worker=of.WorkerSettings(group=prefix),
    )
    create_topics(settings)
    create(settings, f"{prefix}site.calls", f"{prefix}access.log")
    line = Harness().feed(
        filled(50, "web", ANNA, "north"),
        filled(45, "web", BERT, "north"),
        filled(40, "mobile", ANNA, "south"),
        told(30, "page.viewed", "web", ANNA),
        told(12, "store.visited", "store", ANNA, brand="north", location={"venue": "BER-1"}),
        told(9, "store.visited", "store", BERT, brand="north", location={"venue": "BER-1"}),
        told(3, "call.started", "call", ANNA, brand="south", case_id="k1"),
    )
    write(WrittenView(redis_url, prefix), line)
    with running_api(settings, folder) as api:
        yield api


def write(view: WrittenView, line: Harness) -> None:
    """Bring to Redis what the line knows and said."""
    for output in line.drain():
        match output:
            case Action():
                view.read(view.log.action(output))
            case Decision():
                view.read(view.log.decision(output))
            case _:
                pass
    view.read(*map(view.log.context, line.contexts.values()))
    view.client.close()


@pytest.fixture(scope="module")
def keys(api: ApiProcess) -> dict[str, dict[str, str]]:
    """A key of each brand, one of both, one of all, one of a brand that nobody touched."""
    limits = {
        "north": ("north",),
        "south": ("south",),
        "west": ("west",),
        "both": ("north", "south"),
    }
    words = {
        name: [word for brand in brands for word in ("--brand", brand)]
        for name, brands in {**limits, "all": ()}.items()
    }
    return {name: api.key("--scope", "admin", *each) for name, each in words.items()}


def all_of(api: ApiProcess, key: dict[str, str], customer: str) -> dict[str, Any]:
    """Everything that a key is shown of a customer, by the part that shows it."""
    base = f"/v1/customers/{customer}"
    answers = {part: api.http.get(f"{base}/{part}", headers=key) for part in PARTS}
    answers["context"] = api.http.get(base, headers=key)
    answers["venue"] = api.http.get("/v1/actions?venue=BER-1", headers=key)
    assert {answer.status_code for answer in answers.values()} == {200}
    return {part: answer.json() for part, answer in answers.items()}


@pytest.mark.parametrize(("own", "other"), [("north", "south"), ("south", "north")])
def test_each_brand_sees_its_own_of_a_customer_and_what_is_nobodys(
    api: ApiProcess, keys: dict[str, dict[str, str]], own: str, other: str
) -> None:
    seen = all_of(api, keys[own], ANNA)
    said = msgspec.json.encode(seen).decode()
    for word in (other, *WORDS[other]):
        assert word not in said, word
    sku, cart = WORDS[own]
    assert seen["context"]["brands"] == [own]
    assert list(seen["context"]["carts"]) == [cart]
    notes = [(each["type"], each["note"]) for each in seen["timeline"]["timeline"]]
    assert ("cart.item_added", sku) in notes
    assert ("page.viewed", "") in notes
    assert {each["brand"] for each in seen["actions"]["actions"]} == {own}
    assert {each["brand"] for each in seen["decisions"]["decisions"]} == {own}
    assert seen["handoff"]["handoffs"] == []  # each speaks of both carts


def test_who_sees_all_brands_of_a_customer_sees_all(
    api: ApiProcess, keys: dict[str, dict[str, str]]
) -> None:
    for name in ("both", "all"):
        seen = all_of(api, keys[name], ANNA)
        assert {*seen["context"]["carts"]} == {"north-cart", "south-cart"}
        goals = [each["handoff"]["goal"] for each in seen["handoff"]["handoffs"]]
        assert len(goals) == 2
        assert all("NORTH-1" in goal and "SOUTH-1" in goal for goal in goals)
        assert {each["customer_id"] for each in seen["venue"]["actions"]} == {ANNA, BERT}


def test_a_handoff_of_one_who_knows_one_brand_is_told_whole(
    api: ApiProcess, keys: dict[str, dict[str, str]]
) -> None:
    seen = all_of(api, keys["north"], BERT)
    (handoff,) = seen["handoff"]["handoffs"]
    assert "NORTH-1" in handoff["handoff"]["goal"]
    (there,) = (each for each in seen["venue"]["actions"] if each["customer_id"] == BERT)
    assert there["items"][0]["sku"] == "NORTH-1"


@pytest.mark.parametrize(
    ("brand", "customer"), [("south", BERT), ("west", ANNA), ("west", BERT)]
)
def test_a_customer_of_another_brand_is_not_there(
    api: ApiProcess, keys: dict[str, dict[str, str]], brand: str, customer: str
) -> None:
    key, number = keys[brand], customer[-1]
    action = all_of(api, keys["all"], customer)["actions"]["actions"][0]["action_id"]
    gets = [f"/v1/customers/{customer}{part}" for part in ("", *(f"/{each}" for each in PARTS))]
    gets += [f"/v1/customers/user_id/{number}", f"/v1/stream?customer={customer}"]
    posts: dict[str, object] = {
        "/v1/customers/lookup": {"type": "email", "value": f"{number}@mail.example"},
        "/v1/resume": {"customer_id": customer, "purpose": "service"},
        f"/v1/actions/{action}/outcome": {"status": "accepted"},
    }
    answers = [api.http.get(path, headers=key) for path in gets]
    answers += [api.http.post(path, json=body, headers=key) for path, body in posts.items()]
    nobody = api.http.get("/v1/customers/0-ffff", headers=key)
    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert answers[0].content == nobody.content  # nothing tells the one from the other
    assert api.http.get("/v1/actions?venue=BER-1", headers=keys["west"]).json() == {
        "actions": []
    }


def test_who_is_looked_up_in_vain_is_in_no_access_log(
    api: ApiProcess, keys: dict[str, dict[str, str]]
) -> None:
    asked = {**keys["north"], "Legato-Purpose": "a test", "Legato-User": "desk 3"}
    body = {"type": "email", "value": "a@mail.example"}
    assert api.http.post("/v1/customers/lookup", json=body, headers=asked).status_code == 200
    vain = {**keys["west"], "Legato-Purpose": "in vain"}
    assert api.http.post("/v1/customers/lookup", json=body, headers=vain).status_code == 404
    log = [
        msgspec.json.decode(record.value or b"")
        for record in records(api.legato.settings, "access.log")
    ]
    (read,) = (each for each in log if each.get("purpose") == "a test")
    assert (read["customer_id"], read["who"]) == (ANNA, "desk 3")
    assert read["route"] == "/v1/customers/lookup"
    assert not [each for each in log if each.get("purpose") == "in vain"]
    assert "mail.example" not in msgspec.json.encode(log).decode()


@pytest.mark.parametrize("brand", ["north", "south"])
def test_a_link_opens_what_its_key_may_see(
    api: ApiProcess, keys: dict[str, dict[str, str]], brand: str
) -> None:
    order = {"customer_id": ANNA, "purpose": "service"}
    limited = api.http.post("/v1/resume", json=order, headers=keys[brand]).json()["token"]
    body = {**order, "brand": brand}
    asked = api.http.post("/v1/resume", json=body, headers=keys["all"]).json()["token"]
    for token in (limited, asked):
        opened = api.http.post(f"/v1/resume/{token}")
        assert list(opened.json()["carts"]) == [WORDS[brand][1]]
        assert opened.json()["handoff"] is None
    other = {**order, "brand": "west"}
    assert api.http.post("/v1/resume", json=other, headers=keys[brand]).status_code == 403
