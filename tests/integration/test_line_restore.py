"""A restore ends, whatever its changelog looks like, and finds all that was committed."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import NewTopic

from legato.core.context.context import Context
from legato.kafka import client_config
from legato.local import wait_until
from legato.runtime.kafka.admin import create
from legato.runtime.kafka.alias_consumer import AliasConsumer
from legato.runtime.kafka.client_configs import restore_config
from legato.runtime.kafka.restore import Restorer
from legato.runtime.machine.commands import Restore
from legato.runtime.machine.facts import Fact, Restored
from legato.wire.source.source import Source
from legato.wire.state import write_context
from tests.integration.conftest import Kafka
from tests.integration.line_case import Case
from tests.integration.line_settings import line_settings

TASKS = 4


@dataclass
class Task:
    """A changelog, and a restorer that reads it; what says nothing else is about task 0."""

    case: Case
    restorer: Restorer
    facts: queue.SimpleQueue[Fact]

    @property
    def changelog(self) -> str:
        return self.case.topics.customer_contexts

    def producer(self, name: str) -> Producer:
        """A transactional producer of its own."""
        settings = self.case.settings
        name = f"{settings.kafka.prefix}{name}"
        producer = Producer(client_config(settings, **{"transactional.id": name}))
        producer.init_transactions()
        producer.begin_transaction()
        return producer

    def put(
        self, producer: Producer, *customers: str, revision: int = 1, home: int = 0
    ) -> None:
        """Write contexts of these customers, within whatever transaction is open."""
        for customer in customers:
            value = write_context(Context(customer, revision))
            producer.produce(self.changelog, value, customer, home)
        producer.flush()

    def begin(self, home: int = 0) -> None:
        """Ask for a task."""
        events = self.case.topics.customer_events
        self.restorer.tell(Restore(((events, home),), home, home))

    def ready(self, within_s: float = 30) -> Restored:
        """Wait for the answer."""
        fact = self.facts.get(timeout=within_s)
        assert isinstance(fact, Restored), fact
        return fact


@pytest.fixture
def task(real_kafka: Kafka, topic_prefix: str, tmp_path: Path) -> Iterator[Task]:
    source = Source(name="web", topics=("any",))
    case = Case(line_settings(real_kafka.bootstrap, topic_prefix, [source]), tmp_path)
    new = [
        NewTopic(case.topics.customer_events, TASKS, 1),
        NewTopic(
            case.topics.customer_contexts,
            TASKS,
            1,
            config={
                "cleanup.policy": "compact",
                "segment.ms": "100",
                "min.cleanable.dirty.ratio": "0.01",
            },
        ),
    ]
    create(case.admin, new)
    facts: queue.SimpleQueue[Fact] = queue.SimpleQueue()
    config = restore_config(case.settings, 0)
    restorer = Restorer(config, case.admin, case.topics.customer_contexts, post=facts.put)
    restorer.start()
    yield Task(case, restorer, facts)
    restorer.close()
    restorer.join(10)


def test_an_empty_changelog(task: Task) -> None:
    task.begin()
    ready = task.ready()
    assert ready.snapshots == {}
    assert list(ready.offsets.values()) == [0]


def test_a_changelog_that_ends_in_aborted_transactions(task: Task) -> None:
    producer = task.producer("a")
    task.put(producer, "ada", "bob")
    producer.commit_transaction()
    for _ in range(2):
        producer.begin_transaction()
        task.put(producer, "bob", "eve", revision=9)
        producer.abort_transaction()
    task.begin()
    snapshots = task.ready().snapshots
    assert snapshots == {name: write_context(Context(name, 1)) for name in ("ada", "bob")}


def test_what_was_committed_behind_an_open_transaction_of_a_zombie(task: Task) -> None:
    zombie, heir = task.producer("zombie"), task.producer("heir")
    task.put(zombie, "eve")
    task.put(heir, "ada")
    heir.commit_transaction()
    task.begin()
    with pytest.raises(queue.Empty):
        task.ready(within_s=3)
    zombie.abort_transaction()
    assert set(task.ready().snapshots) == {"ada"}


def test_tasks_that_wait_for_a_transaction_keep_no_other_from_its_end(task: Task) -> None:
    zombie, plain = task.producer("zombie"), Producer(client_config(task.case.settings))
    for home in range(TASKS):
        task.put(plain, "ada", home=home)
    for home in range(TASKS - 1):
        task.put(zombie, "eve", home=home)
    for home in range(TASKS):
        task.begin(home)
    assert task.ready().epoch == TASKS - 1
    zombie.abort_transaction()
    rest = [task.ready() for _ in range(TASKS - 1)]
    assert {each.epoch for each in rest} == set(range(TASKS - 1))
    assert all(set(each.snapshots) == {"ada"} for each in rest)


def test_a_compacted_changelog_with_erased_customers(task: Task) -> None:
    plain = Producer(client_config(task.case.settings))
    for revision in range(50):
        task.put(plain, "ada", "bob", revision=revision)
    plain.produce(task.changelog, None, "bob", 0)
    plain.flush()

    def cleaned() -> bool:
        # Only what comes later ends a segment, and only what is ended is cleaned.
        task.put(plain, "ada", revision=49)
        plain.flush()
        return len(task.case.records(task.changelog)) < 60

    wait_until(cleaned, "the cleaner to have been there", deadline_s=180)
    task.begin()
    assert task.ready().snapshots == {"ada": write_context(Context("ada", 49))}


def test_a_worker_begins_though_it_left_a_transaction_open_when_it_was_killed(
    task: Task,
) -> None:
    killed, other = task.producer("killed"), task.producer("other")
    task.put(other, "ada")
    other.commit_transaction()
    task.put(killed, "eve")
    other.begin_transaction()
    task.put(other, "bob")
    other.commit_transaction()
    heard: list[bytes | None] = []
    config = restore_config(task.case.settings, 0)
    feed = AliasConsumer(config, task.case.admin, task.changelog)
    feed.catch_up(lambda records: heard.extend(key for key, _ in records), lambda: None)
    assert heard == [b"ada"]
    feed.follow(lambda records: heard.extend(key for key, _ in records), pytest.fail)
    heir = task.producer("killed")
    wait_until(lambda: heard == [b"ada", b"bob"], "what came behind it", deadline_s=30)
    heir.abort_transaction()
    feed.close()
    feed.join(10)
