"""Commands about identity as MessagePack: records of customer.events without a key."""

from __future__ import annotations

from legato.core.context.codec import StateError, UnknownVersion
from legato.core.engine import SourceWatermark
from legato.core.identity.commands import Command
from legato.core.values.results import Unreadable
from legato.wire.blobs import TODAY
from legato.wire.topics.clock import read_watermark

write_command = TODAY.write_command
"""Write a command; its first byte is never that of a clock record, which is JSON."""


def read_told(value: bytes | None) -> SourceWatermark | Command | Unreadable:
    """Read a record of customer.events that has no key: how far time came, or a command.

    Raises UnknownVersion for what a newer Legato wrote.
    """
    if not value or value.startswith(b"{"):
        return read_watermark(value)
    try:
        return TODAY.read_command(value)
    except UnknownVersion:
        raise
    except StateError:
        return Unreadable("not_command", "the record is neither a clock nor a command")
