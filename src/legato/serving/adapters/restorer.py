"""What a partition's last holder left: its place, what it held, and which ids it has seen."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from confluent_kafka import Consumer, KafkaException, TopicPartition
from msgspec.structs import replace

from legato.core.events.event import Event
from legato.core.events.payloads import ActionFeedback
from legato.core.events.types import EVENT_TYPES
from legato.core.values.outputs import Action, Revoked
from legato.core.values.time import Instant
from legato.kafka import client_config
from legato.operations.errors import NotSent
from legato.operations.sender import Sender
from legato.queries.errors import KafkaAway
from legato.queries.outputs import read_said, registry_of
from legato.queries.topic_filter import topics_of
from legato.queries.topic_reader import ANSWER_S, TopicReader, TopicRecord
from legato.serving.adapters.machine.ending import Ending
from legato.serving.adapters.machine.facts import TP, PartitionOpened, SeenId
from legato.serving.adapters.machine.frontier import read_progress
from legato.serving.adapters.machine.holds_book import HoldsBook
from legato.serving.adapters.machine.partition import LATE_REPORTS
from legato.settings import Settings
from legato.wire.formats.registry import RegistryDown
from legato.wire.record import RawRecord
from legato.wire.topics.actions import redriven_of
from legato.wire.topics.holds import (
    Hold,
    PartitionClaim,
    Release,
    read_claim,
    read_hold,
    read_release,
    write_claim,
)
from legato.wire.topics.outcomes import read_outcome

RESTORE_FAILS = (KafkaAway, NotSent, KafkaException, RegistryDown, OSError)
"""What is tried again."""
LOOK_BACK = 10_000
"""The ids of so many records before the frontier count as done."""


_ENDINGS = {
    "action.delivered": Ending.DELIVERED,
    "action.failed": Ending.FAILED,
    "action.expired": Ending.FAILED,
}


class AdapterRestorer:
    """Reads in one go for all partitions that came; call it on a thread.

    It raises RESTORE_FAILS, and may then be called again.
    """

    def __init__(self, settings: Settings, group: str) -> None:
        self._settings, self._group = settings, group
        self._registry = registry_of(settings)
        topics = topics_of(settings)
        self._holds, self._outcomes = topics.adapter_holds, topics.action_outcomes

    def restore(self, tps: Collection[TP], epoch: Instant) -> list[PartitionOpened]:
        """Say first that they are ours, so that what their last holder still writes is late."""
        with TopicReader(self._settings) as reader:
            places = {tp: self._place(reader, tp, told) for tp, told in self._committed(tps)}
            self._claim(places, epoch)
            books = self._books(reader, {tp[1] for tp in tps})
            opened = [self._opened(reader, tp, epoch, places[tp], books) for tp in tps]
            lost = any(places[each.tp][1] and not each.progress.clean for each in opened)
            reported = self._reported(reader, epoch - LATE_REPORTS) if lost else {}
            return [replace(each, reported=reported) for each in opened]

    def _reported(self, reader: TopicReader, since: Instant) -> dict[str, Ending]:
        """Read of which actions there are reports of late: no commit may tell of them yet."""
        topic, found = self._outcomes, dict[str, Ending]()
        numbers = reader.partitions(topic.__eq__).get(topic, [])
        for record in reader.read(topic, numbers, since=since):
            event = read_outcome(record.value, record.headers, record.time, self._registry)
            news = EVENT_TYPES.read_payload(event) if isinstance(event, Event) else None
            ending = _ENDINGS.get(event.type) if isinstance(event, Event) else None
            if ending is not None and isinstance(news, ActionFeedback):
                found[news.action_id or ""] = ending
        return found

    def _committed(self, tps: Collection[TP]) -> Iterator[tuple[TP, TopicPartition]]:
        config = {
            "group.id": self._group,
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "log_level": 0,
        }
        consumer = Consumer(client_config(self._settings, **config))
        try:
            for each in consumer.committed([TopicPartition(*tp) for tp in tps], ANSWER_S):
                yield (each.topic, each.partition), each
        finally:
            consumer.close()

    def _place(self, reader: TopicReader, tp: TP, told: TopicPartition) -> tuple[int, str]:
        begin = reader.begins_at(*tp)
        if told.offset < begin:
            return begin, ""
        return told.offset, told.metadata or ""

    def _claim(self, places: dict[TP, tuple[int, str]], epoch: Instant) -> None:
        with Sender(self._settings) as sender:
            count = sender.partitions(self._holds)
            for tp, (start, metadata) in places.items():
                record = write_claim(PartitionClaim(*tp, epoch, start, metadata), self._group)
                number = tp[1] % count
                sender.send(
                    self._holds, record.key, None, headers=record.headers, partition=number
                )

    def _books(self, reader: TopicReader, numbers: set[int]) -> dict[int, HoldsBook]:
        """Read what is held: for each partition of actions its partition of the topic."""
        count = len(reader.partitions(self._holds.__eq__)[self._holds])
        wanted = {number % count for number in numbers}
        books = {number: HoldsBook() for number in wanted}
        for record in reader.read(self._holds, sorted(wanted)):
            said = self._said_of(record)
            if said is not None:
                books[record.partition].take(said)
        return {number: books[number % count] for number in numbers}

    def _said_of(self, record: TopicRecord) -> PartitionClaim | Hold | Release | None:
        if claim := read_claim(record.key, record.headers, self._group):
            return claim
        known = read_release(record.key, record.headers, self._group)
        if known is None or record.value is None:
            return known
        raw = RawRecord(record.key, record.value, record.headers)
        return read_hold(known, raw, self._registry)

    def _opened(
        self,
        reader: TopicReader,
        tp: TP,
        epoch: Instant,
        place: tuple[int, str],
        books: dict[int, HoldsBook],
    ) -> PartitionOpened:
        start, metadata = place
        book = books[tp[1]]
        return PartitionOpened(
            tp,
            epoch,
            start,
            read_progress(start, metadata),
            book.holds(tp),
            book.stale(tp),
            [*self._seen(reader, tp, start)],
        )

    def _seen(self, reader: TopicReader, tp: TP, start: int) -> Iterator[SeenId]:
        begin = max(reader.begins_at(*tp), start - LOOK_BACK)
        for record in reader.read_between(tp[0], {tp[1]: (begin, start)}):
            said = read_said(record, self._registry)
            if isinstance(said, Action | Revoked):
                revoked = isinstance(said, Revoked)
                yield SeenId(said.action_id, revoked, redriven_of(record.headers))
