"""Passwords: compared beside the loop, few at once, and none that is easy to guess."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Literal

import pytest
from argon2 import PasswordHasher

from legato.serving.api.problems import Problem
from legato.serving.pages.passwords import (
    AT_ONCE,
    PASSWORD_MOST,
    WAITING_MOST,
    Passwords,
    fault_of_password,
)
from tests.unit.serving.pages.people import CHEAP, DEARER, HASH, PASSWORD


async def test_a_password_is_known_again_and_no_other() -> None:
    passwords = Passwords(CHEAP)
    assert await passwords.check(PASSWORD, HASH)
    assert not await passwords.check(PASSWORD + " ", HASH)
    assert not await passwords.check("", HASH)


async def test_where_none_was_kept_none_is_right() -> None:
    assert not await Passwords(CHEAP).check(PASSWORD, "")


class CountingHasher(PasswordHasher):
    """Says how often it was asked to compare."""

    asked = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
        self.asked += 1
        return super().verify(hash, password)


async def test_for_a_name_that_there_is_not_as_much_is_done() -> None:
    hasher = CountingHasher(time_cost=1, memory_cost=8, parallelism=1)
    passwords = Passwords(hasher)
    for kept in (HASH, ""):
        before = hasher.asked
        await passwords.check("something else", kept)
        assert hasher.asked == before + 1


async def test_what_is_no_hash_lets_nobody_in() -> None:
    for bad in ("x", "$argon2id$", HASH[:-3]):
        assert not await Passwords(CHEAP).check(PASSWORD, bad)


async def test_a_password_longer_than_any_is_not_even_hashed() -> None:
    assert not await Passwords(CHEAP).check("x" * (PASSWORD_MOST + 1), HASH)


async def test_letters_count_however_they_are_composed() -> None:
    passwords = Passwords(CHEAP)
    assert await passwords.check(
        "Stra\u00dfe mu\u0308de!", passwords.hash("Stra\u00dfe m\u00fcde!")
    )


def test_the_hash_is_argon2id_at_the_cost_of_rfc_9106() -> None:
    assert Passwords().hash(PASSWORD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_a_hash_of_another_cost_is_dated() -> None:
    assert not Passwords(CHEAP).is_dated(HASH)
    assert Passwords(DEARER).is_dated(HASH)


async def test_who_comes_while_too_many_wait_is_told_to_come_again() -> None:
    passwords, many = Passwords(CHEAP), AT_ONCE + WAITING_MOST + 5
    asked = [passwords.check(PASSWORD, HASH) for _ in range(many)]
    told = await asyncio.gather(*asked, return_exceptions=True)
    sent_away = [each for each in told if isinstance(each, Problem)]
    assert {each.status for each in sent_away} == {HTTPStatus.SERVICE_UNAVAILABLE}
    assert (len(sent_away), told.count(True)) == (5, many - 5)
    assert await passwords.check(PASSWORD, HASH)


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("short", "fewer than 12 characters"),
        ("x" * 11, "fewer than 12 characters"),
        ("x" * 501, "more than 500 characters"),
        ("Maria.Schneider", "is the user's name"),
        (" maria.schneider", "is the user's name"),
        (PASSWORD, ""),
    ],
)
def test_a_new_password_is_refused_for(password: str, fault: str) -> None:
    told = fault_of_password("maria.schneider", password)
    assert fault in told
    assert bool(fault) == bool(told)
