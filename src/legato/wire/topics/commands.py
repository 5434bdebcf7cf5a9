"""Records of customer.events: events, and without a key commands, as MessagePack."""

from __future__ import annotations

from legato.core.context.codec import StateError, UnknownVersion
from legato.core.engine import LogEntry, SourceWatermark
from legato.core.identity.commands import Command
from legato.core.values.results import Unreadable
from legato.wire.blobs import TODAY
from legato.wire.source.reader import read_event
from legato.wire.topics.clock import read_watermark

write_command = TODAY.write_command
"""Write a command; its first byte is never that of a clock record, which is JSON."""


def read_entry(key: bytes | None, value: bytes | None) -> LogEntry:
    """Read any record of customer.events; raises UnknownVersion as `read_told` does."""
    return read_told(value) if key is None else read_event(value or b"")


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
