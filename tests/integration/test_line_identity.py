"""Each channel knows people by its own identifiers; the line knows that they are one."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from xxhash import xxh3_64_digest

from legato.core.aliases import Alias
from legato.core.context import SEEN_ENTRY, Context
from legato.core.identify import Identify
from legato.core.kin import NO_KIN
from legato.wire.aliases import read_alias
from legato.wire.source import Source
from tests.integration.conftest import Kafka
from tests.integration.line_case import Case
from tests.integration.line_settings import line_settings
from tests.integration.people import Clusters, Told, told_events

EVENTS, PEOPLE, PARTITIONS = 200_000, 20_000, 4


def test_five_identifiers_become_one_customer_while_workers_die(
    real_kafka: Kafka, topic_prefix: str, tmp_path: Path
) -> None:
    source = Source(name="web", topics=(f"{topic_prefix}web",), clock="event_time")
    case = Case(line_settings(real_kafka.bootstrap, topic_prefix, [source]), tmp_path)
    topic = case.create("web", PARTITIONS)
    told = list(told_events(EVENTS, PEOPLE))
    with ExitStack() as stack:
        first, second, _ = (stack.enter_context(case.worker(slot)) for slot in range(3))
        third = len(told) // 3
        _send(case, topic, told[:third])
        case.wait_until_done(deadline_s=180)
        _send(case, topic, told[third : 2 * third])
        first.kill()
        stack.enter_context(case.worker(3))
        case.wait_until_done(deadline_s=180)
        _send(case, topic, told[2 * third :])
        second.kill()
        stack.enter_context(case.worker(4))
        case.wait_until_done(deadline_s=180)
    contexts = case.contexts()
    _each_event_is_in_one_context(contexts, told)
    _clusters_are_those_of_the_oracle(case, contexts, told)
    _no_action_came_twice(case)


def _send(case: Case, topic: str, told: list[Told]) -> None:
    for each in told:
        case.put(topic, each.written(), each.key, time=each.time)
    case.producer.flush(60)


def _each_event_is_in_one_context(contexts: dict[str, Context], told: list[Told]) -> None:
    seen = Counter(
        context.seen[at + 4 : at + SEEN_ENTRY]
        for context in contexts.values()
        for at in range(0, len(context.seen), SEEN_ENTRY)
    )
    assert seen == Counter(xxh3_64_digest(each.id.encode()) for each in told)


def _clusters_are_those_of_the_oracle(
    case: Case, contexts: dict[str, Context], told: list[Told]
) -> None:
    identity = case.settings.identity
    oracle = Clusters(Identify(identity.pepper, identity.ranks))
    for each in told:
        oracle.note(each)
    wanted = {name: to for name, to in oracle.all().items() if name != to}
    slots = {name: context.identity or NO_KIN for name, context in contexts.items()}
    assert not [name for name, kin in slots.items() if kin.pending or kin.awaits]
    assert {name: kin.forward for name, kin in slots.items() if kin.forward} == wanted
    assert _aliases(case) == wanted


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
