"""Versions of the playbook against a real broker: published, listed, paused, rolled back."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from legato.cli.envelope import wall_clock
from legato.core.playbook.compile import read_playbook
from legato.core.playbook.versions import PlaybookVersion
from legato.core.values.time import HOUR, MINUTE, SECOND, read_instant
from legato.harness import default_playbook
from legato.local import wait_until
from legato.operations.errors import OperationFailed
from legato.operations.publishing import Publisher, plan_version
from legato.queries.playbook_versions import live_playbook, published_playbooks
from legato.queries.topic_reader import TopicReader
from legato.runtime.host.topic_commands import create_for
from legato.settings import KafkaSettings, Settings, WorkerSettings
from legato.wire.topics.playbooks import write_playbook_record
from tests.integration.conftest import Kafka
from tests.integration.legato_command import Legato

pytestmark = pytest.mark.integration

SPRING = """\
version: 1
channels:
  email: {address: [email]}
  fax: {address: [fax_number]}
situations:
  looked: {match: {on: product.viewed, once: 1d}}
actions:
  fax_it: {situation: looked, channel: fax, purpose: service, content: looked}
"""
SUMMER = SPRING.replace("fax_it", "mail_it").replace("channel: fax", "channel: email")


@pytest.fixture
def legato(real_kafka: Kafka, topic_prefix: str, tmp_path: Path) -> Legato:
    settings = Settings(
        kafka=KafkaSettings(bootstrap=real_kafka.bootstrap, prefix=topic_prefix),
        worker=WorkerSettings(group=topic_prefix),
        playbooks=True,
    )
    legato = Legato(settings, tmp_path)
    legato.environ["LEGATO_PLAYBOOKS"] = "true"
    sources = f'[[sources]]\nname = "web"\ntopics = ["{topic_prefix}channel.events"]\n'
    (tmp_path / "legato.toml").write_text(sources)
    (tmp_path / "spring.yaml").write_text(SPRING)
    (tmp_path / "summer.yaml").write_text(SUMMER)
    return legato


def listed(legato: Legato) -> list[dict[str, Any]]:
    told = legato("playbook", "versions", "--json")
    assert told.code == 0, told.err
    return told.objects


def topics(legato: Legato) -> set[str]:
    admin = AdminClient({"bootstrap.servers": legato.settings.kafka.bootstrap})
    prefix = legato.settings.kafka.prefix
    names = admin.list_topics(timeout=10).topics
    return {name.removeprefix(prefix) for name in names if name.startswith(prefix)}


def test_what_would_change_is_shown_and_nothing_written(legato: Legato) -> None:
    none = legato("playbook", "versions")
    assert none.out == "no version is published; the playbook of the settings counts\n"
    dry = legato("playbook", "publish", "spring.yaml", "--dry-run")
    assert dry.code == 0, dry.err
    assert "+ looked" in dry.out
    assert f"topic `{legato.settings.kafka.prefix}actions.fax` is missing" in dry.out
    assert dry.out.endswith("nothing was published\n")
    assert topics(legato) == set()


def test_a_version_is_compared_and_said_when_it_counts(legato: Legato) -> None:
    before = wall_clock()
    told = legato("playbook", "publish", "spring.yaml", "--note", "spring", "--author", "kim")
    assert told.code == 0, told.err
    assert "against the playbook of the settings, which counts now:" in told.out
    assert "- cart_abandoned" in told.out
    assert "will be revoked (`withdrawn`)" in told.out
    assert "version 1 counts from " in told.out
    assert {"playbooks", "actions.fax", "actions.email"} <= topics(legato)
    (first,) = listed(legato)
    assert (first["version"], first["author"], first["note"]) == (1, "kim", "spring")
    assert first["state"] == "to come"
    assert MINUTE <= read_instant(first["from"]) - before < MINUTE + 30 * SECOND


def test_versions_are_listed_shown_and_rolled_back(legato: Legato) -> None:
    before = wall_clock()
    for words in (
        ("publish", "spring.yaml"),
        ("publish", "summer.yaml", "--from", "+2h"),
        ("rollback", "1", "--from", "+3h", "--author", "ada"),
    ):
        told = legato("playbook", *words)
        assert told.code == 0, told.err
    _, second, third = listed(legato)
    assert read_instant(second["from"]) - before >= 2 * HOUR
    assert (third["author"], third["note"]) == ("ada", "rollback to 1")
    shown = [legato("playbook", "show", number).out for number in ("1", "2", "3")]
    assert shown == [SPRING, SUMMER, SPRING]
    assert "rollback to 1" in legato("playbook", "versions").out


def test_what_is_paused_is_so_until_it_is_resumed(legato: Legato) -> None:
    assert legato("playbook", "publish", "spring.yaml", "--from", "+1h").code == 0
    slip = legato("playbook", "pause", "cart_abandonned")
    assert (slip.code, "did you mean `cart_abandoned`?" in slip.err) == (1, True)
    nothing = legato("playbook", "resume", "cart_abandoned")
    assert (nothing.code, "is not paused" in nothing.err) == (1, True)

    paused = legato("playbook", "pause", "cart_abandoned", "--note", "down")
    assert paused.code == 0, paused.err
    assert "paused      cart_abandoned" in paused.out
    assert "will be revoked (`withdrawn`)" in paused.out
    assert "version 1 takes over from " in paused.out
    _, second = listed(legato)
    assert (second["paused"], second["note"]) == (["cart_abandoned"], "down")
    after = read_instant(second["from"])
    compiled = live_playbook(legato.settings, default_playbook(), after)
    assert all(plan.paused for plan in compiled.actions["cart_abandoned"])
    assert "cart_abandoned" in {each.name for each in compiled.situations}

    resumed = legato("playbook", "resume", "cart_abandoned")
    assert resumed.code == 0, resumed.err
    assert listed(legato)[-1]["paused"] == []


def test_of_two_who_publish_at_once_the_later_one_does(legato: Legato) -> None:
    settings, now = legato.settings, wall_clock()
    draft = PlaybookVersion(0, now + MINUTE, SPRING, "kim", "", now)
    with TopicReader(settings) as reader, Publisher(settings) as slow:
        plan = plan_version(published_playbooks(settings, reader), draft)
        create_for(settings, plan.playbook)
        done = legato("playbook", "publish", "summer.yaml")
        assert done.code == 0, done.err
        with pytest.raises(OperationFailed, match="somebody else publishes at this moment"):
            slow.publish(plan.versions)
    (only,) = listed(legato)
    assert only["version"] == 1
    assert legato("playbook", "show", "1").out == SUMMER


def test_what_cannot_be_published_is_refused_in_a_sentence(legato: Legato) -> None:
    (legato.folder / "bad.yaml").write_text(SPRING.replace("match:", "mtach:"))
    bad = legato("playbook", "publish", "bad.yaml")
    checked = legato("playbook", "check", "bad.yaml")
    assert (bad.code, bad.err) == (2, checked.out)
    late = legato("playbook", "publish", "spring.yaml", "--from", "+10s")
    assert (late.code, "less than 30 s ahead" in late.err) == (2, True)
    gone = legato("playbook", "rollback", "7")
    assert (gone.code, "there is no version `7`" in gone.err) == (1, True)
    legato.environ["LEGATO_KAFKA_CREATE_TOPICS"] = "false"
    alone = legato("playbook", "publish", "spring.yaml")
    assert (alone.code, "legato topics create --playbook FILE" in alone.err) == (1, True)
    legato.environ["LEGATO_PLAYBOOKS"] = "false"
    off = legato("playbook", "publish", "spring.yaml")
    assert (off.code, "set `playbooks = true`" in off.err) == (2, True)
    legato.environ |= {"LEGATO_PLAYBOOKS": "true", "LEGATO_KAFKA_BOOTSTRAP": "127.0.0.1:1"}
    away = legato("playbook", "publish", "spring.yaml")
    assert (away.code, "no Kafka answers at `127.0.0.1:1`" in away.err) == (1, True)


@pytest.mark.long
def test_a_file_is_explained_by_what_counts_now_as_far_as_kafka_tells(legato: Legato) -> None:
    look = '{"id":"1","type":"product.viewed","channel":"web","time":"2026-03-02T08:00:00Z"'
    (legato.folder / "events.jsonl").write_text(look + ',"identifiers":{"user_id":"7"}}\n')
    ask = ("explain", "user_id:7", "--events", "events.jsonl", "--json")
    _publish_at_once(legato)
    (live,) = legato(*ask).objects
    assert [each["situation"] for each in live["situations"]] == ["looked"]
    legato.environ["LEGATO_KAFKA_BOOTSTRAP"] = "127.0.0.1:1"
    alone = legato(*ask)
    assert "the playbook of the settings is used" in alone.err
    assert alone.objects[0]["situations"] == []


def _publish_at_once(legato: Legato) -> None:
    """Publish what counts already, as if that had been done in time."""
    settings, then = legato.settings, wall_clock() - HOUR
    create_for(settings, read_playbook(SPRING.encode()))
    key, value = write_playbook_record(PlaybookVersion(1, then, SPRING, published=then))
    producer = Producer({"bootstrap.servers": settings.kafka.bootstrap})
    producer.produce(f"{settings.kafka.prefix}playbooks", value, key)
    assert producer.flush(30) == 0
    versions = partial(listed, legato)
    wait_until(lambda: versions()[0]["state"] == "counts now", "30 s to pass", deadline_s=60)
