"""Each channel knows people by its own identifiers; the line knows that they are one."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from legato.core.identity.alias_index import Alias
from legato.core.identity.customer_ids import Identify
from legato.wire.source.source import Source
from legato.wire.topics.identity import read_alias
from tests.integration.conftest import Kafka
from tests.integration.line_case import Case
from tests.integration.line_settings import line_settings
from tests.integration.people import Told, told_events
from tests.simulator.people import Clusters, misled

EVENTS, PEOPLE, PARTITIONS = 200_000, 20_000, 4


@pytest.mark.long
def test_five_identifiers_become_one_customer_while_workers_die(
    real_kafka: Kafka, topic_prefix: str, tmp_path: Path
) -> None:
    source = Source(name="web", topics=(f"{topic_prefix}web",), clock="event_time")
    case = Case(line_settings(real_kafka.bootstrap, topic_prefix, [source]), tmp_path)
    topic = case.create("web", PARTITIONS)
    told = list(told_events(EVENTS, PEOPLE))
    with ExitStack() as stack:
        first, second, _ = (stack.enter_context(case.worker(index)) for index in range(3))
        third = len(told) // 3
        send(case, topic, told[:third])
        case.wait_until_done(deadline_s=180)
        send(case, topic, told[third : 2 * third])
        first.kill()
        stack.enter_context(case.worker(3))
        case.wait_until_done(deadline_s=180)
        send(case, topic, told[2 * third :])
        second.kill()
        stack.enter_context(case.worker(4))
        case.wait_until_done(deadline_s=180)
    each_is_one_customer(case, told)


def send(case: Case, topic: str, told: list[Told]) -> None:
    """Let upstream write what people did."""
    for each in told:
        case.put(topic, each.written(), each.key, time=each.time)
    case.producer.flush(60)


def each_is_one_customer(case: Case, told: list[Told]) -> None:
    """Each person is one customer, with each of their events once, and no action came twice."""
    identity = case.settings.identity
    clusters = Clusters(Identify(identity.pepper, identity.priority))
    for each in told:
        clusters.note(each.identifiers)
    ids = (each.id for each in told)
    assert list(misled(clusters, ids, case.contexts(), _aliases(case))) == []
    _no_action_came_twice(case)


def _aliases(case: Case) -> dict[str, str]:
    found: dict[str, str] = {}
    for record in case.records(case.topics.identity_aliases):
        told = read_alias(record.key, record.value)
        assert isinstance(told, tuple), told
        name, alias = told
        assert isinstance(alias, Alias), told
        found[name] = alias.to
    return found


def _no_action_came_twice(case: Case) -> None:
    ids = Counter(
        record.value for topic in case.action_topics() for record in case.records(topic)
    )
    assert ids
    assert [value for value, count in ids.items() if count > 1] == []
