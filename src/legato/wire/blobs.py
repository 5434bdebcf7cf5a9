"""The door for all that leaves the core as bytes: each kind has a version, and upcasts.

A blob without a version byte is of version 1 of its kind: MessagePack of an array begins with
0x90 or more, JSON of an object with `{`. From version 2 on a byte below 0x20 stands in front,
with which neither of them begins. A release reads version n + 1 before any release writes it
(docs/operations.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeAlias, TypeVar

import msgspec

from legato.core.context.codec import StateError, UnknownVersion
from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.identity.commands import Command

T = TypeVar("T")
Upcast: TypeAlias = Callable[[Any], Any]
"""Turns what a version is in MessagePack or JSON, as lists and maps, into that of the next."""
Upcasts: TypeAlias = Mapping[int, Upcast]

MARKS = 0x20
"""Versions are told by bytes below this."""


class Blobs(Generic[T]):
    """One kind of value as bytes. `name` is how people are told of it: `a context`."""

    write: Callable[[T], bytes]
    """Writes a value as of today."""

    def __init__(
        self, name: str, kind: object, *, version: int = 1, upcasts: Upcasts | None = None
    ) -> None:
        self.name, self.version, self.upcasts = name, version, upcasts or {}
        text = kind is Event
        codec = msgspec.json if text else msgspec.msgpack
        self._encode_any: Callable[[object], bytes] = codec.Encoder().encode
        self._encode: Callable[[T], bytes] = codec.Encoder().encode
        self._decode: Callable[[bytes | memoryview], T] = codec.Decoder(kind).decode
        self._decode_any: Callable[[bytes | memoryview], Any] = codec.Decoder().decode
        self.write = self._encode if version == 1 else self._write_marked
        self._mark = bytes([version])

    def read(self, blob: bytes) -> T:
        """Read a value of any version up to today's; raises StateError."""
        try:
            version, body = _opened(blob)
            if version == self.version:
                return self._decode(body)
            return self.upcast(version, self._decode_any(body))
        except (msgspec.MsgspecError, IndexError, UnicodeDecodeError, RecursionError) as error:
            raise StateError(f"{self.name} cannot be read: {error}") from error

    def upcast(self, version: int, fields: object) -> T:
        """Make a value of today of what an older version wrote; raises StateError."""
        self.check(version)
        for each in range(version, self.version):
            fields = self.upcasts[each](fields)
        # By way of bytes: only so do payloads stay unread, and bytes bytes.
        return self._decode(self._encode_any(fields))

    def _write_marked(self, value: T) -> bytes:
        return self._mark + self._encode(value)

    def check(self, version: int) -> None:
        """Raise UnknownVersion unless a chain of upcasts leads from there to today's."""
        missing = any(each not in self.upcasts for each in range(version, self.version))
        if missing or version > self.version:
            raise UnknownVersion(self.name, version, self.version)


def _opened(blob: bytes) -> tuple[int, bytes | memoryview]:
    return (blob[0], memoryview(blob)[1:]) if blob[0] < MARKS else (1, blob)


class StateCodec:
    """The kinds that the core has passed in, as of today or, in tests, of another day."""

    def __init__(
        self,
        contexts: Blobs[Context] | None = None,
        commands: Blobs[Command] | None = None,
        events: Blobs[Event] | None = None,
    ) -> None:
        self.contexts = contexts or Blobs("a context", Context)
        self.commands = commands or Blobs("a command", Command)
        self.events = events or Blobs("an event", Event)
        self.write_context, self.read_context = self.contexts.write, self.contexts.read
        self.write_command, self.read_command = self.commands.write, self.commands.read
        self.write_event, self.read_event = self.events.write, self.events.read


TODAY = StateCodec()
"""What all processes write and read."""
