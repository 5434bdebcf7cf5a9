"""One test's line on a real Kafka: its topics, its workers, and what can be read of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec
from confluent_kafka import (
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec
from msgspec.structs import replace

from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.values.outputs import Output
from legato.core.values.results import Unreadable
from legato.kafka import client_config
from legato.local import wait_until
from legato.queries.topic_reader import TopicReader, TopicRecord
from legato.runtime.kafka.admin import create
from legato.runtime.kafka.transient import is_transient
from legato.settings import Settings
from legato.wire.source.source import Source
from legato.wire.state import read_context
from legato.wire.topics.names import Topics
from legato.wire.topics.outputs import read_output
from tests.integration.line_settings import line_settings
from tests.integration.line_worker import Worker, worker_of

TP = tuple[str, int]


class Case:
    """Topics under a prefix, and a folder for settings and logs."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings, self.folder = settings, folder
        self.topics = Topics(settings.kafka.prefix)
        self.admin = AdminClient(client_config(settings))
        self.producer = Producer(
            client_config(settings, partitioner="murmur2_random", **{"linger.ms": 5})
        )
        self.sources: list[str] = []
        self.undelivered: list[KafkaError] = []

    def reading(self, *, references: bool = False, playbooks: bool = False) -> Case:
        """The same, whose workers read these as well."""
        read = replace(self.settings, references=references, playbooks=playbooks)
        return Case(read, self.folder)

    def create(self, name: str, partitions: int, **config: str) -> str:
        """Create a source topic; its records keep the time that the test gives them.

        They may be years old, so nothing may be deleted for its age.
        """
        topic = self.settings.kafka.prefix + name
        new = NewTopic(topic, partitions, 1, config={"retention.ms": "-1", **config})
        create(self.admin, [new])
        self.sources.append(topic)
        return topic

    def send(self, topic: str, events: Iterable[Event], *, trusted: bool) -> None:
        """Send events as upstream would: by customer, or by an identifier of theirs."""
        for event in events:
            told = {
                "id": event.id,
                "type": event.type,
                "channel": event.channel,
                "time": event.time,
                "data": event.data,
            }
            if not trusted:
                told["identifiers"] = {"loyalty_id": event.customer_id}
            value = msgspec.json.encode(told)
            self.put(topic, value, event.customer_id.encode(), time=event.received)
        assert self.producer.flush(30) == 0, "Kafka did not take all that was sent"
        assert not self.undelivered, self.undelivered

    def put(
        self,
        topic: str,
        value: bytes | None,
        key: bytes | None = None,
        partition: int = -1,
        *,
        time: int = 0,
    ) -> None:
        """Send one record, whatever it is."""
        while True:
            try:
                self.producer.produce(
                    topic, value, key, partition, on_delivery=self._delivered, timestamp=time
                )
            except BufferError:
                self.producer.poll(0.1)
            else:
                return

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        if error is not None:
            self.undelivered.append(error)

    def worker(self, index: int = 0, **environ: str) -> Worker:
        """Start a worker; use it in a `with`, and it is gone at its end."""
        return Worker(self.settings, self.folder, worker_of(index), environ)

    def worker_at_fault(self, module: str) -> Worker:
        """Start a worker that a module of the tests made worse."""
        return Worker(self.settings, self.folder, ["-m", module], {})

    def records(self, topic: str) -> list[TopicRecord]:
        """Read all that is committed on a topic."""
        with TopicReader(self.settings) as reader:
            found = reader.partitions(lambda name: name == topic)
            return list(reader.read(topic, found.get(topic, [])))

    def outputs(self, topic: str) -> list[Output]:
        """Read situations or decisions."""
        return [_sound(read_output(record.value)) for record in self.records(topic)]

    def contexts(self) -> dict[str, Context]:
        """Read the contexts that the changelog holds now."""
        last = {
            record.key: record.value for record in self.records(self.topics.customer_contexts)
        }
        return {
            key.decode(): read_context(value)
            for key, value in last.items()
            if key is not None and value is not None and key[:1] != b"\x00"
        }

    def action_topics(self) -> list[str]:
        """The topics of actions that exist."""
        prefix = self.topics.actions("")
        return [name for name in self.admin.list_topics(timeout=10).topics if prefix in name]

    def partitions(self, topic: str) -> list[TP]:
        """The partitions of a topic."""
        count = len(self.admin.list_topics(topic, timeout=10).topics[topic].partitions)
        return [(topic, number) for number in range(count)]

    def ends(self, topic: str, *, committed: bool) -> dict[TP, int]:
        """Where the partitions of a topic end, with or without what transactions have open."""
        level = IsolationLevel.READ_COMMITTED if committed else IsolationLevel.READ_UNCOMMITTED
        wanted = {TopicPartition(*tp): OffsetSpec.latest() for tp in self.partitions(topic)}
        asked = self.admin.list_offsets(wanted, isolation_level=level)
        return {(tp.topic, tp.partition): each.result().offset for tp, each in asked.items()}

    def wait_until_done(self, deadline_s: float = 60.0) -> None:
        """Wait until the group has worked on all that can be read."""
        topics = [*self.sources, self.topics.customer_events]
        wait_until(
            lambda: all(map(self._is_done, topics)),
            f"the line to be through with {topics}",
            deadline_s=deadline_s,
        )

    def _is_done(self, topic: str) -> bool:
        """Is there nothing to read behind the group's offsets but ends of transactions?"""
        consumer = Consumer(
            client_config(
                self.settings,
                **{
                    "group.id": self.settings.worker.group,
                    "isolation.level": "read_committed",
                    "enable.partition.eof": True,
                    "enable.auto.commit": False,
                    "auto.offset.reset": "error",
                },
            )
        )
        try:
            starts = consumer.committed([TopicPartition(*tp) for tp in self.partitions(topic)])
            for start in starts:
                start.offset = max(start.offset, 0)
            consumer.assign(starts)
            return self._only_ends(consumer, self.ends(topic, committed=False))
        except KafkaException as error:
            if not is_transient(error.args[0]):
                raise
            return False
        finally:
            consumer.close()

    def _only_ends(self, consumer: Consumer, ends: dict[TP, int]) -> bool:
        """Read on; what is committed to one topic may still be open on another."""
        passed: dict[TP, int] = {}
        while len(passed) < len(ends):
            for message in consumer.consume(100, 0.1):
                error, place = (
                    message.error(),
                    (message.topic() or "", message.partition() or 0),
                )
                if error is None and not self._is_clock(message):
                    return False
                if error is not None and error.code() != KafkaError._PARTITION_EOF:
                    return False
                if error is not None:
                    passed[place] = message.offset() or 0
        return all(passed[tp] >= end for tp, end in ends.items())

    def _is_clock(self, message: Message) -> bool:
        """While time passes live, clock records come each second: they are no work."""
        told = (message.value() or b"").startswith(b"{") and message.key() is None
        return told and message.topic() == self.topics.customer_events


def _sound(output: Output | Unreadable) -> Output:
    assert not isinstance(output, Unreadable), output
    return output


def case_of_web(bootstrap: str, prefix: str, folder: Path, playbook: str) -> Case:
    """The line of a web shop, by a playbook that lies beside its settings."""
    web = Source(name="web", topics=(f"{prefix}web",))
    settings = line_settings(bootstrap, prefix, (web,))
    path = folder / "playbook.yaml"
    path.write_text(playbook)
    return Case(replace(settings, playbook=str(path)), folder)
