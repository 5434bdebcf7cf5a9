"""A worker that is started while Kafka is away waits for it, and lets that be seen."""

from __future__ import annotations

import pytest

from legato.runtime.kafka.admin import NoAnswer, StartUp, wait_for_kafka
from legato.runtime.machine.errors import WorkerFatal


class Kafka:
    """One that answers after so many questions; `seen` is what a probe saw at each of them."""

    def __init__(self, start: StartUp, silences: int) -> None:
        self.start, self.silences = start, silences
        self.seen: list[str] = []

    def ask(self) -> str:
        away = self.start.away
        self.seen.append("" if away is None else away.reason)
        if len(self.seen) <= self.silences:
            raise NoAnswer(f"no answer {len(self.seen)}")
        return "answer"


def test_it_waits_until_kafka_answers_and_says_what_it_waits_for() -> None:
    beats: list[None] = []
    start = StartUp(lambda: beats.append(None))
    kafka = Kafka(start, silences=2)
    assert wait_for_kafka(kafka.ask, start) == "answer"
    assert kafka.seen == ["", "no answer 1", "no answer 2"]
    assert len(beats) == 3
    assert start.away is None


def test_since_when_is_the_first_silence() -> None:
    start = StartUp()
    since: list[int] = []

    def ask() -> None:
        if start.away is not None:
            since.append(start.away.since)
        if len(since) < 2:
            raise NoAnswer("refused")

    wait_for_kafka(ask, start)
    assert since[0] == since[1]


def test_what_no_patience_heals_is_raised() -> None:
    def ask() -> None:
        raise WorkerFatal("no such topic")

    with pytest.raises(WorkerFatal, match="no such topic"):
        wait_for_kafka(ask, StartUp())
