"""What cannot run does not start: one clear sentence, and an exit code that is not 0."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from confluent_kafka.admin import NewTopic

from legato.local import wait_until
from legato.runtime.kafka.admin import create
from legato.settings import KafkaSettings as KafkaSettings
from legato.settings import Settings
from legato.wire.source.source import Source
from tests.integration.conftest import Kafka
from tests.integration.line_case import Case
from tests.integration.line_settings import line_settings


def _case(broker: Kafka, prefix: str, folder: Path, **changes: object) -> Case:
    source = Source(name="web", topics=(f"{prefix}web",), trust="customer_id")
    settings = line_settings(broker.bootstrap, prefix, [source])
    settings = msgspec.structs.replace(settings, **changes)
    return Case(settings, folder)


def _create(case: Case, name: str, partitions: int, **config: str) -> None:
    create(case.admin, [NewTopic(name, partitions, 1, config=config)])


def _sentence(case: Case) -> str:
    """The last words of a worker that ended by itself."""
    with case.worker() as worker:
        assert worker.ended() == 1
        lines = worker.said.splitlines()
    assert "Traceback" not in worker.said
    (sentence,) = [line for line in lines if line.startswith("legato: ")]
    return sentence


def test_partition_counts_that_differ(
    real_kafka: Kafka, topic_prefix: str, tmp_path: Path
) -> None:
    case = _case(real_kafka, topic_prefix, tmp_path)
    case.create("web", 4)
    _create(case, case.topics.customer_events, 4)
    _create(case, case.topics.customer_contexts, 3, **{"cleanup.policy": "compact"})
    sentence = _sentence(case)
    assert case.topics.customer_contexts in sentence
    assert "3" in sentence
    assert "4" in sentence


def test_a_source_topic_that_is_not_there(
    real_kafka: Kafka, topic_prefix: str, tmp_path: Path
) -> None:
    case = _case(real_kafka, topic_prefix, tmp_path)
    assert f"`{topic_prefix}web` of source `web` does not exist" in _sentence(case)


def test_topics_of_ours_that_may_not_be_made(
    real_kafka: Kafka, topic_prefix: str, tmp_path: Path
) -> None:
    kafka = KafkaSettings(
        bootstrap=real_kafka.bootstrap, prefix=topic_prefix, create_topics=False
    )
    case = _case(real_kafka, topic_prefix, tmp_path, kafka=kafka)
    case.create("web", 4)
    assert "does not exist; run `legato topics create`" in _sentence(case)


def test_a_context_of_a_version_to_come(
    real_kafka: Kafka, topic_prefix: str, tmp_path: Path
) -> None:
    case = _case(real_kafka, topic_prefix, tmp_path)
    case.create("web", 4)
    _create(case, case.topics.customer_contexts, 4, **{"cleanup.policy": "compact"})
    _create(case, case.topics.customer_events, 4)
    case.put(case.topics.customer_contexts, b"\x63" + bytes(20), b"ada", 0)
    case.producer.flush(30)
    assert "version `99`" in _sentence(case)


@pytest.mark.long
def test_a_kafka_that_is_not_there_is_waited_for(tmp_path: Path) -> None:
    settings = Settings(kafka=KafkaSettings(bootstrap="127.0.0.1:1"))
    with Case(settings, tmp_path).worker() as worker:
        wait_until(lambda: "kafka does not answer" in worker.said, "the news")
        assert "check `kafka.bootstrap` of the settings; we wait for it" in worker.said
        assert worker.alive
