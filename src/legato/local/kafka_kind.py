"""The two brokers that can be started here, by the word with which people choose."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeAlias

from legato.local.embedded_kafka import EmbeddedKafka
from legato.local.kafka_jars import tell
from legato.local.real_kafka import RealKafka

KafkaKind: TypeAlias = Literal["embedded", "real"]
HEAP = "512m"
"""Enough of Java's memory for what one person tries."""


def start_kafka(
    kind: KafkaKind, folder: Path, say: Callable[[str], None] = tell
) -> EmbeddedKafka | RealKafka:
    """Start one, its log in `folder`. Raises ServiceUnavailable with what is missing."""
    if kind == "real":
        return RealKafka.start(folder, heap=HEAP, say=say)
    return EmbeddedKafka.start(folder)
