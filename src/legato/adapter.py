"""What an adapter is written against: one file that sends the actions of a channel.

A module with `deliver` is one. The frame around it holds what is not due, drops what was taken
back, tries again, and reports what became of each action: docs/adapters.md.

>>> async def deliver(action: Action) -> Result:
...     return Failed("no_address") if not action.address else Delivered()
>>> import asyncio
>>> from legato.testing import example_action
>>> asyncio.run(deliver(example_action("fax", address="")))
Failed(reason='no_address')
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, TypeAlias

from msgspec import Struct

from legato.core.values.outputs import Action

__all__ = ["Action", "Content", "Deliver", "Delivered", "Failed", "Result", "Retry", "Setup"]


class Delivered(Struct, frozen=True):
    """The provider has taken it, and calls it `id`, by which it will speak of it later."""

    id: str = ""


class Failed(Struct, frozen=True):
    """It never will be sent. `reason` is a code, such as `no_such_address`, never a value."""

    reason: str


class Retry(Struct, frozen=True):
    """Not now; again by itself, and not before `after_s` seconds if the provider says so."""

    reason: str
    after_s: float | None = None


Result: TypeAlias = Delivered | Failed | Retry
"""What a try came to."""

Deliver: TypeAlias = Callable[[Action], Awaitable[Result]]
"""Sends one action. What it raises, or does not answer in time, counts as `Retry`."""


class Content(Protocol):
    """What actions look like: parts such as `subject` and `html`, by their `content_ref`."""

    async def render(
        self, action: Action, unsubscribe_url: str = ""
    ) -> Mapping[str, str] | Failed | Retry:
        """Make the parts of an action in its language; `Failed` where there is no making it."""


class Setup(Struct, frozen=True):
    """What `connect` is given: who it is in the settings, for which channels, and what with.

    `options` is an instance of the module's `Options`, or the table itself where it has none.
    `content` is there if `[content]` is set, or if the module says `CONTENT = True`.
    `settings` are the deployment's, which ready-made adapters read; what is in them is not
    promised to others.
    """

    name: str
    channels: tuple[str, ...] = ()
    options: Any = None
    content: Content | None = None
    settings: Any = None
