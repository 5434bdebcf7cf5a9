"""What a version asks first is answered once it was read from a real log; nothing is said."""

from __future__ import annotations

import time
from contextlib import nullcontext
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition
from msgspec import Raw

from legato.core.context.cart_log import digest_of
from legato.core.context.past import stores_of
from legato.core.events.event import Event
from legato.core.values.outputs import Situation
from legato.core.values.time import DAY, HOUR, MINUTE, SECOND, Instant, read_instant
from legato.harness import playbook_at
from legato.local import wait_until
from legato.verification.verify import verify
from tests.integration.conftest import Kafka
from tests.integration.legato_command import Legato
from tests.integration.line_case import Case, case_of_web
from tests.integration.line_settings import settings_text

pytestmark = pytest.mark.integration

FIRST = """
version: 1
situations:
  looked: {match: {on: product.viewed, once: 1s}}
"""
VIP = """
version: 1
segments:
  vip: {when: 'sum("order.completed", "2h", e, e.data.total, "EUR") > 1000'}
  idle: {when: 'count("order.completed", "2h") == 0'}
situations:
  new_vip: {change: {of: 'in_segment("vip")', to: true}}
  vip_looked: {match: {on: product.viewed, where: in_segment("vip")}}
  idle_looked: {match: {on: product.viewed, where: in_segment("idle")}}
"""
RICH = [f"rich-{number}" for number in range(10)]
POOR = [f"poor-{number}" for number in range(10)]
IDLE = [f"idle-{number}" for number in range(10)]


@pytest.fixture
def case(real_kafka: Kafka, topic_prefix: str, tmp_path: Path) -> Case:
    (tmp_path / "vip.yaml").write_text(VIP)
    case = case_of_web(real_kafka.bootstrap, topic_prefix, tmp_path, FIRST)
    return case.reading(playbooks=True)


@pytest.mark.long
def test_a_version_that_is_warmed_knows_the_past_and_says_nothing(
    case: Case, tmp_path: Path
) -> None:
    (tmp_path / "legato.toml").write_text(settings_text(case.settings))
    web, legato = case.create("web", 2), Legato(case.settings, tmp_path)
    with case.worker() as worker:
        wait_until(lambda: case.topics.playbooks in _topics(case), "the topic to be made")
        case.send(web, _past(_now()), trusted=False)
        wait_until(lambda: len(_told(case)) == 30, "all to have looked", deadline_s=60)
        told = legato("playbook", "publish", "vip.yaml", "--from", "+31s", "--warm")
        assert told.code == 0, told.err
        assert "what is asked first of `order.completed` is read from the log" in told.out
        assert "30 customers were told, from " in told.out
        wait_until(lambda: _all_know(case), "all to know", deadline_s=60)
        assert {each.situation for each in _told(case)} == {"looked"}
        case.send(web, _looks("after", _now()), trusted=False)
        wait_until(lambda: len(_told(case)) >= 50, "20 to be known", deadline_s=60)
        again = legato("playbook", "warm", "--rate", "100")
        assert (again.code, "30 customers were told" in again.out) == (0, True), again.err
        case.send(web, _looks("again", _now()), trusted=False)
        wait_until(lambda: len(_told(case)) >= 70, "20 to be known again", deadline_s=60)
        assert worker.stop() == 0
    found = sorted(each.situation for each in _told(case))
    assert found == ["idle_looked"] * 20 + ["looked"] * 30 + ["vip_looked"] * 20
    base = playbook_at(Path(case.settings.playbook))
    verified = verify(case.settings, base, lambda _: nullcontext(lambda _: None))
    assert verified.clean, verified


@pytest.mark.long
def test_what_was_cut_from_the_log_is_not_taken_for_nothing(case: Case, tmp_path: Path) -> None:
    web, legato, log = case.create("web", 1), Legato(case.settings, tmp_path), case.topics
    with case.worker() as worker:
        wait_until(lambda: case.topics.playbooks in _topics(case), "the topic to be made")
        early = _now()
        case.send(web, _past(early), trusted=False)
        wait_until(lambda: len(_told(case)) == 30, "all to have looked", deadline_s=60)
        ends = case.ends(log.customer_events, committed=True)
        places = [TopicPartition(*place, end) for place, end in ends.items()]
        for done in case.admin.delete_records(places).values():
            done.result(30)
        case.send(web, _looks("later", _now()), trusted=False)
        wait_until(lambda: len(_told(case)) == 60, "all to have looked", deadline_s=60)
        told = legato("playbook", "publish", "vip.yaml", "--from", "+31s", "--warm")
        assert told.code == 0, told.err
        begins = told.out.splitlines()[-1].removeprefix("30 customers were told, from ")
        since = read_instant(begins.removesuffix(" on"))
        assert early - SECOND < since - 5 * MINUTE < _now()
        case.send(web, _looks("after", _now()), trusted=False)
        wait_until(lambda: _all_look(case, "after"), "all to have been followed", deadline_s=60)
        assert worker.stop() == 0
    assert {each.situation for each in _told(case)} == {"looked"}


def _now() -> Instant:
    return time.time_ns() // 1_000_000


def _past(now: Instant) -> list[Event]:
    """Two orders of each, and then a look; some only look."""
    orders = [
        _event(
            f"{name}-{n}",
            "order.completed",
            name,
            now - HOUR + n,
            b'{"total": %d, "currency": "EUR"}' % total,
        )
        for names, total in ((RICH, 600), (POOR, 60))
        for name in names
        for n in range(2)
    ]
    return [*orders, *_looks("before", now)]


def _looks(when: str, now: Instant) -> list[Event]:
    names = (*RICH, *POOR, *IDLE)
    return [
        _event(f"{when}-{name}", "product.viewed", name, now, b'{"sku": "S"}') for name in names
    ]


def _event(name: str, kind: str, who: str, at: Instant, data: bytes) -> Event:
    return Event(
        id=name, type=kind, channel="web", time=at, received=at, customer_id=who, data=Raw(data)
    )


def _told(case: Case) -> list[Situation]:
    said = case.outputs(case.topics.situations)
    return [each for each in said if isinstance(each, Situation)]


def _all_look(case: Case, when: str) -> bool:
    """Did everybody follow this look?"""
    found = case.contexts().values()
    seen = {each for context in found for each in context.digests}
    return all(digest_of(f"{when}-{name}") in seen for name in (*RICH, *POOR, *IDLE))


def _all_know(case: Case) -> bool:
    """Does every context reach back as far as is asked?"""
    stores = [store for each in case.contexts().values() for store in stores_of(each).values()]
    return len(stores) == 60 and all(each.since < _now() - DAY for each in stores)


def _topics(case: Case) -> set[str]:
    return {*case.admin.list_topics(timeout=10).topics}
