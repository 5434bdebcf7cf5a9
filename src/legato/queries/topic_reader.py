"""Reading topics without a consumer group: all there is, or on and on."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Self

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from msgspec import Struct

from legato.core.values.ids import murmur2
from legato.core.values.time import Instant
from legato.kafka import client_config
from legato.queries.errors import KafkaAway
from legato.settings import Settings

ANSWER_S = 5.0
SILENCE_S = 60.0
REFRESH_S = 5.0
POLL_S = 0.05
AT_ONCE = 500
LAST = 10
"""Offsets in which the last record is looked for: some hold no record, but a commit."""


class TopicRecord(Struct, frozen=True):
    """One record of a topic as Kafka holds it; `time` is its timestamp."""

    topic: str
    partition: int
    offset: int
    time: Instant
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()

    @property
    def coordinate(self) -> str:
        """Where it lies within its topic, as `partition:offset`."""
        return f"{self.partition}:{self.offset}"

    def header(self, name: str) -> str:
        """Return the last header of that name as text; empty if there is none."""
        found = [value for key, value in self.headers if key == name and value is not None]
        return found[-1].decode(errors="replace") if found else ""


Wanted = Callable[[bytes | None], bool]


def _any_key(_: bytes | None) -> bool:
    return True


class TopicReader:
    """Reads what transactions have committed, and leaves no trace on the broker."""

    def __init__(self, settings: Settings, silence_s: float = SILENCE_S) -> None:
        """Read with these settings; who hears nothing for `silence_s` raises KafkaAway."""
        self.settings, self._silence_s = settings, silence_s
        self._consumer = Consumer(client_config(settings, **_READING))

    def partitions(self, wanted: Callable[[str], bool]) -> dict[str, list[int]]:
        """List the topics whose name is wanted, with their partitions; raises KafkaAway."""
        try:
            topics = self._consumer.list_topics(timeout=ANSWER_S).topics
        except KafkaException:
            raise KafkaAway.at(self.settings.kafka.bootstrap) from None
        return {
            name: sorted(topics[name].partitions)
            for name in sorted(topics)
            if wanted(name) and topics[name].error is None
        }

    def read(
        self,
        topic: str,
        numbers: Iterable[int],
        wanted: Wanted = _any_key,
        *,
        since: Instant = 0,
    ) -> Iterator[TopicRecord]:
        """Read partitions of a topic up to what is their end now; `since` goes by timestamp."""
        spans = {number: self._span(topic, number, since) for number in numbers}
        yield from self._between(topic, spans, wanted)

    def read_between(
        self, topic: str, spans: Mapping[int, tuple[int, int]], wanted: Wanted = _any_key
    ) -> Iterator[TopicRecord]:
        """Read of each partition from one offset on up to another, which is not read."""
        yield from self._between(topic, spans, wanted)

    def span(self, topic: str, number: int, since: Instant) -> tuple[int, int]:
        """Say from which offset up to which a partition holds what came since, by timestamp."""
        return self._span(topic, number, since)

    def read_keys(self, topic: str, keys: Collection[str]) -> Iterator[TopicRecord]:
        """Read the records of these keys, in those partitions alone where they lie."""
        wanted = frozenset(key.encode() for key in keys)
        yield from self.read(topic, self.places_of(topic, keys), wanted.__contains__)

    def places_of(self, topic: str, keys: Collection[str]) -> list[int]:
        """List the partitions of a topic where records of these keys lie."""
        numbers = self.partitions(topic.__eq__).get(topic, [])
        return sorted(
            {numbers[murmur2(key.encode()) % len(numbers)] for key in keys if numbers}
        )

    def count(self, topic: str, number: int) -> int:
        """Count the offsets that a partition holds now."""
        low, high = self._span(topic, number)
        return high - low

    def begins_at(self, topic: str, number: int) -> int:
        """Say from which offset on a partition holds records: 0 if none was ever deleted."""
        return self._span(topic, number)[0]

    def is_cut(self, topic: str, number: int, since: Instant) -> bool:
        """Was a record deleted from a partition that could be of then or later?"""
        begin = self.begins_at(topic, number)
        return begin > 0 and self._span(topic, number, since)[0] <= begin

    def newest(self, topic: str, number: int) -> TopicRecord | None:
        """Read the last record of a partition; None if its last offsets hold none."""
        low, high = self._span(topic, number)
        last = deque(self._between(topic, {number: (max(low, high - LAST), high)}), maxlen=1)
        return last[0] if last else None

    def follow(
        self, wanted: Callable[[str], bool], *, from_start: bool
    ) -> Iterator[TopicRecord | None]:
        """Read the wanted topics and those that join them; None says that nothing waits."""
        known: set[tuple[str, int]] = set()
        self._join(wanted, known, from_start=from_start)
        refreshed = time.monotonic()
        while True:
            if time.monotonic() - refreshed > REFRESH_S:
                # A topic that appears later is new: it is read from its start.
                self._join(wanted, known, from_start=True)
                refreshed = time.monotonic()
            found = [m for m in self._consumer.consume(AT_ONCE, POLL_S) if _sound(m)]
            yield from map(record_of, found)
            if not found:
                yield None

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _between(
        self, topic: str, spans: Mapping[int, tuple[int, int]], wanted: Wanted = _any_key
    ) -> Iterator[TopicRecord]:
        ends = {number: high for number, (low, high) in spans.items() if high > low}
        self._consumer.assign(
            [TopicPartition(topic, number, spans[number][0]) for number in ends]
        )
        while ends:
            for message in self._batch():
                number, offset = _place(message)
                if number not in ends:
                    continue
                if message.error() is None and offset < ends[number] and wanted(message.key()):
                    yield record_of(message)
                if message.error() is not None or offset + 1 >= ends[number]:
                    del ends[number]
        self._consumer.unassign()

    def _join(
        self, wanted: Callable[[str], bool], known: set[tuple[str, int]], *, from_start: bool
    ) -> None:
        listed = self.partitions(wanted)
        new = {(name, number) for name in listed for number in listed[name]} - known
        at = 0 if from_start else 1
        self._consumer.incremental_assign(
            [TopicPartition(*place, self._span(*place)[at]) for place in sorted(new)]
        )
        known |= new

    def _span(self, topic: str, number: int, since: Instant = 0) -> tuple[int, int]:
        place = TopicPartition(topic, number)
        low, high = self._ends(place)
        if since > 0:
            at = TopicPartition(topic, number, since)
            found = self._consumer.offsets_for_times([at], timeout=ANSWER_S)[0].offset
            low = found if found >= 0 else high
        return low, high

    def _ends(self, place: TopicPartition) -> tuple[int, int]:
        """Ask for the ends of a partition; one just made may not have a leader yet."""
        deadline = time.monotonic() + ANSWER_S
        while True:
            try:
                low, high = self._consumer.get_watermark_offsets(place, timeout=ANSWER_S)
            except KafkaException as error:
                if error.args[0].code() not in _PASSING or time.monotonic() > deadline:
                    raise
                time.sleep(POLL_S)
            else:
                return low, high

    def _batch(self) -> list[Message]:
        deadline = time.monotonic() + self._silence_s
        while time.monotonic() < deadline:
            if found := [
                m for m in self._consumer.consume(AT_ONCE, POLL_S) if _sound_or_end(m)
            ]:
                return found
        raise KafkaAway(f"kafka said nothing for {self._silence_s:g} s; look at its brokers")


_READING: dict[str, object] = {
    "group.id": "legato-reader",
    "enable.auto.commit": False,
    "isolation.level": "read_committed",
    "enable.partition.eof": True,
    "auto.offset.reset": "earliest",
    "fetch.queue.backoff.ms": 10,
    "fetch.wait.max.ms": 50,
    "fetch.message.max.bytes": 4 << 20,
    # Its lines on stderr would come between those of a verb; failures are raised instead.
    "log_level": 0,
}

_PASSING = (
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError._TIMED_OUT,
)
_HOPELESS = (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.UNKNOWN_TOPIC_OR_PART)


def _sound_or_end(message: Message) -> bool:
    error = message.error()
    if error is None or error.code() == KafkaError._PARTITION_EOF:
        return True
    if error.fatal() or error.code() in _HOPELESS:
        raise KafkaException(error)
    return False


def _sound(message: Message) -> bool:
    return _sound_or_end(message) and message.error() is None


def _place(message: Message) -> tuple[int, int]:
    return message.partition() or 0, message.offset() or 0


def record_of(message: Message) -> TopicRecord:
    """Read off all that a message of Kafka holds."""
    number, offset = _place(message)
    return TopicRecord(
        topic=message.topic() or "",
        partition=number,
        offset=offset,
        time=message.timestamp()[1],
        key=message.key(),
        value=message.value(),
        headers=_headers(message),
    )


def _headers(message: Message) -> tuple[tuple[str, bytes | None], ...]:
    """Take the headers as pairs; librdkafka hands out their values as bytes or None."""
    headers = message.headers()
    if not isinstance(headers, list):
        return ()
    return tuple(
        (name, value.encode() if isinstance(value, str) else value) for name, value in headers
    )
