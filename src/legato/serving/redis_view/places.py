"""Where records lie: a topic and one of its partitions."""

from __future__ import annotations

from typing import TypeAlias

from confluent_kafka import Message
from msgspec import Struct

Place: TypeAlias = tuple[str, int]


class Span(Struct, frozen=True):
    """The offsets of a partition from the first to read to the one where reading ends."""

    first: int
    end: int


def place_of(message: Message) -> Place:
    """Say where a record lies, or where there is none any more."""
    return message.topic() or "", message.partition() or 0
