"""Reads customer.events on and on, as entries."""

from __future__ import annotations

from msgspec import Struct

from legato.core.engine import LogEntry
from legato.shadow.topic_feed import TopicFeed
from legato.wire.topics.commands import read_entry


class LoggedEntry(Struct, frozen=True):
    """An entry of the log, where it lies, and when the broker took it."""

    partition: int
    offset: int
    time: int
    entry: LogEntry


class LogFeed(TopicFeed):
    """All partitions of the log, from where each starts."""

    def take(self) -> list[LoggedEntry]:
        """Take what comes next, waiting a moment for it; raises KafkaException."""
        return [
            LoggedEntry(
                message.partition() or 0,
                message.offset() or 0,
                message.timestamp()[1],
                read_entry(message.key(), message.value()),
            )
            for message in self.messages()
        ]
