"""The conformance kit finds what an adapter falls short in, and lets nothing out."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from types import ModuleType

import pytest

from legato.adapter import Action, Delivered, Failed, Retry
from legato.testing import check_adapter, example_action


def module(**members: object) -> ModuleType:
    made = ModuleType("fax")
    made.__dict__.update(members)
    return made


async def good(action: object) -> Delivered:
    return Delivered("id")


async def fails(action: object) -> Failed:
    return Failed("no_such_number")


async def comes_again(action: object) -> Retry:
    return Retry("busy", 2.0)


@pytest.mark.parametrize("deliver", [good, fails, comes_again])
def test_what_answers_is_an_adapter(deliver: object) -> None:
    check_adapter(module(deliver=deliver))


async def says_nothing(action: object) -> None:
    """It forgot to answer."""


async def names_the_customer(action: Action) -> Failed:
    return Failed(action.address)


async def explains(action: object) -> Failed:
    return Failed("there is no such mailbox")


async def blocks(action: object) -> Delivered:
    until = time.perf_counter() + 0.4
    while time.perf_counter() < until:
        """It computes."""
    return Delivered()


async def raises_on_odd(action: Action) -> Delivered:
    if not action.address:
        raise ValueError("no address")
    return Delivered()


async def looks_for_connection(action: object) -> Delivered:
    with socket.create_connection(("192.0.2.1", 80), 1):
        return Delivered()


def sends_a_datagram() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendmsg([b"kim"], (), 0, ("192.0.2.1", 9))


@pytest.mark.parametrize(
    "leave",
    [
        sends_a_datagram,
        lambda: socket.gethostbyname("provider.invalid"),
        lambda: socket.gethostbyname_ex("provider.invalid"),
        lambda: socket.gethostbyaddr("192.0.2.1"),
    ],
)
def test_whatever_leaves_this_machine_is_stopped(leave: Callable[[], object]) -> None:
    """The guard says so itself, before anything is sent or asked."""
    told: list[str] = []

    async def deliver(_: Action) -> Retry:
        try:
            leave()
        except OSError as error:
            told.append(str(error))
        return Retry("no_connection")

    check_adapter(module(deliver=deliver))
    assert {"nothing leaves this machine" in each for each in told} == {True}


async def only_once(action: Action, seen: set[str] = set()) -> Delivered:  # noqa: B006
    if action.action_id in seen:
        raise KeyError(action.action_id)
    seen.add(action.action_id)
    return Delivered()


@pytest.mark.parametrize(
    ("deliver", "told"),
    [
        (says_nothing, "it answered `NoneType`"),
        (names_the_customer, "a reason is a code"),
        (explains, "a reason is a code"),
        (blocks, "the loop stood for"),
        (raises_on_odd, "with address: it raised ValueError"),
        (looks_for_connection, "answer `Retry` where there is no connection"),
        (only_once, "it raised KeyError"),
    ],
)
def test_what_falls_short_is_told(deliver: object, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        check_adapter(module(deliver=deliver))


def test_options_that_nobody_knows_must_be_refused() -> None:
    from msgspec import Struct

    class Loose(Struct):
        host: str = ""

    class Strict(Struct, forbid_unknown_fields=True):
        host: str = ""

    check_adapter(module(deliver=good, Options=Strict))
    with pytest.raises(AssertionError, match="forbid_unknown_fields"):
        check_adapter(module(deliver=good, Options=Loose))


def test_an_example_is_of_its_channel() -> None:
    assert example_action("sms").address.startswith("+")
    assert example_action("push", action_id="x").action_id == "x"
