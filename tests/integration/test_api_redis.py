"""How the API asks Redis: all on one connection, which may be lost."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus
from pathlib import Path

import msgspec
import pytest
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as NoAnswer

from legato import settings as of
from legato.local import RedisServer
from legato.serving.api.customers import Customers
from legato.serving.api.keys import ApiKey, new_key
from legato.serving.api.notices import GAP, Notices, StreamTopic
from legato.serving.api.problems import Problem
from legato.serving.api.redis_connection import RedisConnection, RedisScript
from legato.settings import Settings
from tests.integration.context_topic import a_context, a_forwarder
from tests.integration.written_view import WrittenView

ANNA = "0-" + "a" * 24
BERT = "0-" + "b" * 24
CLEO = "7-" + "c" * 24
DOUBLED = RedisScript.of("return ARGV[1] .. ARGV[1]")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer.start(tmp_path / "redis") as server:
        yield server


@pytest.fixture
async def connection(server: RedisServer) -> AsyncIterator[RedisConnection]:
    connection = RedisConnection(of.RedisSettings(url=server.url))
    yield connection
    await connection.close()


@pytest.fixture
def view(redis_url: str, topic_prefix: str) -> Iterator[WrittenView]:
    view = WrittenView(redis_url, topic_prefix)
    yield view
    view.client.close()


@pytest.fixture
async def customers(view: WrittenView) -> AsyncIterator[Customers]:
    customers = Customers(view.settings)
    yield customers
    await customers.close()


def a_key(**told: object) -> ApiKey:
    return new_key(name="test", scopes=["read"], created=0, **told)[1]


ALL = a_key()


async def test_each_gets_the_answer_to_its_own_question(connection: RedisConnection) -> None:
    chance = random.Random(7)
    sizes = [chance.choice((1, 20, 300_000)) for _ in range(200)]
    texts = [f"{number}:{'x' * size}" for number, size in enumerate(sizes)]
    told = await asyncio.gather(*(connection.ask("ECHO", text) for text in texts))
    assert [each.decode() for each in told] == texts


async def test_what_is_refused_is_refused_to_whoever_asked(connection: RedisConnection) -> None:
    before, refused, after = (
        asyncio.create_task(connection.ask(*words))
        for words in (("PING",), ("NO", "SUCH"), ("ECHO", "x"))
    )
    with pytest.raises(ResponseError):
        await refused
    assert (await before, await after) == (b"PONG", b"x")


async def test_a_script_that_redis_has_forgotten_is_told_to_it_again(
    connection: RedisConnection,
) -> None:
    assert await connection.run(DOUBLED, "a") == b"aa"
    await connection.ask("SCRIPT", "FLUSH")
    assert await connection.run(DOUBLED, "b") == b"bb"


async def test_who_waits_as_redis_dies_is_told_so_and_the_next_finds_it_again(
    server: RedisServer, connection: RedisConnection
) -> None:
    await connection.ask("PING")
    waiting = asyncio.create_task(connection.ask("BLPOP", "never", 0))
    await asyncio.wait([waiting], timeout=0)
    server.kill()
    with pytest.raises(NotConnected):
        await waiting
    with pytest.raises((NotConnected, OSError)):
        await connection.ask("PING")
    await asyncio.to_thread(server.restart)
    assert await connection.ask("PING") == b"PONG"


async def test_who_does_not_wait_takes_no_answer_from_others(
    connection: RedisConnection,
) -> None:
    await connection.ask("PING")
    left = asyncio.create_task(connection.ask("ECHO", "left"))
    await asyncio.wait([left], timeout=0)
    left.cancel()
    assert await connection.ask("ECHO", "mine") == b"mine"


async def test_a_redis_that_stands_still_keeps_nobody_for_long(
    server: RedisServer, connection: RedisConnection
) -> None:
    await connection.ask("PING")
    server.pause()
    told = await asyncio.gather(
        *(connection.ask("ECHO", number) for number in range(3)), return_exceptions=True
    )
    assert all(isinstance(each, NoAnswer | NotConnected) for each in told)
    server.resume()
    assert await connection.ask("ECHO", "late") == b"late"


async def test_who_listens_is_told_of_a_redis_that_stood_still(server: RedisServer) -> None:
    notices = Notices(Settings(redis=of.RedisSettings(url=server.url)))
    listening = asyncio.create_task(notices.run())
    page = notices.open(StreamTopic(customer=ANNA), lasting=True)
    async with asyncio.timeout(30):
        assert await page.queue.get() == GAP
        reader = notices.open(StreamTopic(customer=ANNA))
        server.pause()
        assert await reader.queue.get() is None
        assert page.queue.empty()
        server.resume()
        assert await page.queue.get() == GAP
    listening.cancel()


async def test_a_customer_is_found_by_id_by_identifier_and_by_a_former_id(
    view: WrittenView, customers: Customers
) -> None:
    view.read(
        view.log.context(a_context(ANNA, 3, user_id="7", email="ada@example.org")),
        view.log.context(a_context(BERT, 1, user_id='8 "]}" \\ Ä')),
        view.log.context(a_forwarder(CLEO, 2, to=ANNA)),
    )
    for found in (
        await customers.get(ANNA, ALL),
        await customers.get(CLEO, ALL),
        await customers.find("user", "7", ALL),
        await customers.find("email", " ADA@example.org", ALL),
    ):
        assert found.customer_id == ANNA
        told = msgspec.json.decode(found.context)
        assert list(told)[:2] == ["revision", "customer_id"]
        assert told["identifiers"] == {"user_id": ["7"], "email": ["ada@example.org"]}
    odd = await customers.find("user_id", '8 "]}" \\ Ä', ALL)
    assert odd.customer_id == BERT


async def test_who_is_unknown_erased_or_merged_in_a_circle_is_nobody(
    view: WrittenView, customers: Customers
) -> None:
    view.read(view.log.context(a_context(ANNA, 3, user_id="7")))
    view.read(view.log.erasure(ANNA))
    view.read(
        view.log.context(a_forwarder(BERT, 1, to=CLEO)),
        view.log.context(a_forwarder(CLEO, 1, to=BERT)),
    )
    asked = (
        customers.get("0-" + "f" * 24, ALL),
        customers.find("user_id", "no such", ALL),
        customers.get(ANNA, ALL),
        customers.find("user_id", "7", ALL),
        customers.get(BERT, ALL),
    )
    told = await asyncio.gather(*asked, return_exceptions=True)
    assert [each.status for each in told if isinstance(each, Problem)] == [404] * len(asked)


@pytest.mark.parametrize("kind", ["", ":", ":x", "email:", "customer"])
async def test_a_kind_that_is_none_is_told_so(customers: Customers, kind: str) -> None:
    with pytest.raises(Problem) as told:
        await customers.find(kind, "x", ALL)
    assert told.value.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND)
