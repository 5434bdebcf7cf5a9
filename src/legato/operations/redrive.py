"""Sending dead letters back to the topics they came from, as they first came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from legato.operations.sender import Sender
from legato.queries.dead_letters import (
    ReadDeadLetter,
    dead_letters,
    list_dead_letters,
    no_dead_letter,
)
from legato.queries.topic_reader import TopicReader
from legato.settings import Settings
from legato.wire.record import RawRecord
from legato.wire.topics.actions import REDRIVEN_HEADER
from legato.wire.topics.dead_letters import ADAPTER_STAGE


class RedrivePlan(Struct, frozen=True):
    """Which dead letters go back to which topic: coordinate -> topic; and what cannot go."""

    topics: Mapping[str, str]
    lost: tuple[ReadDeadLetter, ...] = ()
    """Those that were too large to be kept: only their source has them."""

    @property
    def counts(self) -> list[tuple[str, int]]:
        """How many go to each topic, by its name."""
        return sorted(Counter(self.topics.values()).items())


def plan_redrive(
    settings: Settings, coordinates: Iterable[str] = (), reason: str | None = None
) -> RedrivePlan:
    """See what would be sent: those named, else all, of one reason or of any.

    Raises NotFound if one that is named is not there, and KafkaAway.
    """
    return redrive_plan(list_dead_letters(settings, reason), coordinates)


def redrive_plan(
    letters: Iterable[ReadDeadLetter], coordinates: Iterable[str] = ()
) -> RedrivePlan:
    """Choose from these dead letters those named, else all; raises NotFound.

    A record of which several events died has several letters, and goes back once.
    """
    known = {letter.coordinate: letter for letter in letters}
    named = [_known(known, each) for each in dict.fromkeys(coordinates)] or known.values()
    chosen = list({_record_of(letter): letter for letter in reversed([*named])}.values())[::-1]
    return RedrivePlan(
        {letter.coordinate: letter.topic for letter in chosen if letter.size is None},
        tuple(letter for letter in chosen if letter.size is not None),
    )


def _record_of(letter: ReadDeadLetter) -> tuple[object, ...]:
    """Name the record that a letter is of; one of no record stands for itself."""
    if letter.offset < 0:
        return (letter.coordinate,)
    return letter.topic, letter.partition, letter.offset


def _known(letters: Mapping[str, ReadDeadLetter], coordinate: str) -> ReadDeadLetter:
    if coordinate not in letters:
        raise no_dead_letter(coordinate)
    return letters[coordinate]


def marked(letter: ReadDeadLetter) -> RawRecord:
    """Say on an action which letter it was, so that its adapter does it once more, and once."""
    original = letter.original
    if letter.stage != ADAPTER_STAGE:
        return original
    kept = [each for each in original.headers if each[0] != REDRIVEN_HEADER]
    told = REDRIVEN_HEADER, letter.coordinate.encode()
    return replace(original, headers=(*kept, told))


def redrive_letters(settings: Settings, plan: RedrivePlan) -> None:
    """Read the chosen ones once more, and send each as it was; raises KafkaAway and NotSent."""
    with TopicReader(settings) as reader, Sender(settings) as sender:
        partitions = {topic: sender.partitions(topic) for topic, _ in plan.counts}
        for letter in dead_letters(reader):
            if letter.coordinate in plan.topics:
                inside = 0 <= letter.partition < partitions[letter.topic]
                original = marked(letter)
                sender.send(
                    letter.topic,
                    original.key,
                    original.value,
                    headers=original.headers,
                    partition=letter.partition if inside else -1,
                )
