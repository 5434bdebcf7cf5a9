"""The local services are what they claim: real protocols, real logs, no orphans."""

import json
import os
import shutil
import signal
import smtplib
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from legato.local import (
    EmbeddedKafka,
    KafkaCluster,
    MailCatcher,
    Prometheus,
    RealKafka,
    RedisServer,
    ServiceUnavailable,
    wait_until,
)
from tests.integration.conftest import Kafka


def create(bootstrap: str, topic: str) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for done in admin.create_topics([NewTopic(topic, 1, 1)]).values():
        done.result(timeout=20)


def produce(bootstrap: str, topic: str, *values: bytes) -> None:
    producer = Producer({"bootstrap.servers": bootstrap})
    for value in values:
        producer.produce(topic, value, partition=0)
    assert producer.flush(20) == 0


def read(bootstrap: str, topic: str, count: int) -> list[bytes]:
    """Read the first `count` committed values of a topic of one partition."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": f"{topic}-reader",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
        }
    )
    consumer.assign([TopicPartition(topic, 0, 0)])
    try:
        return [value for value in _values(consumer, count)]
    finally:
        consumer.close()


def _values(consumer: Consumer, count: int) -> Iterator[bytes]:
    for _ in range(count):
        message = wait_until(lambda: consumer.poll(0.2), f"{count} records")
        assert message is not None and message.error() is None
        yield message.value() or b""


def test_a_transaction_is_read_and_an_aborted_one_is_not(
    real_kafka: Kafka, topic_prefix: str
) -> None:
    topic = f"{topic_prefix}ledger"
    create(real_kafka.bootstrap, topic)
    producer = Producer(
        {"bootstrap.servers": real_kafka.bootstrap, "transactional.id": topic_prefix}
    )
    producer.init_transactions(20)
    producer.begin_transaction()
    producer.produce(topic, b"never happened")
    producer.flush(20)
    producer.abort_transaction(20)
    producer.begin_transaction()
    producer.produce(topic, b"happened")
    producer.commit_transaction(20)
    assert read(real_kafka.bootstrap, topic, 1) == [b"happened"]


def test_a_real_kafka_takes_a_record_of_five_megabytes(
    real_kafka: Kafka, topic_prefix: str
) -> None:
    topic = f"{topic_prefix}large"
    large = os.urandom(5_000_000)
    create(real_kafka.bootstrap, topic)
    producer = Producer(
        {"bootstrap.servers": real_kafka.bootstrap, "message.max.bytes": 6_000_000}
    )
    producer.produce(topic, large)
    assert producer.flush(20) == 0
    assert read(real_kafka.bootstrap, topic, 1) == [large]


@pytest.mark.long
def test_a_killed_kafka_comes_back_with_its_log(real_kafka: Kafka) -> None:
    with RealKafka.start() as kafka:
        create(kafka.bootstrap, "kept")
        produce(kafka.bootstrap, "kept", b"before", b"the kill")
        before = kafka.pid
        kafka.kill()
        kafka.restart()
        assert kafka.pid != before
        assert read(kafka.bootstrap, "kept", 2) == [b"before", b"the kill"]


@pytest.mark.long
def test_a_kafka_started_on_the_folder_of_another_is_that_one(
    real_kafka: Kafka, tmp_path: Path
) -> None:
    with RealKafka.start(tmp_path) as first:
        create(first.bootstrap, "kept")
        produce(first.bootstrap, "kept", b"by the first")
    with RealKafka.start(tmp_path) as second:
        assert second.bootstrap == first.bootstrap
        assert read(second.bootstrap, "kept", 1) == [b"by the first"]


@pytest.mark.long
@pytest.mark.usefixtures("real_kafka")
def test_one_of_three_brokers_may_go() -> None:
    with KafkaCluster.start() as cluster:
        admin = AdminClient({"bootstrap.servers": cluster.bootstrap})
        for done in admin.create_topics([NewTopic("kept", 1, 3)]).values():
            done.result(timeout=20)
        leader = cluster.leader_of("kept", 0)
        leader.kill()
        produce(cluster.bootstrap, "kept", b"without it")
        leader.restart()
        wait_until(cluster.whole, "all replicas to be in sync", deadline_s=60)
        assert read(cluster.bootstrap, "kept", 1) == [b"without it"]


def test_the_embedded_broker_hands_on_what_it_is_given() -> None:
    with EmbeddedKafka.start() as kafka:
        create(kafka.bootstrap, "notes")
        produce(kafka.bootstrap, "notes", b"one", b"two")
        assert read(kafka.bootstrap, "notes", 2) == [b"one", b"two"]


@pytest.mark.parametrize("embedded", [False, True])
def test_redis_keeps_a_key_until_it_is_killed(embedded: bool) -> None:
    with (
        RedisServer.start(embedded=embedded) as server,
        redis.Redis.from_url(server.url) as client,
    ):
        client.set("customer", "42")
        assert client.get("customer") == b"42"
        server.kill()
        server.restart()
        assert client.get("customer") is None


def test_the_mail_catcher_keeps_what_it_takes_and_sends_nothing_on(tmp_path: Path) -> None:
    with (
        MailCatcher.start(tmp_path) as catcher,
        smtplib.SMTP("127.0.0.1", catcher.port) as client,
    ):
        assert catcher.arrived() == []
        for subject in ("one", "two"):
            client.sendmail("a@b.example", ["c@d.example"], f"Subject: {subject}\n\nö".encode())
        arrived = catcher.arrived()
        assert [mail["Subject"] for mail in arrived] == ["one", "two"]
        assert [mail["X-RcptTo"] for mail in arrived] == ["c@d.example"] * 2


def test_prometheus_takes_a_configuration_and_answers(tmp_path: Path) -> None:
    if shutil.which("prometheus") is None and os.environ.get("CI") != "true":
        pytest.skip("needs `prometheus` on the PATH")
    (tmp_path / "prometheus.yml").write_text("scrape_configs: []\n")
    with (
        Prometheus.start(tmp_path) as server,
        urllib.request.urlopen(f"{server.url}/api/v1/targets", timeout=10) as answer,
    ):
        assert json.load(answer)["status"] == "success"


def test_a_paused_server_is_silent_and_goes_on_when_resumed() -> None:
    with RedisServer.start() as server:
        client = redis.Redis.from_url(server.url, socket_timeout=0.2, retry=None)
        server.pause()
        with pytest.raises(redis.TimeoutError):
            client.ping()
        server.resume()
        assert wait_until(client.ping, "redis to answer again")
        client.close()


def test_a_server_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    script = (
        "import pathlib, signal, sys; from legato.local import RedisServer\n"
        "print(RedisServer.start(pathlib.Path(sys.argv[1])).pid, flush=True); signal.pause()"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        server = psutil.Process(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
    assert server.wait(timeout=20) is None


@pytest.mark.usefixtures("real_kafka")
def test_a_server_that_cannot_start_says_why_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "server.properties").write_text(
        "advertised.listeners=PLAINTEXT://127.0.0.1:1\n"
    )
    with pytest.raises(
        ServiceUnavailable, match=r"`kafka` ended with code `1`.*process\.roles"
    ):
        RealKafka.start(tmp_path)


def test_without_java_one_sentence_names_it() -> None:
    script = "from legato.local import RealKafka; RealKafka.start()"
    run = subprocess.run(
        [sys.executable, "-c", script], env={"PATH": ""}, capture_output=True, check=False
    )
    assert run.stderr.strip().endswith(
        b"ServiceUnavailable: `java` is not on the PATH: install a Java 17 runtime"
    )
