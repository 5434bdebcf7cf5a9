"""Whoever reads the world says that it goes on, or that it is Kafka that keeps it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from types import SimpleNamespace
from typing import cast

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from legato.local import wait_until
from legato.runtime.kafka.world_consumer import WorldConsumer

NOBODY: Mapping[str, object] = {
    "bootstrap.servers": "127.0.0.1:1",
    "group.id": "none",
    "log_level": 0,
}


class Answers:
    """What the client for questions says: one partition, of which `end` records lie there."""

    def __init__(self, end: int, error: KafkaError | None = None) -> None:
        self.end, self.error, self.asked = end, error, 0

    def list_offsets(
        self, wanted: Mapping[TopicPartition, object], **_: object
    ) -> dict[TopicPartition, Future[SimpleNamespace]]:
        self.asked += 1
        return {place: self._answer() for place in wanted}

    def _answer(self) -> Future[SimpleNamespace]:
        answer: Future[SimpleNamespace] = Future()
        if self.error is None:
            answer.set_result(SimpleNamespace(offset=self.end))
        else:
            answer.set_exception(KafkaException(self.error))
        return answer

    def list_topics(self, **_: object) -> None:
        """Nobody needs what it says."""


@contextmanager
def reading(answers: Answers) -> Iterator[list[str]]:
    """A thread that gets no records, and all that it says."""
    said: list[str] = []
    admin = cast("AdminClient", answers)
    consumer = WorldConsumer(NOBODY, admin, "references", lambda _: None, "references")
    consumer._reached = {("references", 0): 0}
    consumer.tell_time(lambda: 7, lambda time: said.append(f"passed {time}"))
    consumer.tell_life(lambda: said.append("lives"))
    consumer.follow(lambda _: None, said.append)
    try:
        yield said
    finally:
        consumer.close()
        consumer.join(10)


def test_at_its_end_time_passes_and_it_lives() -> None:
    with reading(Answers(0)) as said:
        wait_until(lambda: len(said) >= 4, "two questions")
    assert said[:4] == ["lives", "passed 7"] * 2


def test_a_kafka_that_cannot_say_where_it_ends_is_no_fault_of_ours() -> None:
    answers = Answers(0, KafkaError(KafkaError.LEADER_NOT_AVAILABLE))
    with reading(answers) as said:
        wait_until(lambda: answers.asked >= 3, "three questions")
    assert set(said) == {"lives"}


def test_what_is_there_and_does_not_come_is() -> None:
    answers = Answers(9)
    with reading(answers) as said:
        wait_until(lambda: answers.asked, "a question")
        with pytest.raises(TimeoutError):
            wait_until(lambda: said, "never a word", deadline_s=1.5)
        answers.error = KafkaError(KafkaError.LEADER_NOT_AVAILABLE)
        wait_until(lambda: said, "a leader that went meanwhile", deadline_s=15)
    assert set(said) == {"lives"}
