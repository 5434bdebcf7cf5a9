"""A view needs no more rights in Redis than docs/operations.md gives it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import redis

from legato import settings as of
from legato.local import RedisServer
from legato.settings import Settings
from tests.contract.compose import ROOT
from tests.integration.conftest import Kafka
from tests.integration.context_topic import ContextTopic, a_context
from tests.integration.view_process import rebuild, running_view

PAGE = (ROOT / "docs" / "operations.md").read_text()
ANNA = "0-" + "a" * 24


def rights_of(user: str) -> list[str]:
    """Return the words that the page gives for a user, with `secret` as the password."""
    found = re.search(rf"ACL SETUSER {user} ([^`\n]+)", PAGE)
    assert found
    return found[1].replace(">SECRET", ">secret").split()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer.start(tmp_path / "redis") as server:
        with redis.Redis.from_url(server.url) as admin:
            for user in ("legato-view", "legato-reader"):
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
    topic = ContextTopic(settings)
    with running_view(settings, tmp_path) as view:
        topic.write([a_context(ANNA, 1, email="anna@mail.example"), a_context("0-b", 1)])
        topic.erase("0-b")
        view.wait_ready()
        assert rebuild(settings, tmp_path) == 0
        assert view.metric("legato_view_errors_total") == 0

    with redis.Redis.from_url(as_user(server, "legato-reader")) as reader:
        context = reader.get(f"legato:customer:{ANNA}")
        assert isinstance(context, bytes)
        assert msgspec.json.decode(context)["identifiers"] == {"email": ["anna@mail.example"]}


@pytest.mark.parametrize("user", ["legato-view", "legato-reader"])
@pytest.mark.parametrize("command", ["GET other:key", "KEYS *", "FLUSHALL", "CONFIG GET *"])
def test_nothing_else_is_allowed(server: RedisServer, user: str, command: str) -> None:
    with (
        redis.Redis.from_url(as_user(server, user)) as client,
        pytest.raises(redis.exceptions.NoPermissionError),
    ):
        client.execute_command(*command.split())


def test_a_reader_writes_nothing(server: RedisServer) -> None:
    with (
        redis.Redis.from_url(as_user(server, "legato-reader")) as client,
        pytest.raises(redis.exceptions.NoPermissionError),
    ):
        client.set("legato:customer:x", "y")
