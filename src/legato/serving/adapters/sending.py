"""Hands actions to the adapter: evenly, after a last look at the view, and not for too long."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine, Sequence
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from aiolimiter import AsyncLimiter

from legato.adapter import Deliver, Delivered, Failed, Retry
from legato.adapter_module import AdapterError
from legato.core.values.outputs import Action
from legato.serving.adapters.machine.commands import Send
from legato.serving.adapters.machine.facts import (
    Answer,
    Crashed,
    NotBegun,
    Refused,
    Unchecked,
)
from legato.serving.adapters.ready.last_written import ViewAway
from legato.serving.adapters.view_check import ViewCheck

log = logging.getLogger(__name__)

AT_ONCE = 100
"""How many actions the view is asked about together."""
SLICE_S = 0.05
"""Beyond one action in this time, those of one slice may go out together."""


class SendingRules(Struct, frozen=True):
    """How many a second (0 = no limit), and how long a try may take."""

    rate: float
    timeout_s: float


class MachineDoor(Protocol):
    """The side of the machine that is asked, and told, about what is under way."""

    def may_begin(self, ticket: int) -> bool:
        """Say right before an action is handed over whether that may still be."""

    def ended(self, task: asyncio.Task[None]) -> None:
        """Hear that a task of ours is over, and see whether it failed."""

    def answered(self, ticket: int, answer: Answer, took_s: float) -> None:
        """Hear what came of a `Send`, and how long that took."""


class ActionSender:
    """Takes `Send`s, and tells of each what came of it; no view means that none is asked."""

    def __init__(
        self,
        deliver: Deliver,
        view: ViewCheck | None,
        door: MachineDoor,
        rules: SendingRules,
    ) -> None:
        self._deliver, self._view, self._timeout_s = deliver, view, rules.timeout_s
        self._may_begin, self._answered = door.may_begin, door.answered
        self._ended = door.ended
        self._limiter = _limiter(rules.rate)
        self._queue: asyncio.Queue[Send] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, send: Send) -> None:
        """Have an action sent."""
        self._queue.put_nowait(send)

    async def run(self) -> None:
        """Send what is taken, until cancelled."""
        while True:
            batch = [await self._queue.get()]
            await self._wait_for_turn()
            while len(batch) < AT_ONCE and not self._queue.empty() and self._has_turn():
                await self._wait_for_turn()
                batch.append(self._queue.get_nowait())
            self._spawn(self._look(batch))

    async def cancel(self) -> None:
        """Leave off what is still under way: nobody waits for its answer any more."""
        tasks = [*self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _wait_for_turn(self) -> None:
        if self._limiter is not None:
            await self._limiter.acquire()

    def _has_turn(self) -> bool:
        return self._limiter is None or self._limiter.has_capacity()

    async def _look(self, batch: Sequence[Send]) -> None:
        """Ask the view about some actions, and send those that nothing is against."""
        try:
            against: Sequence[Refused | None] = [None] * len(batch)
            if self._view is not None:
                against = await self._view.ask([send.action for send in batch])
        except ViewAway:
            for send in batch:
                self._answered(send.ticket, Unchecked(), 0)
            return
        for send, refused in zip(batch, against, strict=True):
            if refused is not None:
                self._answered(send.ticket, refused, 0)
            elif not self._may_begin(send.ticket):
                self._answered(send.ticket, NotBegun(), 0)
            else:
                self._spawn(self._try(send))

    async def _try(self, send: Send) -> None:
        # The task may begin a turn of the loop later than it was made.
        if not self._may_begin(send.ticket):
            self._answered(send.ticket, NotBegun(), 0)
            return
        began = time.monotonic()
        answer = await self._ask_adapter(send.action)
        self._answered(send.ticket, answer, time.monotonic() - began)

    async def _ask_adapter(self, action: Action) -> Answer:
        """Whatever the adapter does is an answer; what it says of an error stays here."""
        try:
            async with asyncio.timeout(self._timeout_s):
                result = await self._deliver(action)
        except TimeoutError:
            return Crashed("TimeoutError")
        except Exception as error:  # noqa: BLE001 - foreign code
            return Crashed(_told(error))
        if isinstance(result, Delivered | Failed | Retry):
            return result
        return Crashed(f"an answer of type {type(result).__name__}")

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(self._ended)


def _told(error: Exception) -> str:
    """Say what was raised and where; its own words may be of a customer."""
    place = extract_tb(error.__traceback__)[-1]
    told = (
        f"{type(error).__name__} in {place.name} ({Path(place.filename).name}:{place.lineno})"
    )
    log.warning("a try failed: %s", told)
    return told


def _limiter(rate: float) -> AsyncLimiter | None:
    """Make what lets `rate` a second pass, evenly."""
    if not rate:
        return None
    try:
        from aiolimiter import AsyncLimiter
    except ImportError:
        raise AdapterError("`rate` needs aiolimiter; install `legato[channels]`") from None
    slice_s = max(1 / rate, SLICE_S)
    return AsyncLimiter(max(rate * slice_s, 1), slice_s)
