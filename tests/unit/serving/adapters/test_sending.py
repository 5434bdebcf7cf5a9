"""How actions are handed to an adapter: evenly, for not too long, whatever it does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import pytest

from legato.adapter import Action, Deliver, Delivered, Result, Retry
from legato.local import free_port
from legato.serving.adapters.machine.commands import Send
from legato.serving.adapters.machine.facts import Answer, Crashed, NotBegun, Unchecked
from legato.serving.adapters.sending import ActionSender, SendingRules
from legato.serving.adapters.view_check import ViewCheck
from legato.settings import RedisSettings, Settings
from legato.testing import example_action


class Door:
    """What is behind the sender: it lets all begin but those named, and keeps the answers."""

    def __init__(self, refused: Sequence[int] = ()) -> None:
        self.refused = refused
        self.answers: dict[int, Answer] = {}
        self.all_there = asyncio.Event()
        self.awaited = 0

    def may_begin(self, ticket: int) -> bool:
        return ticket not in self.refused

    def answered(self, ticket: int, answer: Answer, took_s: float) -> None:
        self.answers[ticket] = answer
        if len(self.answers) == self.awaited:
            self.all_there.set()

    def ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            task.result()


async def sent(
    deliver: Deliver,
    count: int = 1,
    *,
    refused: Sequence[int] = (),
    rules: SendingRules = SendingRules(0, 5),  # noqa: B008 - it is frozen
    view: ViewCheck | None = None,
) -> dict[int, Answer]:
    door = Door(refused)
    door.awaited = count
    sender = ActionSender(deliver, view, door, rules)
    loop = asyncio.create_task(sender.run())
    for ticket in range(count):
        sender.take(Send(ticket, example_action(action_id=f"a{ticket}")))
    await asyncio.wait_for(door.all_there.wait(), 20)
    loop.cancel()
    await sender.cancel()
    return door.answers


async def good(action: Action) -> Result:
    return Delivered(action.action_id)


async def test_an_answer_is_passed_on() -> None:
    assert await sent(good, 2) == {0: Delivered("a0"), 1: Delivered("a1")}


async def test_what_must_not_begin_is_not_handed_over() -> None:
    assert await sent(good, 2, refused=[1]) == {0: Delivered("a0"), 1: NotBegun()}


async def raises(action: Action) -> Result:
    raise ValueError(action.address)


async def hangs(action: Action) -> Result:
    await asyncio.Event().wait()
    return Delivered()


async def mumbles(action: Action) -> Result:
    return "sent"  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("deliver", "told"),
    [
        (raises, "ValueError in raises (test_sending.py:"),
        (hangs, "TimeoutError"),
        (mumbles, "an answer of type str"),
    ],
)
async def test_whatever_an_adapter_does_is_an_answer(deliver: Deliver, told: str) -> None:
    answer = (await sent(deliver, rules=SendingRules(0, 0.1)))[0]
    assert isinstance(answer, Crashed)
    assert answer.error.startswith(told)
    assert "example.org" not in answer.error


async def test_one_that_hangs_keeps_no_other() -> None:
    async def some_hang(action: Action) -> Result:
        if action.action_id == "a0":
            await asyncio.sleep(0.3)
            return Retry("busy")
        return Delivered()

    answers = await sent(some_hang, 3)
    assert [*answers] == [1, 2, 0]


@pytest.mark.parametrize(("rate", "count", "least_s"), [(20, 6, 0.2), (400, 120, 0.2)])
async def test_no_more_are_sent_than_the_rate_allows(
    rate: float, count: int, least_s: float
) -> None:
    began = time.monotonic()
    assert len(await sent(good, count, rules=SendingRules(rate, 5))) == count
    assert time.monotonic() - began >= least_s


async def test_while_redis_is_away_nothing_is_sent() -> None:
    nowhere = RedisSettings(url=f"redis://127.0.0.1:{free_port()}/0", timeout_s=1)
    view = ViewCheck(Settings(redis=nowhere))
    try:
        assert await sent(good, 2, view=view) == {0: Unchecked(), 1: Unchecked()}
    finally:
        await view.close()
