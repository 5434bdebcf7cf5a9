"""Is a Kafka-protocol broker ready?"""

import logging
from collections.abc import Callable

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

# librdkafka tells of each refused connection, and while a broker starts there are many.
SILENT = logging.Logger("legato.local.silent", level=logging.CRITICAL + 1)


def kafka_answers(bootstrap: str) -> Callable[[], bool]:
    """Make a probe that asks the broker for its metadata: itself, alive, with a controller."""

    def ready() -> bool:
        client = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0}, logger=SILENT)
        try:
            metadata = client.list_topics(timeout=1.0)
        except KafkaException:
            return False
        return bool(metadata.brokers) and metadata.controller_id >= 0

    return ready
