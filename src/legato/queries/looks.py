"""Who looked at a customer: what the access log says of them, the newest first."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator

from confluent_kafka import KafkaException
from msgspec import Struct

from legato.core.values.time import DAY, Instant
from legato.queries.errors import KafkaAway
from legato.queries.topic_filter import topics_of
from legato.queries.topic_reader import TopicReader
from legato.settings import Settings
from legato.wire.topics.access_log import AccessRecord, read_access

LOOKS_MOST = 200
LOOKS_WITHIN = 30 * DAY
READ_S, SILENCE_S = 8.0, 4.0
"""How long it is read, and how long Kafka may say nothing; it is read in slices, and a slice
that is begun is read to its end."""
SLICE = 20_000
"""Offsets that are read at once, from the end of a partition towards its beginning."""


class FoundLooks(Struct, frozen=True):
    """The looks at a customer, the newest first.

    `is_whole` says whether these are all of the last 30 days, and not the newest alone.
    """

    looks: tuple[AccessRecord, ...]
    is_whole: bool


def read_looks(settings: Settings, customers: Collection[str], now: Instant) -> FoundLooks:
    """Read the looks at a customer, under all the ids that are asked for; raises KafkaAway.

    Only the partitions of these ids are read. It waits for Kafka, so let a thread do it.
    """
    ends = time.monotonic() + READ_S
    with TopicReader(settings, SILENCE_S) as reader:
        try:
            return _newest(_slices(reader, customers, now - LOOKS_WITHIN), ends)
        except KafkaException:
            raise KafkaAway.at(settings.kafka.bootstrap) from None


def _newest(slices: Iterator[list[AccessRecord]], ends: float) -> FoundLooks:
    """Take slices until there are looks enough, or it took too long."""
    found: list[AccessRecord] = []
    is_whole = True
    for each in slices:
        found += each
        if len(found) > LOOKS_MOST or time.monotonic() > ends:
            is_whole = False
            break
    looks = sorted(found, key=lambda look: look.time, reverse=True)
    return FoundLooks(tuple(looks[:LOOKS_MOST]), is_whole)


def _slices(
    reader: TopicReader, customers: Collection[str], since: Instant
) -> Iterator[list[AccessRecord]]:
    """Read the partitions of these customers from their ends backwards, slice by slice."""
    topic = topics_of(reader.settings).access_log
    wanted = frozenset(each.encode() for each in customers)
    places = reader.places_of(topic, customers)
    spans = {number: reader.span(topic, number, since) for number in places}
    while left := {number: span for number, span in spans.items() if span[0] < span[1]}:
        cut = {number: max(low, high - SLICE) for number, (low, high) in left.items()}
        slices = {number: (cut[number], high) for number, (_, high) in left.items()}
        records = reader.read_between(topic, slices, wanted.__contains__)
        looks = (read_access(each.value) for each in records)
        yield [look for look in looks if look is not None and look.time >= since]
        spans = {number: (low, cut[number]) for number, (low, _) in left.items()}
