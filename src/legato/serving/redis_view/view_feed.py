"""Reads what the view keeps: records out, offsets back once what they say is safe elsewhere."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from threading import Event

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from legato.kafka import client_config
from legato.logs import ClientLog
from legato.queries.topic_filter import is_action_topic, topics_of
from legato.serving.redis_view.freshness import Freshness, TakenUpTo, now
from legato.serving.redis_view.places import Place, Span, place_of
from legato.serving.redis_view.topic_ends import TopicEnds
from legato.settings import Settings
from legato.wire.topics.names import Topics

log = logging.getLogger(__name__)

TAKE_S = 0.05
POLL_S = 0.2
_HOPELESS = (
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
)


class MissingTopic(RuntimeError):
    """There is nothing to read; the message says what to do."""


class ViewFeed:
    """A consumer of what was committed. Only the thread that made it may call it."""

    def __init__(self, settings: Settings) -> None:
        """Find the topics; raises MissingTopic, or KafkaException where no broker answers."""
        topics = topics_of(settings)
        self.topics = topics.customer_contexts, topics.decisions, topics.action_outcomes
        self._patterns = [*self.topics, topics.actions_pattern]
        self._batch_size = settings.view.batch_size
        self._taken: dict[Place, TakenUpTo] = {}
        self._safe: dict[Place, int] = {}
        self._assigned: set[Place] | None = None
        self._lost: set[Place] = set()
        self._held = False
        self._follows = False
        self._fresh = Freshness()
        self._ends = TopicEnds(settings)
        self.places = self._ends.places(_wanted(settings, topics))
        for topic in self.topics:
            if topic not in {name for name, _ in self.places}:
                raise MissingTopic(
                    f"the topic `{topic}` is missing; create it with `legato topics create`"
                )
        self._consumer = Consumer(_config(settings), logger=ClientLog("view"))

    def follow(self) -> None:
        """Share the partitions with the views of the group, also those of later channels."""
        self._follows = True
        self._consumer.subscribe(
            self._patterns, on_assign=self._on_assign, on_revoke=self._on_revoke
        )

    def read_all(self) -> dict[Place, Span]:
        """Read all partitions from the beginning, apart from the group; say how much it is."""
        spans = self._ends.spans(self.places)
        self._consumer.assign([_at(place, spans[place].first) for place in spans])
        return spans

    @property
    def homeless(self) -> set[Place]:
        """The partitions of which it must be said from where to read them."""
        return set(self._lost)

    def place(self, offsets: Mapping[Place, int]) -> None:
        """Read the homeless partitions from these offsets, else from the beginning.

        One that has just been assigned may not be ready for it: it stays homeless for now.
        """
        for place in self.homeless:
            offset = offsets.get(place, 0)
            if self._sought(_at(place, offset)):
                self._safe[place] = offset
                self._lost.discard(place)
        self._resume()

    def rewind(self, places: Iterable[Place]) -> None:
        """Stop reading these partitions until they are placed anew."""
        ours = set(places) & self._safe.keys()
        self._lost |= ours
        self._consumer.pause([TopicPartition(*place) for place in ours])
        self._fresh.forget(ours)
        for place in ours:
            self._taken.pop(place, None)

    def take(self) -> list[Message]:
        """Take the next records, waiting a moment for them; raises KafkaException."""
        if self._held:
            self._held = False
            self._resume()
        began = now()
        records: list[Message] = []
        last: dict[Place, Message] = {}
        for message in self._consumer.consume(self._batch_size, TAKE_S):
            if message.error() is None:
                records.append(message)
                last[place_of(message)] = message
            elif _is_end(message):
                last[place_of(message)] = message
        self._taken |= {place: _up_to(message, began) for place, message in last.items()}
        return records

    @property
    def safe(self) -> Mapping[Place, int]:
        """Of each partition the offset up to which all is safe, where it is known."""
        return self._safe

    @property
    def reached(self) -> Mapping[Place, int]:
        """The same of what was taken, and is safe once `done` is called."""
        return {place: up_to.offset for place, up_to in self._taken.items()}

    @property
    def fresh(self) -> Freshness:
        """Up to when all of our partitions is safe."""
        return self._fresh

    def done(self) -> None:
        """Say that all that was taken is safe."""
        if self._follows:
            self._store()
        self._safe |= self.reached
        self._fresh.wrote(self._taken)
        self._taken = {}

    def hold(self, seconds: float, stop: Event) -> None:
        """Take nothing for a while, or until `stop`, and yet stay in the group."""
        self._held = True
        self._consumer.pause(self._consumer.assignment())
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0 and not stop.is_set():
            message = self._consumer.poll(min(left, POLL_S))
            if message is not None and message.error() is None:
                self._consumer.seek(_at(place_of(message), message.offset() or 0))
            elif message is not None:
                _is_end(message)

    def lag(self) -> dict[Place, int] | None:
        """Return how many records of each partition are not safe yet; None while unknown.

        What is seen to be all safe on the way is fresh.
        """
        if self._assigned is None:
            return None
        ends = self._ends.latest(self._assigned)
        known = self._assigned & self._safe.keys() & ends.keys()
        lag = {place: max(ends[place].offset - self._safe[place], 0) for place in known}
        for place in known - self._lost:
            if not lag[place]:
                self._fresh.note(place, ends[place].asked)
        return lag if known == self._assigned else None

    def close(self) -> None:
        """Leave, and commit what is safe."""
        self._consumer.close()

    def _store(self) -> None:
        for place, offset in self.reached.items():
            try:
                self._consumer.store_offsets(offsets=[_at(place, offset)])
            except KafkaException as error:  # it went to another view, which reads it again
                log.info("partition `%s/%d` is no longer ours: %s", *place, error)

    def _sought(self, at: TopicPartition) -> bool:
        try:
            self._consumer.seek(at)
        except KafkaException as error:
            if error.args[0].code() != KafkaError._STATE:
                raise
            return False
        return True

    def _resume(self) -> None:
        assigned = self._consumer.assignment()
        self._consumer.resume(
            [at for at in assigned if (at.topic, at.partition) not in self._lost]
        )

    def _on_assign(self, consumer: Consumer, assigned: list[TopicPartition]) -> None:
        places = {(at.topic, at.partition) for at in assigned}
        self._assigned = (self._assigned or set()) | places
        self._lost |= places
        consumer.incremental_assign(assigned)
        consumer.pause(assigned)

    def _on_revoke(self, _: Consumer, revoked: list[TopicPartition]) -> None:
        places = {(at.topic, at.partition) for at in revoked}
        self._assigned = (self._assigned or set()) - places
        self._lost -= places
        self._fresh.forget(places)
        for place in places:
            self._safe.pop(place, None)
            self._taken.pop(place, None)


def _wanted(settings: Settings, topics: Topics) -> Callable[[str], bool]:
    known = {topics.customer_contexts, topics.decisions, topics.action_outcomes}
    is_action = is_action_topic(settings)
    return lambda name: name in known or is_action(name)


def _at(place: Place, offset: int) -> TopicPartition:
    return TopicPartition(*place, offset)


def _up_to(message: Message, began: int) -> TakenUpTo:
    """Say how far a record takes us, or an end that was seen after we `began` to look."""
    offset = message.offset() or 0
    if message.error() is not None:
        return TakenUpTo(offset, began)
    return TakenUpTo(offset + 1, message.timestamp()[1])


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
            # So soon the topic of a new channel is found.
            "topic.metadata.refresh.interval.ms": 10_000,
        },
    )


def _is_end(message: Message) -> bool:
    """Whether it is the end of a partition; raises what nobody can wait out."""
    error = message.error()
    if error is None or error.code() == KafkaError._PARTITION_EOF:
        return True
    if error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART and _is_pattern(message):
        return False  # there is no topic of actions yet
    if error.fatal() or error.code() in _HOPELESS:
        raise KafkaException(error)
    log.warning("kafka says `%s`", error.str())
    return False


def _is_pattern(message: Message) -> bool:
    return (message.topic() or "").startswith("^")
