"""Reads customer.contexts: records out, offsets back once what they say is safe elsewhere."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from threading import Event

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from msgspec import Struct

from legato.kafka import client_config
from legato.logs import ClientLog
from legato.serving.redis_view.topic_ends import TopicEnds
from legato.settings import Settings

log = logging.getLogger(__name__)

TAKE_S = 0.05
POLL_S = 0.2
_HOPELESS = (
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
)


class MissingTopic(RuntimeError):
    """There are no contexts to read; the message says what to do."""


class Span(Struct, frozen=True):
    """The offsets of a partition from the first to read to the one where reading ends."""

    first: int
    end: int


class ContextFeed:
    """A consumer of committed contexts. Only the thread that made it may call it."""

    def __init__(self, settings: Settings) -> None:
        """Find the topic; raises MissingTopic, or KafkaException where no broker answers."""
        self.topic = f"{settings.kafka.prefix}customer.contexts"
        self._batch_size = settings.view.batch_size
        self._reached: dict[int, int] = {}
        self._safe: dict[int, int] = {}
        self._assigned: set[int] | None = None
        self._lost: set[int] = set()
        self._held = False
        self._follows = False
        self._ends = TopicEnds(settings, self.topic)
        self.partitions = self._ends.partitions()
        if not self.partitions:
            raise MissingTopic(
                f"the topic `{self.topic}` is missing; create it with `legato topics create`"
            )
        self._consumer = Consumer(_config(settings), logger=ClientLog("view"))

    def follow(self) -> None:
        """Share the partitions with the views of the group."""
        self._follows = True
        self._consumer.subscribe(
            [self.topic], on_assign=self._on_assign, on_revoke=self._on_revoke
        )

    def read_all(self) -> dict[int, Span]:
        """Read all partitions from the beginning, apart from the group; say how much it is."""
        spans = {number: Span(*self._ends.span(number)) for number in self.partitions}
        self._consumer.assign(
            [TopicPartition(self.topic, number, spans[number].first) for number in spans]
        )
        return spans

    @property
    def homeless(self) -> bool:
        """Whether there are partitions of which it must be said from where to read them."""
        return bool(self._lost)

    def place(self, offsets: Mapping[int, int]) -> None:
        """Read the homeless partitions from these offsets, else from the beginning.

        One that has just been assigned may not be ready for it: it stays homeless for now.
        """
        for number in list(self._lost):
            offset = offsets.get(number, 0)
            if self._sought(TopicPartition(self.topic, number, offset)):
                self._safe[number] = offset
                self._lost.discard(number)
        self._resume()

    def rewind(self, numbers: Iterable[int]) -> None:
        """Stop reading these partitions until they are placed anew."""
        ours = set(numbers) & self._safe.keys()
        self._lost |= ours
        self._consumer.pause([TopicPartition(self.topic, number) for number in ours])
        for number in ours:
            self._reached.pop(number, None)

    def take(self) -> list[Message]:
        """Take the next records, waiting a moment for them; raises KafkaException."""
        if self._held:
            self._held = False
            self._resume()
        records: list[Message] = []
        for message in self._consumer.consume(self._batch_size, TAKE_S):
            if message.error() is None:
                records.append(message)
                self._reached[message.partition() or 0] = (message.offset() or 0) + 1
            elif _is_end(message):
                self._reached[message.partition() or 0] = message.offset() or 0
        return records

    @property
    def safe(self) -> Mapping[int, int]:
        """Of each partition the offset up to which all is safe, where it is known."""
        return self._safe

    @property
    def reached(self) -> Mapping[int, int]:
        """The same of what was taken, and is safe once `done` is called."""
        return self._reached

    def done(self) -> None:
        """Say that all that was taken is safe."""
        if self._follows:
            self._store()
        self._safe |= self._reached
        self._reached = {}

    def hold(self, seconds: float, stop: Event) -> None:
        """Take nothing for a while, or until `stop`, and yet stay in the group."""
        self._held = True
        self._consumer.pause(self._consumer.assignment())
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0 and not stop.is_set():
            message = self._consumer.poll(min(left, POLL_S))
            if message is not None and message.error() is None:
                self._seek_back(message)
            elif message is not None:
                _is_end(message)

    def lag(self) -> dict[int, int] | None:
        """Return how many records of each partition are not safe yet; None while unknown."""
        if self._assigned is None:
            return None
        ends = self._ends.latest(self._assigned)
        if not self._assigned <= self._safe.keys() & ends.keys():
            return None
        return {n: max(ends[n] - self._safe[n], 0) for n in self._assigned}

    def close(self) -> None:
        """Leave, and commit what is safe."""
        self._consumer.close()

    def _store(self) -> None:
        for number, offset in self._reached.items():
            place = TopicPartition(self.topic, number, offset)
            try:
                self._consumer.store_offsets(offsets=[place])
            except KafkaException as error:  # it went to another view, which reads it again
                log.info("partition `%d` is no longer ours: %s", number, error)

    def _seek_back(self, message: Message) -> None:
        number, offset = message.partition() or 0, message.offset() or 0
        self._consumer.seek(TopicPartition(self.topic, number, offset))

    def _sought(self, place: TopicPartition) -> bool:
        try:
            self._consumer.seek(place)
        except KafkaException as error:
            if error.args[0].code() != KafkaError._STATE:
                raise
            return False
        return True

    def _resume(self) -> None:
        assigned = self._consumer.assignment()
        self._consumer.resume(
            [place for place in assigned if place.partition not in self._lost]
        )

    def _on_assign(self, consumer: Consumer, places: list[TopicPartition]) -> None:
        numbers = {place.partition for place in places}
        self._assigned = (self._assigned or set()) | numbers
        self._lost |= numbers
        consumer.incremental_assign(places)
        consumer.pause(places)

    def _on_revoke(self, _: Consumer, places: list[TopicPartition]) -> None:
        for number in [place.partition for place in places]:
            (self._assigned or set()).discard(number)
            self._lost.discard(number)
            self._safe.pop(number, None)
            self._reached.pop(number, None)


def _config(settings: Settings) -> dict[str, object]:
    return client_config(
        settings,
        **{
            "group.id": settings.view.group,
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            "enable.auto.offset.store": False,
            "auto.commit.interval.ms": 1_000,
            "partition.assignment.strategy": "cooperative-sticky",
            "enable.partition.eof": True,
            "fetch.queue.backoff.ms": 10,
            "fetch.message.max.bytes": 4 << 20,
        },
    )


def _is_end(message: Message) -> bool:
    """Whether it is the end of a partition; raises what nobody can wait out."""
    error = message.error()
    if error is None or error.code() == KafkaError._PARTITION_EOF:
        return True
    if error.fatal() or error.code() in _HOPELESS:
        raise KafkaException(error)
    log.warning("kafka says `%s`", error.str())
    return False
