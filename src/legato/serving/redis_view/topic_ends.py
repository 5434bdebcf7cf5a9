"""Where topics end, asked now and then, without waiting while records could be read."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from typing import Protocol

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec
from msgspec import Struct

from legato.core.values.time import Instant
from legato.kafka import client_config
from legato.serving.redis_view.freshness import now
from legato.serving.redis_view.places import Place, Span
from legato.settings import Settings

EVERY_S = 1.0
ANSWER_S = 10.0


class _KnownEnds(Protocol):
    offset: int


class SeenEnd(Struct, frozen=True):
    """Where a partition ended when that was asked."""

    offset: int
    asked: Instant


class TopicEnds:
    """The end offsets of partitions as last heard, open transactions included."""

    def __init__(self, settings: Settings) -> None:
        self._config = client_config(settings, **{"log_level": 0})
        self._admin = AdminClient(self._config)
        self._ends: dict[Place, SeenEnd] = {}
        self._asked: dict[Place, Future[_KnownEnds]] = {}
        self._asked_at: Instant = 0
        self._next = 0.0

    def places(self, wanted: Callable[[str], bool]) -> list[Place]:
        """List the partitions of the topics whose name is wanted; raises KafkaException."""
        topics = self._admin.list_topics(timeout=ANSWER_S).topics
        return [
            (name, number)
            for name in sorted(topics)
            if wanted(name) and topics[name].error is None
            for number in sorted(topics[name].partitions)
        ]

    def spans(self, places: Iterable[Place]) -> dict[Place, Span]:
        """Ask for the first and the end offset of partitions; raises KafkaException."""
        places = [*places]
        first, end = (
            {place: future.result(ANSWER_S).offset for place, future in asked.items()}
            for asked in (
                self._ask(places, OffsetSpec.earliest()),
                self._ask(places, OffsetSpec.latest()),
            )
        )
        return {place: Span(first[place], end[place]) for place in places}

    def latest(self, places: Iterable[Place]) -> Mapping[Place, SeenEnd]:
        """Return the ends as last heard, and ask again each second."""
        self._hear()
        # An answer may never come, if the broker went away at the wrong moment.
        forgotten = time.monotonic() >= self._next + 2 * ANSWER_S
        if time.monotonic() >= self._next and (forgotten or not self._asked):
            self._next = time.monotonic() + EVERY_S
            self._asked_at = now()
            with suppress(KafkaException):
                self._asked = self._ask(places, OffsetSpec.latest())
        return self._ends

    def _hear(self) -> None:
        if self._asked and all(future.done() for future in self._asked.values()):
            answers, self._asked = self._asked, {}
            for place, future in answers.items():
                if future.exception() is None:
                    self._ends[place] = SeenEnd(future.result().offset, self._asked_at)
            if any(future.exception() for future in answers.values()):
                # After a leader moved, a client may go on asking under the old epoch.
                self._admin = AdminClient(self._config)

    def _ask(
        self, places: Iterable[Place], spec: OffsetSpec
    ) -> dict[Place, Future[_KnownEnds]]:
        wanted = {TopicPartition(*place): spec for place in places}
        asked = self._admin.list_offsets(wanted, request_timeout=ANSWER_S) if wanted else {}
        return {(at.topic, at.partition): future for at, future in asked.items()}
