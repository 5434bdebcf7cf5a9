"""What the line says, written to the topics of a test by the core alone, without a worker."""

from collections.abc import Iterable, Sequence

import msgspec
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from legato.core.events.event import Event
from legato.core.identity.alias_index import Alias
from legato.core.values.ids import murmur2
from legato.core.values.outputs import (
    Action,
    Conversion,
    Decision,
    Output,
    Resolution,
    Retracted,
    Revoked,
    Situation,
)
from legato.harness import Harness
from legato.queries.topic_reader import TopicReader, TopicRecord
from legato.runtime.kafka.admin import create as make_topics
from legato.settings import Settings
from legato.wire.state import write_context
from legato.wire.topics.actions import action_headers
from legato.wire.topics.identity import write_alias, write_identity

PARTITIONS = 3
TOPICS = (
    "channel.events",
    "customer.events",
    "customer.contexts",
    "identity.aliases",
    "identity.events",
    "situations",
    "decisions",
    "actions.email",
    "actions.mobile",
    "actions.call",
    "actions.chat",
    "actions.web",
    "actions.sms",
    "actions.store",
    "action.outcomes",
    "dead.letters",
)


def create_topics(settings: Settings) -> None:
    """Create the topics of Legato under the prefix of the settings."""
    create(settings, *(settings.kafka.prefix + name for name in TOPICS))


def create(settings: Settings, *names: str) -> None:
    admin = AdminClient({"bootstrap.servers": settings.kafka.bootstrap})
    make_topics(admin, [NewTopic(name, PARTITIONS, 1) for name in names])


def records(settings: Settings, name: str) -> list[TopicRecord]:
    """Read all that lies on a topic under the prefix of the settings."""
    topic = settings.kafka.prefix + name
    with TopicReader(settings) as reader:
        return list(reader.read(topic, range(PARTITIONS)))


class Said:
    """Follows events with the harness, and writes all that comes of them as a worker would."""

    def __init__(self, settings: Settings) -> None:
        self.prefix = settings.kafka.prefix
        self.harness = Harness(identity=settings.identity)
        self.producer = Producer(
            {
                "bootstrap.servers": settings.kafka.bootstrap,
                "partitioner": "murmur2_random",
                "linger.ms": 0,
            }
        )

    def follow(self, events: Iterable[Event], until: int | None = None) -> list[Output]:
        for event in events:
            self.harness.take(event)
            self.write("customer.events", event.customer_id, msgspec.json.encode(event))
        if until is not None:
            self.harness.wait_until(until)
        outputs = self.harness.drain()
        for output in outputs:
            self._say(output)
        for name, context in self.harness.contexts.items():
            self.write("customer.contexts", name, write_context(context))
            if (identity := context.identity) is not None and identity.forward:
                self.write("identity.aliases", name, write_alias(Alias(identity.forward)))
        for told in self.harness.identity:
            self.write("identity.events", told.customer_id, write_identity(told))
        self.producer.flush(30)
        return outputs

    def write(
        self,
        name: str,
        key: str | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes | None]] = (),
    ) -> None:
        partition = murmur2(key.encode()) % PARTITIONS if key else 0
        raw = key.encode() if key else None
        self.producer.produce(self.prefix + name, value, raw, partition, headers=list(headers))

    def flush(self) -> None:
        self.producer.flush(30)

    def _say(self, output: Output) -> None:
        value = msgspec.json.encode(output)
        match output:
            case Situation() | Retracted():
                self.write("situations", output.customer_id, value)
            case Decision():
                self.write("decisions", output.customer_id, value)
            case Conversion() | Resolution():
                self.write("decisions", output.customer_id, value)
            case Action() | Revoked():
                headers = action_headers(output)
                self.write(f"actions.{output.channel}", output.customer_id, value, headers)
