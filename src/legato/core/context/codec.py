"""How what leaves the core becomes bytes, and comes back; `wire` knows, and is passed in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from legato.core.context.context import (
    ActionRecord,
    Cart,
    Contact,
    Context,
    LookedAt,
    Order,
)
from legato.core.events.event import Event
from legato.core.identity.commands import Command
from legato.core.identity.state import IdentityState
from legato.core.values.time import Instant


class StateError(Exception):
    """Bytes that we wrote ourselves cannot be read; whoever needs them cannot go on."""


class UnknownVersion(StateError):
    """They were written by a Legato that knows more than this one."""

    def __init__(self, name: str, version: int, known: int) -> None:
        super().__init__(
            f"{name} has version `{version}`, this Legato reads up to `{known}`; "
            "start the newer Legato that wrote it"
        )


class Codec(Protocol):
    """Writes values as of today, and reads what today's and older versions wrote.

    Reading raises StateError for what cannot be read.
    """

    def write_context(self, context: Context) -> bytes:
        """Write a context that goes along with a command, or is set aside for an answer."""

    def read_context(self, blob: bytes) -> Context:
        """Read one."""

    def write_command(self, command: Command) -> bytes:
        """Write a command, to be sent or kept."""

    def read_command(self, blob: bytes) -> Command:
        """Read one."""

    def write_event(self, event: Event) -> bytes:
        """Write an event that goes on, or waits."""

    def read_event(self, blob: bytes) -> Event:
        """Read one."""


class Naming(Protocol):
    """The parts of a context that name something, and where it may be on its way to."""

    @property
    def carts(self) -> Mapping[str, Cart]:
        """The open carts."""

    @property
    def orders(self) -> tuple[Order, ...]:
        """The orders that are kept."""

    @property
    def looked_at(self) -> Mapping[str, LookedAt]:
        """The articles that were looked at last."""

    @property
    def runs(self) -> dict[str, Any]:
        """What situations keep, and what is kept of the past."""

    @property
    def contact(self) -> Contact | None:
        """The last conversation, and where they wait for one."""

    @property
    def identity(self) -> IdentityState | None:
        """What is linked; a customer who is to be merged travels within it."""


class Acting(Protocol):
    """The part of a context that says what was to be done."""

    @property
    def actions(self) -> tuple[ActionRecord, ...]:
        """The actions that are still remembered."""


class Linked(Protocol):
    """The part of a context about who it is."""

    @property
    def identity(self) -> IdentityState | None:
        """What is linked."""


class SnapshotCodec(Protocol):
    """Writes what a partition keeps in its changelog. Reading raises StateError."""

    def write_snapshot(self, context: Context) -> bytes:
        """Write a context."""

    def read_snapshot(self, blob: bytes) -> Context:
        """Read one."""

    def read_naming(self, blob: bytes) -> Naming:
        """Read of a context what names something, and no more."""

    def read_acting(self, blob: bytes) -> Acting:
        """Read of a context what was to be done, and no more."""

    def due_times(self, blobs: Mapping[str, bytes]) -> dict[str, Instant]:
        """Say when each customer is next due, of those who ever will be."""

    def write_clock(self, passed: dict[str, Instant]) -> bytes:
        """Write what each source has passed on."""

    def read_clock(self, blob: bytes) -> dict[str, Instant]:
        """Read it; nothing of nothing."""

    def write_brake(self, taken: Mapping[str, tuple[tuple[Instant, Instant], ...]]) -> bytes:
        """Write which slots are taken, by channel."""

    def read_brake(self, blob: bytes) -> dict[str, tuple[tuple[Instant, Instant], ...]]:
        """Read it; nothing of nothing."""
