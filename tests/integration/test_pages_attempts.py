"""How often one may try to sign in, counted in a real Redis for all replicas."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path
from typing import cast

import pytest
import redis

from legato import settings as of
from legato.local import RedisServer
from legato.serving.api.customers import Customers
from legato.serving.api.problems import Problem
from legato.serving.pages.attempts import WITHIN_MS, Attempts, network_of
from legato.settings import Settings

NOW = 1_772_438_400_000
SECOND = 1_000


@pytest.fixture
async def customers(redis_url: str, topic_prefix: str) -> AsyncIterator[Customers]:
    customers = Customers(Settings(redis=of.RedisSettings(url=redis_url, prefix=topic_prefix)))
    yield customers
    await customers.close()


@pytest.fixture
def attempts(customers: Customers) -> Attempts:
    return Attempts(customers)


async def wait_of(attempts: Attempts, name: str, address: str, now: int) -> int:
    """Try once; how many seconds one is told to wait, 0 for none."""
    try:
        await attempts.spend(name, address, now)
    except Problem as problem:
        assert problem.status == HTTPStatus.TOO_MANY_REQUESTS
        assert name not in problem.detail
        assert address not in problem.detail
        return int(problem.headers["Retry-After"])
    return 0


async def test_a_name_has_five_tries_in_five_minutes(attempts: Attempts) -> None:
    for number in range(5):
        assert await wait_of(attempts, "maria", f"10.0.0.{number}", NOW + number * SECOND) == 0
    wait_s = await wait_of(attempts, "maria", "10.0.0.9", NOW + 5 * SECOND)
    assert wait_s == pytest.approx(295, abs=1)
    assert await wait_of(attempts, "ben", "10.0.0.9", NOW + 5 * SECOND) == 0


async def test_tries_come_back_one_by_one(attempts: Attempts) -> None:
    for number in range(5):
        assert await wait_of(attempts, "maria", "10.0.0.1", NOW + number * SECOND) == 0
    assert await wait_of(attempts, "maria", "10.0.0.1", NOW + WITHIN_MS - 1) > 0
    assert await wait_of(attempts, "maria", "10.0.0.1", NOW + WITHIN_MS) == 0
    assert await wait_of(attempts, "maria", "10.0.0.1", NOW + WITHIN_MS) > 0
    assert await wait_of(attempts, "maria", "10.0.0.1", NOW + WITHIN_MS + SECOND) == 0


async def test_to_be_refused_costs_no_further_try(attempts: Attempts) -> None:
    for number in range(50):
        await wait_of(attempts, "maria", "10.0.0.1", NOW + number)
    assert await wait_of(attempts, "maria", "10.0.0.1", NOW + WITHIN_MS) == 0


async def test_an_address_has_twenty_whatever_the_names(attempts: Attempts) -> None:
    told = [await wait_of(attempts, f"u{number}", "10.0.0.1", NOW) for number in range(25)]
    assert [wait > 0 for wait in told] == [False] * 20 + [True] * 5
    assert await wait_of(attempts, "u99", "10.0.0.2", NOW) == 0


async def test_whoever_has_a_network_of_ipv6_has_one_address(attempts: Attempts) -> None:
    told = [
        await wait_of(attempts, f"u{number}", f"2001:db8::{number:x}", NOW)
        for number in range(21)
    ]
    assert [wait > 0 for wait in told] == [False] * 20 + [True]


async def test_a_name_is_the_same_however_it_is_written(attempts: Attempts) -> None:
    for name in ("maria", "Maria", " maria", "MARIA ", "mArIa"):
        assert await wait_of(attempts, name, "10.0.0.1", NOW) == 0
    assert await wait_of(attempts, "maria", "10.0.0.2", NOW) > 0


async def test_who_was_right_is_forgiven_and_their_address_is_not(attempts: Attempts) -> None:
    for number in range(20):
        assert await wait_of(attempts, "maria", "10.0.0.1", NOW + number) == 0
        await attempts.forgive("Maria")
    assert await wait_of(attempts, "maria", "10.0.0.1", NOW + 20) > 0
    assert await wait_of(attempts, "maria", "10.0.0.2", NOW + 20) == 0


async def test_of_many_at_once_no_more_are_let_through(customers: Customers) -> None:
    replicas = [Attempts(customers) for _ in range(4)]
    asked = [
        wait_of(replicas[number % 4], "maria", f"10.0.1.{number}", NOW) for number in range(100)
    ]
    told = await asyncio.gather(*asked)
    assert sum(wait == 0 for wait in told) == 5


async def test_neither_name_nor_address_stands_in_redis(
    attempts: Attempts, redis_url: str, topic_prefix: str
) -> None:
    await attempts.spend("maria", "10.20.30.40", NOW)
    with redis.Redis.from_url(redis_url) as client:
        keys = [*map(bytes.decode, client.scan_iter(f"{topic_prefix}*"))]
        assert len(keys) == 2
        assert not any("maria" in key or "10.20" in key for key in keys)
        assert all(0 < cast(int, client.pttl(key)) <= WITHIN_MS for key in keys)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("::1", "::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_what_counts_as_one_address(address: str, network: str) -> None:
    assert network_of(address) == network


async def test_while_redis_is_away_nobody_tries(tmp_path: Path) -> None:
    with RedisServer.start(tmp_path / "redis") as server:
        settings = Settings(redis=of.RedisSettings(url=server.url))
        customers = Customers(settings)
        server.kill()
        for asked in (
            Attempts(customers).spend("maria", "10.0.0.1", NOW),
            Attempts(customers).forgive("maria"),
        ):
            with pytest.raises(Problem) as told:
                await asked
            assert told.value.status == HTTPStatus.SERVICE_UNAVAILABLE
        await customers.close()
