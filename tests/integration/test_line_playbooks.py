"""Versions of the playbook on a real Kafka: all partitions take each at its instant, once."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import nullcontext
from pathlib import Path

import pytest
from msgspec import Raw

from legato.core.events.event import Event
from legato.core.playbook.compile import read_playbook
from legato.core.playbook.versions import LEAD, PlaybookVersion
from legato.core.values.outputs import Decision, Revoked
from legato.core.values.time import SECOND, Instant
from legato.harness import playbook_at
from legato.local import wait_until
from legato.verification.verify import verify
from legato.wire.formats.open_registry import open_registry
from legato.wire.topics.actions import read_action
from legato.wire.topics.playbooks import write_playbook_record
from tests.integration.conftest import Kafka
from tests.integration.line_case import Case, case_of_web

FIRST = """
version: 1
channels: {web: {pull: true}}
situations:
  looked: {match: {on: product.viewed, once: 1s}}
actions:
  show_a: {situation: looked, channel: web, purpose: service, content: a}
"""
SECOND_ONE = FIRST.replace("show_a", "show_b").replace("content: a", "content: b")
CUSTOMERS = [f"c-{number}" for number in range(30)]


@pytest.fixture
def case(real_kafka: Kafka, topic_prefix: str, tmp_path: Path) -> Case:
    case = case_of_web(real_kafka.bootstrap, topic_prefix, tmp_path, FIRST)
    return case.reading(playbooks=True)


@pytest.mark.long
def test_a_version_counts_from_its_instant_whoever_is_killed(case: Case) -> None:
    web, began = case.create("web", 2), _now()
    with case.worker() as worker:
        wait_until(lambda: case.topics.playbooks in _topics(case), "the topic to be made")
        case.send(web, _looks("before", began), trusted=False)
        wait_until(lambda: len(_decided(case)) == 30, "all to be decided", deadline_s=60)
        since = _publish(case, 1, SECOND_ONE, in_s=2)
        worker.kill()
    with case.worker() as worker:
        wait_until(lambda: len(_revoked(case)) == 30, "all to be withdrawn", deadline_s=60)
        case.send(web, _looks("after", max(_now(), since)), trusted=False)
        wait_until(lambda: len(_decided(case)) == 60, "all to be decided anew", deadline_s=60)
        assert worker.stop() == 0
    by_version = Counter((each.action, each.playbook_version) for each in _decided(case))
    assert by_version == {
        ("show_a", read_playbook(FIRST.encode()).version): 30,
        ("show_b", read_playbook(SECOND_ONE.encode()).version): 30,
    }
    told = _revoked(case)
    assert {(each.reason, each.time) for each in told} == {("withdrawn", since)}
    assert len({each.action_id for each in told}) == len(told) == 30
    verified = verify(
        case.settings,
        playbook_at(Path(case.settings.playbook)),
        lambda _: nullcontext(lambda _: None),
    )
    assert verified.clean, verified


def test_a_version_that_this_release_cannot_read_ends_the_worker(case: Case) -> None:
    case.create("web", 1)
    with case.worker() as worker:
        wait_until(lambda: case.topics.playbooks in _topics(case), "the topic to be made")
        _publish(case, 1, FIRST.replace("match:", "clairvoyance:"), in_s=2)
        assert worker.ended() == 2
    assert "version 1: playbook: situations, `looked`" in worker.said


def _now() -> Instant:
    return time.time_ns() // 1_000_000


def _publish(case: Case, number: int, text: str, in_s: int) -> Instant:
    now = _now()
    since = now + LEAD + in_s * SECOND
    version = PlaybookVersion(number, since, text, published=now)
    key, value = write_playbook_record(version)
    case.put(case.topics.playbooks, value, key)
    assert case.producer.flush(30) == 0
    return since


def _looks(name: str, at: Instant) -> list[Event]:
    return [
        Event(
            id=f"{name}-{customer}", type="product.viewed", channel="web", time=at,
            received=at, customer_id=customer, data=Raw(b'{"sku": "SHOE"}'),
        )
        for customer in CUSTOMERS
    ]  # fmt: skip


def _decided(case: Case) -> list[Decision]:
    return [each for each in case.outputs(case.topics.decisions) if isinstance(each, Decision)]


def _revoked(case: Case) -> list[Revoked]:
    registry = open_registry()
    told = [
        read_action(each.value, each.headers, registry)
        for each in case.records(case.topics.actions("web"))
    ]
    return [each for each in told if isinstance(each, Revoked)]


def _topics(case: Case) -> set[str]:
    return {*case.admin.list_topics(timeout=10).topics}
