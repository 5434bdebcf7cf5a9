"""Where Kafka is, and the schemas of what is on it."""

from __future__ import annotations

import re

from msgspec import Struct

from legato.settings.kinds import AtLeastOne, Seconds

_PLACE = re.compile(r"([A-Za-z_]+://)?(\[[0-9a-fA-F:.]+\]|[^\s:/,]+)(:[0-9]{1,5})?")
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,201}")


class KafkaSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where Kafka is; `properties` go to every client as librdkafka knows them (SASL, TLS)."""

    bootstrap: str = "127.0.0.1:9092"
    """Where Kafka answers, as `host:port`; several are separated by commas."""
    prefix: str = "legato."
    """What the names of all topics of Legato begin with."""
    partitions: AtLeastOne = 4
    """How many partitions a topic gets when it is created."""
    replication: AtLeastOne = 1
    """On how many brokers each partition is kept when a topic is created."""
    min_replication: AtLeastOne = 1
    """Refuse to start on topics that are kept on fewer brokers than this."""
    create_topics: bool = True
    """Whether missing topics are created; else a missing one is an error."""
    properties: dict[str, str] = {}
    """Given to every client by the names that librdkafka knows: SASL, TLS, tuning."""


class RegistrySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where Avro schemas are: empty = those that Legato ships, `file:FOLDER`, or a URL."""

    url: str = ""
    """Empty = the schemas that Legato ships, `file:FOLDER`, or the URL of a registry."""
    username: str = ""
    """For a registry that asks for one."""
    password: str = ""
    """For a registry that asks for one."""
    timeout_s: Seconds = 10.0
    """How long to wait for an answer before asking again."""


def wrong_kafka(kafka: KafkaSettings) -> str:
    """Say what is wrong with where Kafka is; empty if nothing is."""
    for place in kafka.bootstrap.split(","):
        if not _PLACE.fullmatch(place.strip()):
            return f"`kafka.bootstrap` has `{place}`; write `host:port`, with commas between"
    if not _TOPIC.fullmatch(f"{kafka.prefix}x"):
        return "`kafka.prefix` may have letters, digits, `.`, `_` and `-`, 200 at most"
    return ""
