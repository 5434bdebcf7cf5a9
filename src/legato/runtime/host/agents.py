"""The rooms as Faust sees them: one agent each, on channels that carry batches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Callable, Mapping
from importlib.metadata import entry_points
from typing import Any

import faust
from faust.channels import Channel
from faust.types import ChannelT, EventT

from legato.runtime.machine.facts import Batch, PartitionEof

GROUP = "legato.agents"
Work = Callable[[Batch | PartitionEof], Any]


class BatchChannel(Channel[Any]):
    """A channel in memory that tells, where agents are listed, which topics it carries."""

    def __init__(self, app: faust.App, *, carries: str = "", **more: Any) -> None:  # noqa: ANN401
        super().__init__(app, **more)
        self._carries = carries
        self._heard = asyncio.Event()

    def clone(self, *, is_iterator: bool | None = None, **more: Any) -> ChannelT[Any]:  # noqa: ANN401
        """Let somebody listen, as Faust does when an agent begins to iterate."""
        root = self._root or self
        if is_iterator and isinstance(root, BatchChannel):
            root._heard.set()
        return super().clone(is_iterator=is_iterator, **more)

    async def put(self, value: EventT[Any]) -> None:
        """Hand a value to all who listen; without this wait, one that comes early is lost."""
        await self._heard.wait()
        await super().put(value)

    def get_topic_name(self) -> str:
        """What `faust agents` shows."""
        return self._carries

    def _clone_args(self) -> Mapping[str, Any]:
        return {**super()._clone_args(), "carries": self._carries}


def add_identify(app: faust.App, channel: BatchChannel, work: Work) -> None:
    """Add the agent of the sources."""

    @app.agent(channel, name="identify", concurrency=1)
    async def identify(batches: AsyncIterable[Batch | PartitionEof]) -> None:
        """Name the customer of each event, and pass it on to where they are followed."""
        async for batch in batches:
            await work(batch)


def add_follow(app: faust.App, channel: BatchChannel, work: Work) -> None:
    """Add the agent of the customers."""

    @app.agent(channel, name="follow", concurrency=1)
    async def follow(batches: AsyncIterable[Batch | PartitionEof]) -> None:
        """Keep each customer's context, find situations in it, and decide on actions."""
        async for batch in batches:
            await work(batch)


def add_agents_of_users(app: faust.App) -> int:
    """Let every entry point of the group `legato.agents` add agents to the app; count them."""
    found = entry_points(group=GROUP)
    for each in found:
        each.load()(app)
    return len(found)
