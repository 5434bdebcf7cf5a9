"""How what leaves the core becomes bytes, and comes back; `wire` knows, and is passed in."""

from __future__ import annotations

from typing import Protocol

from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.identity.commands import Command


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
