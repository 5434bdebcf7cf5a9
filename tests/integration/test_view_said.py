"""What the line said and what is to be done, as the view brings it to Redis."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import redis
from msgspec.structs import replace

from legato import settings as of
from legato.cli.envelope import wall_clock
from legato.core.events.event import Event
from legato.core.values.outputs import Action, Decision
from legato.core.values.time import HOUR, MINUTE
from legato.local import RedisServer, free_port, wait_until
from legato.settings import Settings
from legato.testing import event
from tests.integration.api_process import running_api
from tests.integration.conftest import Kafka
from tests.integration.context_topic import ContextTopic, a_context, a_forwarder
from tests.integration.said import create, create_topics
from tests.integration.shelf import Listener, Shelf
from tests.integration.view_line import Line
from tests.integration.view_process import rebuild, running_view
from tests.integration.view_records import a_decision, an_action

ANNA = "0-" + "a" * 24
BERT = "0-" + "b" * 24
KIM = "1-" + "c" * 24
AT_TOPICS = 20.0
"""Seconds in which the topic of a new channel is found."""


@pytest.fixture
def settings(real_kafka: Kafka, redis_url: str, topic_prefix: str) -> Settings:
    settings = Settings(
        kafka=of.KafkaSettings(bootstrap=real_kafka.bootstrap, prefix=topic_prefix),
        redis=of.RedisSettings(url=redis_url, prefix=topic_prefix),
        view=of.ViewSettings(group=f"{topic_prefix}view"),
    )
    create_topics(settings)
    return settings


@pytest.fixture
def line(settings: Settings) -> Line:
    return Line(settings)


@pytest.fixture
def shelf(settings: Settings) -> Iterator[Shelf]:
    with redis.Redis.from_url(settings.redis.url) as client:
        yield Shelf(settings, client)


def _kim(type: str, ago: int, channel: str, **told: object) -> Event:
    at = wall_clock() - ago
    return event(type, at=at, channel=channel, customer=KIM, **told)


def test_a_handoff_is_open_in_the_shop_until_somebody_took_it_up(
    settings: Settings, line: Line, shelf: Shelf, tmp_path: Path
) -> None:
    said = line.follow(
        [
            _kim("cart.item_added", 59 * MINUTE, "web", sku="SHOE-42", price=89),
            _kim("store.visited", 0, "store", location={"venue": "BER-1"}),
        ]
    )
    decisions = [each for each in said if isinstance(each, Decision)]
    (action,) = (each for each in said if isinstance(each, Action))
    with running_view(settings, tmp_path) as view:
        wait_until(lambda: shelf.open(shelf.keys.actions(KIM)), "the action")
        wait_until(lambda: len(shelf.decisions(KIM)) == len(decisions), "the decisions")
        assert shelf.decisions(KIM) == _as_json(decisions[::-1])
        assert shelf.open(shelf.keys.place("venue", "BER-1")) == [action.action_id]
        found = shelf.action(action.action_id)
        assert found is not None
        assert found["handoff"] == _as_json(action.handoff)
        assert (found["venue"], found["expires_at"]) == ("BER-1", action.expires_at)

        line.report(action, "delivered")
        line.report(action, "accepted", as_json=True)
        wait_until(
            lambda: not shelf.open(shelf.keys.place("venue", "BER-1")), "somebody to take it up"
        )
        assert shelf.action(action.action_id) == {"closed": "accepted"}
        assert shelf.open(shelf.keys.actions(KIM)) == []
        view.wait_ready()
        assert view.metric("legato_view_actions_opened_total") == 1
        assert view.metric("legato_view_actions_closed_total") == 1
        assert view.metric("legato_view_unreadable_records_total") == 0


@pytest.mark.long
def test_the_topic_of_a_new_channel_is_found(
    settings: Settings, line: Line, shelf: Shelf, tmp_path: Path
) -> None:
    with running_view(settings, tmp_path) as view:
        view.wait_ready()
        create(settings, f"{settings.kafka.prefix}actions.kiosk")
        line.act(an_action("a1", ANNA, "kiosk"))
        wait_until(
            lambda: shelf.open(shelf.keys.actions(ANNA)), "the action", deadline_s=AT_TOPICS
        )
        view.wait_ready()


@pytest.mark.long
def test_what_a_flush_took_of_it_comes_back(
    settings: Settings, line: Line, tmp_path: Path
) -> None:
    standing, done = an_action("a1", ANNA), an_action("a2", ANNA, "call", "sales")
    with RedisServer.start(tmp_path / "redis") as server:
        settings = msgspec.structs.replace(settings, redis=of.RedisSettings(url=server.url))
        with running_view(settings, tmp_path) as view, redis.Redis.from_url(server.url) as at:
            shelf = Shelf(settings, at)
            line.decide(a_decision(ANNA, 1))
            line.act(standing, done)
            line.report(done, "rejected")
            wait_until(lambda: shelf.action("a2") == {"closed": "rejected"}, "the end")
            view.wait_ready()
            at.flushall()
            wait_until(lambda: shelf.decisions(ANNA), "the decision")
            wait_until(
                lambda: shelf.open(shelf.keys.place("venue", "BER-1")) == ["a1"], "the action"
            )
            wait_until(lambda: shelf.action("a2") == {"closed": "rejected"}, "the end again")

            server.kill()
            later = an_action("a3", ANNA)
            line.act(later)
            server.restart()
            wait_until(
                lambda: shelf.open(shelf.keys.actions(ANNA)) == ["a1", "a3"], "both actions"
            )


def test_a_rebuild_brings_back_no_more_than_there_was(
    settings: Settings, line: Line, shelf: Shelf, tmp_path: Path
) -> None:
    topic = ContextTopic(settings)
    old = replace(an_action("a1", BERT), time=wall_clock() - HOUR)
    with (
        running_view(settings, tmp_path) as view,
        redis.Redis.from_url(settings.redis.url) as at,
    ):
        line.decide(a_decision(ANNA, 1), a_decision(BERT, 1, wall_clock() - HOUR))
        line.act(an_action("a2", ANNA), an_action("a3", ANNA), old)
        line.revoke(an_action("a3", ANNA))
        topic.write([a_context(ANNA), a_context(BERT)])
        wait_until(lambda: shelf.decisions(BERT) and shelf.action("a1"), "what was said")
        topic.erase(BERT)
        wait_until(lambda: not shelf.decisions(BERT), "the erasure")
        wait_until(lambda: shelf.action("a3") == {"closed": "revoked"}, "the revocation")
        view.wait_ready()
        at.delete(shelf.keys.decisions(ANNA), shelf.keys.action("a2"), shelf.keys.actions(ANNA))

        assert rebuild(settings, tmp_path) == 0
        assert len(shelf.decisions(ANNA)) == 1
        assert shelf.open(shelf.keys.actions(ANNA)) == ["a2"]
        assert shelf.action("a3") == {"closed": "revoked"}
        assert shelf.open(shelf.keys.place("venue", "BER-1")) == ["a2"]
        assert shelf.decisions(BERT) == []
        assert shelf.action("a1") is None


def test_who_was_merged_takes_along_what_was_said(
    settings: Settings, line: Line, shelf: Shelf, tmp_path: Path
) -> None:
    topic = ContextTopic(settings)
    with running_view(settings, tmp_path):
        line.decide(a_decision(KIM, 1))
        line.act(an_action("a1", KIM))
        wait_until(lambda: shelf.open(shelf.keys.actions(KIM)), "the action")
        wait_until(lambda: shelf.decisions(KIM), "the decision")
        topic.write([a_context(ANNA), a_forwarder(KIM, 2, to=ANNA)])
        wait_until(lambda: shelf.open(shelf.keys.actions(ANNA)) == ["a1"], "the move")
        line.decide(a_decision(KIM, 2))
        wait_until(lambda: len(shelf.decisions(ANNA)) == 2, "both decisions")
        assert shelf.decisions(KIM) == []


def test_readers_know_how_fresh_it_is(
    settings: Settings, line: Line, shelf: Shelf, tmp_path: Path
) -> None:
    with redis.Redis.from_url(settings.redis.url) as client:
        client.hset(shelf.keys.fresh, "a.topic.that.is.gone/0", 1)
    with running_view(settings, tmp_path) as view, running_view(settings, tmp_path) as other:
        view.wait_ready()
        other.wait_ready()
        places = 3 * 3 + 7 * 3  # contexts, decisions, outcomes, and seven channels
        wait_until(lambda: len(shelf.fresh()) == places, "all partitions")
        assert min(shelf.fresh().values()) > wall_clock() - 10_000
        wait_until(lambda: min(shelf.fresh().values()) > wall_clock() - 2_500, "it to go on")
        assert view.metric("legato_view_age_seconds") < 5

        for each in (view, other):
            each.child.send(signal.SIGSTOP)
        before = shelf.fresh()
        time.sleep(1.5)
        assert shelf.fresh() == before
        for each in (view, other):
            each.child.send(signal.SIGCONT)
        wait_until(lambda: min(shelf.fresh().values()) > max(before.values()), "both to go on")


def test_a_record_that_cannot_be_read_holds_nothing_up(
    settings: Settings, line: Line, shelf: Shelf, tmp_path: Path
) -> None:
    line.write("decisions", ANNA, b"{")
    line.write("actions.store", ANNA, b"\x00\x00\x00\x00\x07?")
    line.write("action.outcomes", ANNA, b'{"action_id": 7}')
    line.decide(a_decision(ANNA, 1))
    with running_view(settings, tmp_path) as view:
        wait_until(lambda: shelf.decisions(ANNA), "the decision")
        wait_until(
            lambda: view.metric("legato_view_unreadable_records_total") == 3, "all to be seen"
        )


@pytest.mark.long
def test_a_view_waits_for_a_registry_that_is_away(
    settings: Settings, line: Line, tmp_path: Path
) -> None:
    away = of.RegistrySettings(url=f"http://127.0.0.1:{free_port()}", timeout_s=1)
    line.act(an_action("a1", ANNA))
    with running_view(msgspec.structs.replace(settings, registry=away), tmp_path) as view:
        wait_until(lambda: "schema registry" in view.page("/readyz")[1], "it to be said")
        assert view.page("/livez")[0] == 200
        assert view.metric("legato_view_redis_up") == 1
    with running_view(settings, tmp_path) as view:
        wait_until(lambda: view.metric("legato_view_actions_opened_total") == 1, "the action")


def test_notices_are_published_to_whoever_listens(
    settings: Settings, line: Line, shelf: Shelf, tmp_path: Path
) -> None:
    with (
        running_view(settings, tmp_path) as view,
        redis.Redis.from_url(settings.redis.url) as client,
    ):
        view.wait_ready()
        listener = Listener(client, shelf.keys)
        action = an_action("a1", ANNA)
        line.act(action)
        assert next(listener.heard(20)) == [
            {
                "kind": "action",
                "id": "a1",
                "customer": ANNA,
                "time": action.time,
                "channel": "store",
                "venue": "BER-1",
            }
        ]


def test_the_api_answers_by_what_the_view_wrote(
    settings: Settings, line: Line, shelf: Shelf, tmp_path: Path
) -> None:
    create(settings, f"{settings.kafka.prefix}site.calls", f"{settings.kafka.prefix}access.log")
    ContextTopic(settings).write([a_context(ANNA), a_forwarder(KIM, 2, to=ANNA)])
    action = an_action("a1", KIM)
    line.decide(a_decision(KIM, 1))
    with running_view(settings, tmp_path) as view, running_api(settings, tmp_path) as api:
        view.wait_ready()
        key = api.key("--scope", "read", "--scope", "ingest")
        with api.http.stream(
            "GET", "/v1/stream", params={"venue": "BER-1"}, headers=key
        ) as told:
            lines = told.iter_lines()
            line.act(action)
            assert "event: action" in lines
            assert msgspec.json.decode(next(lines).removeprefix("data: "))["id"] == "a1"

        there = api.http.get("/v1/actions", params={"venue": "BER-1"}, headers=key)
        assert [each["action_id"] for each in there.json()["actions"]] == ["a1"]
        assert float(there.headers["Legato-Age"]) < 10
        theirs = api.http.get(f"/v1/customers/{KIM}/actions", headers=key)
        assert theirs.json()["actions"] == there.json()["actions"]
        decided = api.http.get(f"/v1/customers/{ANNA}/decisions", headers=key)
        assert [each["decision_id"] for each in decided.json()["decisions"]] == [f"d-{KIM}-1"]

        line.report(action, "accepted")
        wait_until(lambda: not shelf.open(shelf.keys.place("venue", "BER-1")), "its end")
        there = api.http.get("/v1/actions", params={"venue": "BER-1"}, headers=key)
        assert there.json()["actions"] == []


def _as_json(value: object) -> object:
    return msgspec.json.decode(msgspec.json.encode(value))
