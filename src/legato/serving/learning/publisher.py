"""Publishes a table as references: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Iterable

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from legato.core.references.versions import ReferenceVersion
from legato.kafka import client_config
from legato.queries.topic_filter import topics_of
from legato.settings import Settings
from legato.wire.topics.references import write_reference_record

TRANSACTION_S = 30.0


def publish(settings: Settings, table: Iterable[ReferenceVersion]) -> None:
    """Write a table in one transaction; raises KafkaException, and nothing was published then.

    It may be written twice: of two versions of the same time the last counts, and they are the
    same.
    """
    producer = Producer(_config(settings))
    topic = topics_of(settings).references
    failed: list[KafkaError] = []

    def heard(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            failed.append(error)

    producer.init_transactions(TRANSACTION_S)
    producer.begin_transaction()
    for version in table:
        key, value = write_reference_record(version)
        producer.produce(topic, value, key, on_delivery=heard)
    producer.flush(TRANSACTION_S)
    if failed:
        producer.abort_transaction(TRANSACTION_S)
        raise KafkaException(failed[0])
    producer.commit_transaction(TRANSACTION_S)


def _config(settings: Settings) -> dict[str, object]:
    return client_config(
        settings,
        **{
            "client.id": "legato-learn",
            "transactional.id": f"{settings.worker.group}-learn",
            "transaction.timeout.ms": int(TRANSACTION_S * 1_000),
            "partitioner": "murmur2_random",
            # What goes wrong is raised, and told once.
            "log_level": 0,
        },
    )
