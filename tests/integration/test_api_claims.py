"""What is shown to several is taken up by one, against a real Redis, view and Kafka."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator

import httpx
import msgspec
import pytest
import redis

from legato import settings as of
from legato.core.values.outputs import Action
from legato.local import wait_until
from legato.settings import Settings
from legato.wire.topics.access_log import AccessRecord
from tests.integration.api_process import ApiProcess, running_api
from tests.integration.conftest import Kafka
from tests.integration.context_topic import ContextTopic, a_context, a_forwarder
from tests.integration.said import create, create_topics, records
from tests.integration.shelf import Shelf
from tests.integration.view_line import Line
from tests.integration.view_process import running_view
from tests.integration.view_records import NOW, an_action

ANNA = "0-" + "a" * 24
KIM = "1-" + "c" * 24
MANY = 100


class Floor:
    """A shop whose staff look at the API, as one test sees it."""

    def __init__(self, api: ApiProcess, line: Line, shelf: Shelf, settings: Settings) -> None:
        self.api, self.line, self.shelf, self.settings = api, line, shelf, settings
        self.act = api.key("--scope", "act", "--scope", "read")
        self.other = api.key("--scope", "act", "--scope", "read")
        self.admin = api.key("--scope", "admin")

    def opened(self, channel: str = "store", customer: str = ANNA) -> Action:
        """Have an action of a customer open, and seen by the view."""
        place = f"BER-{uuid.uuid4().hex[:8]}"
        action = an_action(uuid.uuid4().hex[:16], customer, channel, place)
        self.line.act(action)
        wait_until(lambda: self.shelf.action(action.action_id), "the action")
        return action

    def claim(
        self, action: Action, by: str = "maria", key: dict[str, str] | None = None
    ) -> httpx.Response:
        url = f"/v1/actions/{action.action_id}/claim"
        return self.api.http.post(url, json={"by": by}, headers=key or self.act)

    def give_back(
        self, action: Action, by: str = "maria", key: dict[str, str] | None = None
    ) -> httpx.Response:
        url = f"/v1/actions/{action.action_id}/claim"
        return self.api.http.delete(url, params={"by": by}, headers=key or self.act)

    def report(
        self, action: Action, by: str = "", key: dict[str, str] | None = None
    ) -> httpx.Response:
        url = f"/v1/actions/{action.action_id}/outcome"
        told = {"status": "delivered", **({"by": by} if by else {})}
        return self.api.http.post(url, json=told, headers=key or self.act)

    def seen(self, action: Action, key: dict[str, str] | None = None) -> object:
        """What is told of a claim, wherever the action is shown."""
        get, header = self.api.http.get, key or self.act
        alone = get(f"/v1/actions/{action.action_id}", headers=header).json()
        place = {"venue": action.address}
        [there] = get("/v1/actions", params=place, headers=header).json()["actions"]
        theirs = get(f"/v1/customers/{action.customer_id}/actions", headers=header).json()
        [listed] = [x for x in theirs["actions"] if x["action_id"] == action.action_id]
        assert alone == there == listed
        return alone.get("claimed")

    def looked(self, action: Action) -> list[AccessRecord]:
        """Who claimed something of the customer, as the access log has it."""
        found = [
            msgspec.json.decode(record.value or b"", type=AccessRecord)
            for record in records(self.settings, "access.log")
        ]
        return [each for each in found if each.route.endswith("/claim")]


@pytest.fixture(scope="module")
def floor(
    real_kafka: Kafka, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Floor]:
    prefix, folder = f"claims.{uuid.uuid4().hex[:8]}.", tmp_path_factory.mktemp("claims")
    settings = Settings(
        kafka=of.KafkaSettings(bootstrap=real_kafka.bootstrap, prefix=prefix),
        redis=of.RedisSettings(url=redis_url, prefix=prefix),
        view=of.ViewSettings(group=f"{prefix}view"),
    )
    create_topics(settings)
    create(settings, f"{prefix}site.calls", f"{prefix}access.log")
    ContextTopic(settings).write([a_context(ANNA), a_forwarder(KIM, 2, to=ANNA)])
    with (
        redis.Redis.from_url(redis_url) as client,
        running_view(settings, folder) as view,
        running_api(settings, folder) as api,
    ):
        view.wait_ready()
        yield Floor(api, Line(settings), Shelf(settings, client), settings)


async def at_once(
    floor: Floor, action: Action, claimers: list[tuple[str, dict[str, str]]]
) -> list[httpx.Response]:
    """Have all of them claim an action at the same time, each over a connection of its own."""
    limits = httpx.Limits(max_connections=len(claimers))
    url = f"/v1/actions/{action.action_id}/claim"
    base = floor.api.http.base_url
    async with httpx.AsyncClient(base_url=base, limits=limits, timeout=30) as http:
        asked = [http.post(url, json={"by": by}, headers=key) for by, key in claimers]
        return await asyncio.gather(*asked)


def test_of_a_hundred_who_claim_at_once_one_wins(floor: Floor) -> None:
    action = floor.opened()
    claimers = [(f"s{number}", (floor.act, floor.other)[number % 2]) for number in range(MANY)]
    answers = asyncio.run(at_once(floor, action, claimers))
    won = [by for (by, _), each in zip(claimers, answers, strict=True) if each.is_success]
    lost = [each for each in answers if not each.is_success]
    assert len(won) == 1
    assert {each.status_code for each in lost} == {409}, {each.text for each in lost}
    told = {each.text for each in lost}
    assert len(told) == 1
    assert won[0] not in told.pop()
    [since] = {each.json()["claimed"]["since"] for each in lost}
    assert abs(since - NOW) < 10 * 60_000


def test_the_same_claimer_may_ask_as_often_as_they_like(floor: Floor) -> None:
    action = floor.opened()
    answers = asyncio.run(at_once(floor, action, [("maria", floor.act)] * 20))
    assert {each.status_code for each in answers} == {200}
    assert len({each.text for each in answers}) == 1
    assert floor.claim(action, "maria", floor.other).status_code == 409
    assert floor.claim(action, "ben").status_code == 409


def test_a_claim_is_seen_wherever_its_action_is_but_by_whom_is_not(floor: Floor) -> None:
    action = floor.opened()
    assert floor.seen(action) is None
    claimed = floor.claim(action).json()["claimed"]
    assert claimed["by"] == "maria"
    assert floor.seen(action) == claimed
    assert floor.seen(action, floor.other) == {"since": claimed["since"]}


def test_from_then_on_whoever_claimed_it_reports_and_nobody_else(floor: Floor) -> None:
    action = floor.opened()
    assert floor.report(action, key=floor.other).status_code == 202
    floor.claim(action)
    for by, key in (("", floor.act), ("ben", floor.act), ("maria", floor.other)):
        refused = floor.report(action, by, key)
        assert refused.status_code == 409
        assert "maria" not in refused.text
    assert floor.report(action, "maria").status_code == 202
    assert floor.give_back(action).status_code == 204
    assert floor.report(action, key=floor.other).status_code == 202


def test_what_is_given_back_may_be_claimed_by_another(floor: Floor) -> None:
    action = floor.opened()
    assert floor.give_back(action).status_code == 204
    floor.claim(action)
    for by, key in (("ben", floor.act), ("", floor.act), ("maria", floor.other)):
        assert floor.give_back(action, by, key).status_code == 409
    assert floor.give_back(action).status_code == 204
    assert floor.seen(action) is None
    assert floor.claim(action, "ben", floor.other).status_code == 200
    assert floor.give_back(action, "", floor.admin).status_code == 204
    assert floor.seen(action) is None


def test_a_claim_lasts_no_longer_than_its_action(floor: Floor) -> None:
    action = floor.opened()
    floor.claim(action)
    left_ms = floor.shelf.left_ms(floor.shelf.keys.claim(action.action_id))
    assert abs(left_ms - floor.shelf.left_ms(floor.shelf.keys.action(action.action_id))) < 1_000


def test_an_action_that_is_over_cannot_be_claimed(floor: Floor) -> None:
    action = floor.opened()
    floor.line.report(action, "accepted")
    closed = {"closed": "accepted"}
    wait_until(lambda: floor.shelf.action(action.action_id) == closed, "its end")
    assert floor.claim(action).status_code == 404
    assert floor.give_back(action).status_code == 404


def test_what_is_sent_is_not_claimed(floor: Floor) -> None:
    action = floor.opened("email")
    refused = floor.claim(action)
    assert refused.status_code == 400
    assert "is sent by an adapter" in refused.json()["detail"]


@pytest.mark.parametrize("by", ["", "  ", "a\nb", "x" * 101])
def test_a_claimer_has_a_name(floor: Floor, by: str) -> None:
    assert floor.claim(floor.opened(), by).status_code == 400


def test_a_key_for_other_channels_does_not_see_it(floor: Floor) -> None:
    desk = floor.api.key("--scope", "act", "--scope", "read", "--channel", "call")
    action = floor.opened()
    assert floor.claim(action, key=desk).status_code == 404
    assert floor.give_back(action, key=desk).status_code == 404


def test_whoever_follows_the_shop_or_the_customer_is_told(floor: Floor) -> None:
    """KIM was merged into ANNA: who follows ANNA is told of what is KIM's."""
    action = floor.opened(customer=KIM)
    for about in ({"venue": action.address}, {"customer": ANNA}):
        with floor.api.http.stream(
            "GET", "/v1/stream", params=about, headers=floor.act
        ) as told:
            lines = told.iter_lines()
            assert ": open" in lines
            assert floor.claim(action).status_code == 200
            assert "event: claimed" in lines
            notice = msgspec.json.decode(next(lines).removeprefix("data: "))
            assert notice == {"id": action.action_id, "kind": "claimed", "revision": 0}
            assert floor.give_back(action).status_code == 204
            assert "event: released" in lines


def test_a_claim_is_in_the_access_log(floor: Floor) -> None:
    action = floor.opened()
    before = len(floor.looked(action))
    floor.claim(action, "maria")
    floor.claim(action, "ben")
    told = floor.looked(action)[before:]
    assert [(each.customer_id, each.who) for each in told] == [(ANNA, "maria"), (ANNA, "ben")]
