"""A view needs no more rights in Redis than docs/operations.md gives it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from legato import settings as of
from legato.cli.envelope import wall_clock
from legato.core.context.context import VenueVisit
from legato.core.values.time import HOUR
from legato.local import RedisServer, wait_until
from legato.serving.api.customers import Customers
from legato.serving.api.keys import new_key
from legato.serving.api.presence import PresenceReader
from legato.settings import Settings
from tests.contract.compose import ROOT
from tests.integration.api_process import ApiProcess, running_api
from tests.integration.conftest import Kafka
from tests.integration.context_topic import ContextTopic, a_context, a_forwarder
from tests.integration.said import create, create_topics
from tests.integration.shelf import Listener, Shelf
from tests.integration.view_line import Line
from tests.integration.view_process import ViewProcess, rebuild, running_view
from tests.integration.view_records import NOW, a_decision, an_action
from tests.integration.written_view import WrittenView

PAGE = (ROOT / "docs" / "operations.md").read_text()
ANNA = "0-" + "a" * 24
BERT = "0-" + "b" * 24
CLEO = "7-" + "c" * 24
USERS = ("legato-view", "legato-reader", "legato-api")


def rights_of(user: str) -> list[str]:
    """Return the words that the page gives for a user, with `secret` as the password."""
    found = re.search(rf"ACL SETUSER {user} ([^`\n]+)", PAGE)
    assert found
    return found[1].replace(">SECRET", ">secret").split()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer.start(tmp_path / "redis") as server:
        with redis.Redis.from_url(server.url) as admin:
            for user in USERS:
                admin.execute_command("ACL", "SETUSER", user, *rights_of(user))
        yield server


def as_user(server: RedisServer, user: str) -> str:
    return server.url.replace("//", f"//{user}:secret@")


def test_the_rights_of_the_page_are_enough(
    real_kafka: Kafka, topic_prefix: str, server: RedisServer, tmp_path: Path
) -> None:
    settings = Settings(
        kafka=of.KafkaSettings(bootstrap=real_kafka.bootstrap, prefix=topic_prefix),
        redis=of.RedisSettings(url=as_user(server, "legato-view")),
        view=of.ViewSettings(group=f"{topic_prefix}view"),
    )
    create_topics(settings)
    with (
        running_view(settings, tmp_path) as view,
        redis.Redis.from_url(as_user(server, "legato-reader")) as reader,
    ):
        shelf = Shelf(settings, reader)
        listener = Listener(reader, shelf.keys)
        _say_all(settings, view)
        wait_until(lambda: shelf.open(shelf.keys.actions(ANNA)) == ["a1"], "the move")
        view.wait_ready()
        assert rebuild(settings, tmp_path) == 0
        assert view.metric("legato_view_errors_total") == 0
        assert next(listener.heard(5))
        _read_all(shelf)


def test_the_api_needs_no_more_rights_than_the_page_gives_it(
    real_kafka: Kafka, topic_prefix: str, server: RedisServer, tmp_path: Path
) -> None:
    settings = Settings(
        kafka=of.KafkaSettings(bootstrap=real_kafka.bootstrap, prefix=topic_prefix),
        redis=of.RedisSettings(url=as_user(server, "legato-api")),
    )
    create_topics(settings)
    create(settings, f"{topic_prefix}site.calls", f"{topic_prefix}access.log")
    view = WrittenView(server.url, settings.redis.prefix)
    action = an_action("a1", ANNA)
    view.read(view.log.context(a_context(ANNA, user_id="7")), view.log.action(action))
    view.read(view.log.decision(a_decision(ANNA, 1)))
    view.client.close()
    with running_api(settings, tmp_path) as api:
        key = api.key("--scope", "admin")
        parts = ("", "/timeline", "/handoff", "/actions", "/decisions")
        paths = [f"/v1/customers/{ANNA}{part}" for part in parts]
        for path in (*paths, "/v1/customers/user/7", "/v1/actions?venue=BER-1"):
            assert api.http.get(path, headers=key).status_code == 200, path
        order = {"customer_id": ANNA, "purpose": "service"}
        made = api.http.post("/v1/resume", json=order, headers=key)
        assert api.http.post(f"/v1/resume/{made.json()['token']}").status_code == 200
        asked = {"customer": ANNA}
        with api.http.stream("GET", "/v1/stream", params=asked, headers=key) as told:
            assert next(told.iter_lines()) == "retry: 2000"
        _claim(api, "/v1/actions/a1", key)
        taken = api.http.post(
            "/v1/actions/a1/outcome", json={"status": "accepted"}, headers=key
        )
        assert taken.status_code == 202
        assert "redis tells no notices" not in api.running.out.read_text()


async def test_the_api_reads_and_notes_who_is_where_by_the_rights_of_the_page(
    server: RedisServer,
) -> None:
    settings = Settings(redis=of.RedisSettings(url=as_user(server, "legato-api")))
    view = WrittenView(as_user(server, "legato-view"), settings.redis.prefix)
    anna, bert = a_context(ANNA), a_context(BERT)
    anna.venues = (VenueVisit(NOW, "BER-1"),)
    view.read(*map(view.log.context, (anna, bert)))
    view.client.close()
    customers = Customers(settings)
    desk, key = (
        PresenceReader(customers, "sales"),
        new_key(name="all", scopes=["read"], created=0)[1],
    )
    await desk.note_guest("BER-1", BERT, NOW + HOUR)
    found = await desk.at_venue("BER-1", key)
    assert [each.found.customer_id for each in found] == [ANNA, BERT]
    await customers.close()


def _claim(api: ApiProcess, action: str, key: dict[str, str]) -> None:
    """Take an action up, and give it back."""
    maria = {"by": "maria"}
    assert api.http.post(f"{action}/claim", json=maria, headers=key).status_code == 200
    assert api.http.get(action, headers=key).json()["claimed"]["by"] == "maria"
    assert api.http.delete(f"{action}/claim", params=maria, headers=key).status_code == 204


def _say_all(settings: Settings, view: ViewProcess) -> None:
    """Let the view have to do whatever it ever does."""
    topic, line = ContextTopic(settings), Line(settings)
    done = an_action("a2", BERT, "call", "sales")
    topic.write([a_context(ANNA, 1, email="anna@mail.example"), a_context(BERT, 1)])
    line.decide(a_decision(CLEO, 1), a_decision(BERT, 1, wall_clock() - HOUR))
    line.act(an_action("a1", CLEO), done)
    line.report(done, "accepted")
    view.wait_ready()
    topic.write([a_forwarder(CLEO, 2, to=ANNA)])
    topic.erase(BERT)


def _read_all(shelf: Shelf) -> None:
    context = shelf.context(ANNA)
    assert context is not None
    assert context["identifiers"] == {"email": ["anna@mail.example"]}
    assert [each["customer_id"] for each in shelf.decisions(ANNA)] == [CLEO]
    assert shelf.decisions(BERT) == []
    assert shelf.open(shelf.keys.place("venue", "BER-1")) == ["a1"]
    assert shelf.fresh()


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize(
    "command", ["GET other:key", "KEYS *", "FLUSHALL", "CONFIG GET *", "PUBLISH other x"]
)
def test_nothing_else_is_allowed(server: RedisServer, user: str, command: str) -> None:
    with (
        redis.Redis.from_url(as_user(server, user)) as client,
        pytest.raises(redis.exceptions.NoPermissionError),
    ):
        client.execute_command(*command.split())


@pytest.mark.parametrize("user", ["legato-reader", "legato-api"])
def test_a_reader_writes_nothing(server: RedisServer, user: str) -> None:
    with (
        redis.Redis.from_url(as_user(server, user)) as client,
        pytest.raises(redis.exceptions.NoPermissionError),
    ):
        client.set("legato:customer:x", "y")


def test_a_reader_publishes_nothing_and_hears_nothing_else(server: RedisServer) -> None:
    with redis.Redis.from_url(as_user(server, "legato-reader")) as client:
        with pytest.raises(redis.exceptions.NoPermissionError):
            client.publish("legato:notices", "[]")
        listener = client.pubsub()
        with pytest.raises(redis.exceptions.NoPermissionError):
            listener.subscribe("other")
            listener.get_message(timeout=5)
