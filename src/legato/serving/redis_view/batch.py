"""Some records from Kafka, sorted by the script in Redis that takes them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from confluent_kafka import Message
from msgspec import Struct

from legato.core.values.results import Rejected, Unreadable
from legato.core.values.time import Instant
from legato.queries.outputs import registry_of
from legato.queries.topic_filter import topics_of
from legato.queries.topic_reader import TopicRecord, record_of
from legato.serving.redis_view.documents import DocumentBatch
from legato.serving.redis_view.open_actions import Closing, OpenRule
from legato.serving.redis_view.said import ActionEntry, DecisionEntry, Entry, SaidReader
from legato.settings import Settings


class RecordBatch(Struct):
    """What some records say; `unreadable` counts those that say nothing to us."""

    contexts: DocumentBatch
    decisions: list[DecisionEntry] = []
    actions: list[ActionEntry] = []
    closings: list[Closing] = []
    unreadable: int = 0

    def add(self, entry: Entry | Unreadable | Rejected | None) -> None:
        """Put what was read where it belongs."""
        match entry:
            case DecisionEntry():
                self.decisions.append(entry)
            case ActionEntry():
                self.actions.append(entry)
            case Closing():
                self.closings.append(entry)
            case Unreadable() | Rejected():
                self.unreadable += 1
            case None:
                """Nothing that is kept."""


class RecordSorter:
    """Reads records by the topic on which they lie."""

    def __init__(self, settings: Settings) -> None:
        topics = topics_of(settings)
        self._contexts, self._outcomes = topics.customer_contexts, topics.action_outcomes
        self._rule = OpenRule.of(settings.view)
        self._said = SaidReader(registry_of(settings), self._rule, settings.redis)

    def sort(self, messages: Collection[Message], now: Instant) -> RecordBatch:
        """Read what is open at this time, and who is a customer; raises RegistryDown."""
        topic = self._contexts
        contexts = [message for message in messages if message.topic() == topic]
        batch = RecordBatch(DocumentBatch(contexts, self._rule, now))
        if len(contexts) < len(messages):
            others = (message for message in messages if message.topic() != topic)
            self._add_said(batch, map(record_of, others), now)
        return batch

    def _add_said(
        self, batch: RecordBatch, records: Iterable[TopicRecord], now: Instant
    ) -> None:
        for record in records:
            is_outcome = record.topic == self._outcomes
            batch.add(
                self._said.read_outcome(record)
                if is_outcome
                else self._said.read_said(record, now)
            )
