"""What the benchmark asks of the broker: topics, their ends, and how far a group has come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from legato.local import wait_until
from legato.runtime.kafka.transient import is_transient

PARTITIONS = 4
BATCH = 10_000
PATIENCE_S = 30.0
ANSWER_S = 2.0
"""Soon enough to ask again: a broker that just came up may leave a question unanswered."""

# A broker of our own comes and goes with us: its first retries and its end are no news.
QUIET = {"log.connection.close": False, "log_level": 0}


class Topics:
    """One broker's topics, by name, and its process, if it is one of our own."""

    def __init__(self, bootstrap: str, broker_pid: int | None = None) -> None:
        self.bootstrap = bootstrap
        self.broker_pid = broker_pid
        self._admin = AdminClient({"bootstrap.servers": bootstrap, **QUIET})
        self._watchers: dict[str, Consumer] = {}

    def names(self) -> set[str]:
        """Return the names of all topics."""
        return set(self._admin.list_topics(timeout=PATIENCE_S).topics)

    def create(self, topic: str, **settings: str) -> None:
        """Create a topic that forgets nothing, since event times lie in the past."""
        config = {"retention.ms": "-1", "retention.bytes": "-1", **settings}
        wanted = NewTopic(topic, PARTITIONS, 1, config=config)
        for future in self._admin.create_topics([wanted]).values():
            future.result(PATIENCE_S)

    def delete(self, topics: Iterable[str]) -> None:
        """Delete the topics, once and for all."""
        doomed = list(topics)
        if not doomed:
            return
        for future in self._admin.delete_topics(doomed, operation_timeout=PATIENCE_S).values():
            future.result(PATIENCE_S)

    def ends(self, topic: str) -> dict[int, int]:
        """Return the end offset of each partition, open transactions included."""
        consumer = self._consumer()
        try:
            partitions = (
                consumer.list_topics(topic, timeout=PATIENCE_S).topics[topic].partitions
            )
            return {
                number: consumer.get_watermark_offsets(
                    TopicPartition(topic, number), timeout=PATIENCE_S
                )[1]
                for number in sorted(partitions)
            }
        finally:
            consumer.close()

    def committed(self, group: str, topic: str) -> int:
        """Return how many records of the topic the group has committed."""
        return sum(self.places(group, topic).values())

    def places(self, group: str, topic: str) -> dict[int, int]:
        """Return the offset that the group has committed in each partition, at first 0."""
        if group not in self._watchers:
            # No admin client: librdkafka's crashes when the group's coordinator is not up yet.
            self._watchers[group] = self._consumer(group)
        found = wait_until(lambda: self._places(group, topic), f"offsets of `{group}`")
        return {place.partition: max(place.offset, 0) for place in found}

    def _places(self, group: str, topic: str) -> list[TopicPartition]:
        asked = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        try:
            return self._watchers[group].committed(asked, PATIENCE_S)
        except KafkaException as error:
            if not is_transient(error.args[0]):
                raise
            return []

    def assigned(self, group: str) -> int:
        """Return how many partitions the members of a group hold by now, of whatever topic."""
        try:
            asked = self._admin.describe_consumer_groups([group], request_timeout=ANSWER_S)
            described = asked[group].result()
        except KafkaException as error:
            if not is_transient(error.args[0]):
                raise
            return 0
        return sum(
            len(member.assignment.topic_partitions)
            for member in described.members
            if member.assignment is not None
        )

    def read(self, topic: str, partition: int, end: int) -> Iterator[bytes]:
        """Yield the committed values of one partition up to the end offset, in order."""
        return (message.value() or b"" for message in self._messages(topic, partition, end))

    def _messages(self, topic: str, partition: int, end: int) -> Iterator[Message]:
        consumer = self._consumer()
        consumer.assign([TopicPartition(topic, partition, 0)])
        try:
            place = TopicPartition(topic, partition)
            # Before the first record the position is none, which is less than nothing.
            while max(consumer.position([place])[0].offset, 0) < end:
                yield from sound(consumer.consume(BATCH, timeout=1.0))
        finally:
            consumer.close()

    def read_all(self, topic: str) -> Iterator[bytes]:
        """Yield the committed values of all partitions, one after the other."""
        for partition, end in self.ends(topic).items():
            yield from self.read(topic, partition, end)

    def latest(self, topic: str) -> dict[bytes, bytes]:
        """Return the committed value of each key that came last."""
        return {
            message.key() or b"": message.value() or b""
            for partition, end in self.ends(topic).items()
            for message in self._messages(topic, partition, end)
        }

    def _consumer(self, group: str = "bench-reader") -> Consumer:
        return Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                **QUIET,
                "group.id": group,
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed",
                "fetch.queue.backoff.ms": 10,
            }
        )


def values(messages: Iterable[Message]) -> Iterator[bytes]:
    """Yield what the messages hold; a broker's error among them is raised."""
    return (message.value() or b"" for message in sound(messages))


def sound(messages: Iterable[Message]) -> Iterator[Message]:
    """Yield the messages; a broker's error among them is raised."""
    for message in messages:
        if error := message.error():
            raise RuntimeError(f"the broker refused a read: {error.str()}")
        yield message
