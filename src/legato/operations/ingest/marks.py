"""Time marks in the topic of a history: written to every partition, and read back."""

from __future__ import annotations

from legato.core.values.time import LONG_AGO, Instant
from legato.operations.errors import NotSent
from legato.operations.sender import Sender
from legato.queries.topic_reader import TopicReader
from legato.settings import Settings
from legato.wire.source.passed import mark_of, passed_of


def send_marks(sender: Sender, topic: str, partitions: int, passed: Instant) -> None:
    """Say in every partition that no event of before will follow; NEVER: none at all."""
    for number in range(partitions):
        sender.send(topic, None, None, headers=mark_of(passed), partition=number)


def read_reached(settings: Settings, topic: str) -> Instant:
    """Say how far history had come when it was sent last, by its marks; else LONG_AGO.

    Raises KafkaAway, and NotSent if there is no such topic.
    """
    with TopicReader(settings) as reader:
        numbers = reader.partitions(topic.__eq__).get(topic)
        if numbers is None:
            raise NotSent(
                f"there is no topic `{topic}`; create it, with as many partitions as those of "
                "your other sources"
            )
        newest = [reader.newest(topic, number) for number in numbers]
    marks = [passed_of(record.headers) for record in newest if record is not None]
    return max((mark for mark in marks if mark is not None), default=LONG_AGO)
