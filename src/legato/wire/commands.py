"""Commands about identity as MessagePack: records of customer.events without a key."""

from __future__ import annotations

import msgspec

from legato.core.command import Command
from legato.core.outcome import Unreadable
from legato.wire.clock import Passed, read_passed

_decode: msgspec.msgpack.Decoder[Command] = msgspec.msgpack.Decoder(Command)
write_command = msgspec.msgpack.Encoder().encode
"""Write a command; its first byte is never that of a clock record, which is JSON."""


def read_told(value: bytes | None) -> Passed | Command | Unreadable:
    """Read a record of customer.events that has no key: how far time came, or a command."""
    if not value or value.startswith(b"{"):
        return read_passed(value)
    try:
        return _decode.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Unreadable("not_command", "the record is neither a clock nor a command")
