"""Each process needs no more rights on Kafka than docs/operations.md gives it."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)
from msgspec.structs import replace

from legato import settings as of
from legato.core.references.versions import ReferenceVersion
from legato.core.values.time import EARLIEST, HOUR
from legato.harness import default_playbook, playbook_text
from legato.local import RealKafka, free_port, real_kafka_obstacle, wait_until
from legato.queries.topic_reader import TopicReader
from legato.serving.learning.publisher import publish
from legato.serving.learning.topics import LearningTopics
from legato.settings import Settings
from tests.contract.compose import ROOT
from tests.integration.actions import action
from tests.integration.actions import publish as publish_actions
from tests.integration.legato_command import Legato
from tests.integration.said import Said
from tests.integration.view_process import ViewProcess, running_view

ROW = re.compile(
    r"^\| (worker|publisher|view|learn|shadow|adapter) \| (\w+) \| (\w+) \| `(.+)` \| (.+) \|$",
    re.MULTILINE,
)
PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule required"
USERS = ("worker", "publisher", "view", "learn", "shadow", "adapter", "nobody")
EARLY = EARLIEST - EARLIEST % HOUR + HOUR
AT_ONCE = """
version: 1
situations: {seen: {match: {on: page.viewed}}}
channels: {web: {pull: true}}
"""
SEND = ("send", "page.viewed", "--as", "loyalty:42", "--channel", "web")


def rights() -> list[AclBinding]:
    """Read the rights of the page, each operation by itself."""
    return [
        AclBinding(
            ResourceType[resource.upper()],
            name,
            ResourcePatternType[pattern.upper()],
            f"User:{principal}",
            "*",
            AclOperation[operation.upper()],
            AclPermissionType.ALLOW,
        )
        for principal, resource, pattern, name, operations in ROW.findall(
            (ROOT / "docs" / "operations.md").read_text()
        )
        for operation in operations.split(", ")
    ]


@pytest.fixture
def kafka(tmp_path: Path) -> Iterator[RealKafka]:
    """A Kafka with all topics; its second listener lets in only by name, and by rights."""
    if obstacle := real_kafka_obstacle():
        pytest.skip(f"needs a real Kafka: {obstacle}")
    with RealKafka.start(heap="512m") as kafka:
        inside = Legato(Settings(kafka=of.KafkaSettings(bootstrap=kafka.bootstrap)), tmp_path)
        (tmp_path / "legato.toml").write_text("references = true")
        inside.environ["LEGATO_PLAYBOOKS"] = "true"
        created = inside("topics", "create")
        assert created.code == 0, created.err
        _guard(kafka.folder / "server.properties", f"127.0.0.1:{free_port()}")
        kafka.restart()
        admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
        for future in admin.create_acls(rights()).values():
            future.result(30)
        yield kafka


def _guard(path: Path, address: str) -> None:
    told = dict(line.split("=", 1) for line in path.read_text().splitlines())
    for name in ("listeners", "advertised.listeners"):
        told[name] += f",GUARDED://{address}"
    told["listener.security.protocol.map"] += ",GUARDED:SASL_PLAINTEXT"
    users = " ".join(f'user_{name}="{name}"' for name in USERS)
    told |= {
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.guarded.plain.sasl.jaas.config": f"{PLAIN} {users};",
    }
    path.write_text("".join(f"{name}={value}\n" for name, value in told.items()))


def as_user(kafka: RealKafka, user: str, redis_url: str, prefix: str) -> Settings:
    listeners = (kafka.folder / "server.properties").read_text()
    guarded = re.search(r"GUARDED://([\d.:]+)", listeners)
    assert guarded
    properties = {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN",
        "sasl.username": user,
        "sasl.password": user,
    }
    return Settings(
        kafka=of.KafkaSettings(bootstrap=guarded[1], properties=properties),
        redis=of.RedisSettings(url=redis_url, prefix=prefix),
    )


def test_the_rights_of_the_page_are_enough(
    kafka: RealKafka, redis_url: str, topic_prefix: str, tmp_path: Path
) -> None:
    inside = Legato(
        Settings(kafka=of.KafkaSettings(bootstrap=kafka.bootstrap)), tmp_path / "inside"
    )
    inside.folder.mkdir()
    worker = _guarded(as_user(kafka, "worker", redis_url, topic_prefix), tmp_path / "worker")
    _reads_the_world(worker)
    view = as_user(kafka, "view", redis_url, topic_prefix)
    with worker.running("worker"), running_view(view, tmp_path) as running:
        running.wait_ready()
        sent = inside(*SEND)
        assert sent.code == 0, sent.err
        wait_until(
            lambda: running.metric("legato_view_contexts_written_total") == 1,
            "the context to come to Redis",
            deadline_s=60,
        )
        shadow = _guarded(
            as_user(kafka, "shadow", redis_url, topic_prefix), tmp_path / "shadow"
        )
        _reads_the_world(shadow)
        (shadow.folder / "new.yaml").write_text(AT_ONCE)
        call = "shadow", "--playbook", "new.yaml", "--every", "1s", "--json"
        with shadow.running(*call) as following:
            following.says("following")
            sent = inside(*SEND)
            assert sent.code == 0, sent.err
            following.says('"kind":"situation","name":"seen"')
            assert following.ends(signal.SIGTERM) == 0


def test_who_publishes_a_playbook_needs_no_more_and_not_less(
    kafka: RealKafka, redis_url: str, topic_prefix: str, tmp_path: Path
) -> None:
    (tmp_path / "playbook.yaml").write_bytes(playbook_text(""))
    for user, code in (("publisher", 0), ("view", 1)):
        legato = _guarded(as_user(kafka, user, redis_url, topic_prefix), tmp_path)
        legato.environ["LEGATO_PLAYBOOKS"] = "true"
        told = legato("playbook", "publish", "playbook.yaml")
        assert told.code == code, told.err
        assert ("version 1 counts from" in told.out) is (user == "publisher")


def test_the_rights_of_the_page_are_enough_to_learn(kafka: RealKafka) -> None:
    learn = replace(as_user(kafka, "learn", "redis://127.0.0.1", ""), playbooks=True)
    version = ReferenceVersion("propensity", "mail@email", EARLY, b'{"*":{"tries":1}}')
    # The broker hears of new rights a moment after they are given.
    wait_until(lambda: _is_published(learn, version), "the table to be published")
    with closing(LearningTopics(learn)) as topics:
        assert topics.published() == [version]
        assert topics.facts(0, EARLY) == {}
        assert len(topics.versions(default_playbook())) == 0
    nobody = as_user(kafka, "nobody", "redis://127.0.0.1", "")
    assert not _is_published(nobody, version)


def _is_published(settings: Settings, version: ReferenceVersion) -> bool:
    try:
        publish(settings, [version])
    except KafkaException:
        return False
    return True


def test_the_rights_of_the_page_are_enough_for_an_adapter(
    kafka: RealKafka, redis_url: str, topic_prefix: str, tmp_path: Path
) -> None:
    inside = Settings(kafka=of.KafkaSettings(bootstrap=kafka.bootstrap))
    publish_actions(inside, action("a"), action("held", wait=HOUR), action("z", valid=0))
    said = Said(inside)
    said.write("actions.email", "kim", b"\x00no action", [])
    said.flush()
    adapter = _guarded(as_user(kafka, "adapter", redis_url, topic_prefix), tmp_path / "own")
    with adapter.running("adapter", "log") as running:
        running.says("delivered email remind_by_email → a@example.org")
        running.says("held email remind_by_email → held@example.org")
        running.says("an action cannot be read")
        with TopicReader(inside) as reader:

            def written(topic: str) -> int:
                numbers = reader.partitions(topic.__eq__)[topic]
                return sum(reader.count(topic, number) for number in numbers)

            for topic in ("legato.dead.letters", "legato.adapter.holds"):
                wait_until(partial(written, topic), f"something on `{topic}`")
            wait_until(lambda: written("legato.action.outcomes") == 2, "both reports")
        assert running.ends(signal.SIGTERM) == 0


def test_without_rights_a_view_ends(
    kafka: RealKafka, redis_url: str, topic_prefix: str, tmp_path: Path
) -> None:
    nobody = as_user(kafka, "nobody", redis_url, topic_prefix)
    view = ViewProcess(nobody, tmp_path)
    assert view.child.exited.wait(30)
    assert view.child.returncode == 1


def _reads_the_world(process: Legato) -> None:
    """Have it read references and versions of the playbook."""
    process.environ["LEGATO_REFERENCES"] = process.environ["LEGATO_PLAYBOOKS"] = "true"


def _guarded(settings: Settings, folder: Path) -> Legato:
    folder.mkdir(exist_ok=True)
    worker = Legato(settings, folder)
    lines = [f'"{name}" = "{value}"' for name, value in settings.kafka.properties.items()]
    (folder / "legato.toml").write_text("\n".join(["[kafka.properties]", *lines, ""]))
    worker.environ["LEGATO_KAFKA_CREATE_TOPICS"] = "false"
    worker.environ["LEGATO_METRICS_PORT"] = worker.environ["LEGATO_SHADOW_PORT"] = "0"
    return worker
