"""Rows with three brokers, of which one may go without harm."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from confluent_kafka import ElectionType, TopicPartition
from confluent_kafka.admin import AdminClient

from legato.local import RealKafka, wait_until
from tests.faults.java_hash import java_hash
from tests.faults.row import Fault, Row, Setting
from tests.faults.signals import lives
from tests.faults.stage import Stage

OFFSETS, TRANSACTIONS = "__consumer_offsets", "__transaction_state"
INTERNAL_PARTITIONS = 8
IN_SYNC_S = 60.0
THREE = Setting(brokers=3, per_second=150)
Whose = Callable[[Stage], RealKafka]


def group_coordinator(stage: Stage) -> RealKafka:
    """The broker that leads the group of the workers."""
    group = stage.case.settings.worker.group
    return stage.cluster.leader_of(OFFSETS, java_hash(group) % INTERNAL_PARTITIONS)


def transaction_coordinator(stage: Stage) -> RealKafka:
    """The broker that leads the transactions of the first worker."""
    worker = stage.case.settings.worker
    name = f"{worker.group}-{worker.name}-0"
    return stage.cluster.leader_of(TRANSACTIONS, java_hash(name) % INTERNAL_PARTITIONS)


def leader_of_events(stage: Stage) -> RealKafka:
    """The broker that leads a partition of customer.events."""
    return stage.cluster.leader_of(stage.case.topics.customer_events, 0)


def rolled(stage: Stage) -> None:
    """Restart all brokers one after the other, each once the one before is in sync again."""
    with stage.fault():
        for broker in stage.cluster.nodes:
            broker.end()
            broker.restart()
            wait_until(stage.cluster.whole, "all in sync again", deadline_s=IN_SYNC_S)


def killed(whose: Whose) -> Fault:
    """Kill one broker; the line has to go on without it."""

    def fault(stage: Stage) -> None:
        broker = whose(stage)
        with stage.fault():
            broker.kill()

    return fault


def frozen(whose: Whose) -> Fault:
    """Freeze one broker; the line has to go on without it."""

    def fault(stage: Stage) -> None:
        broker = whose(stage)
        with stage.fault():
            broker.pause()

    return fault


def mended(stage: Stage) -> None:
    """Bring all brokers back that are dead or frozen."""
    for broker in stage.cluster.nodes:
        broker.resume()
        if not broker.alive:
            broker.restart()
    wait_until(stage.cluster.whole, "all in sync again", deadline_s=IN_SYNC_S)


def moved(whose: Whose, topic: str) -> Fault:
    """Let what one broker coordinates move to another, and back again while all are there."""

    def fault(stage: Stage) -> None:
        broker = whose(stage)
        with stage.fault():
            broker.end()
            broker.restart()
            wait_until(stage.cluster.whole, "all in sync again", deadline_s=IN_SYNC_S)
            _prefer_first(stage, topic)

    return fault


def _prefer_first(stage: Stage, topic: str) -> None:
    """Have the first replica of each partition lead it again."""
    admin = AdminClient({"bootstrap.servers": stage.cluster.bootstrap, "log_level": 0})
    places = [TopicPartition(topic, number) for number in range(INTERNAL_PARTITIONS)]
    admin.elect_leaders(ElectionType.PREFERRED, places).result(30)


def too_few_in_sync(stage: Stage) -> None:
    """Kill one broker and freeze another for 30 s: nobody may write, and nobody elects."""
    _, second, third = stage.cluster.nodes
    with stage.fault():
        second.kill()
        third.pause()
        time.sleep(30)
        third.resume()
        second.restart()


def live(stage: Stage) -> Iterator[str]:
    """No worker was to be started again."""
    assert stage.span is not None
    yield from lives(stage.watch, stage.span)


ROLLED = Row(
    "cluster-rolled",
    "All three brokers are restarted one after the other",
    rolled,
    THREE,
    within_s=15,
    signals=live,
)


def _one_less(name: str, about: str, fault: Fault, mend: Fault | None = mended) -> Row:
    return Row(f"cluster-{name}", about, fault, THREE, within_s=60, signals=live, mend=mend)


ROWS = (
    ROLLED,
    _one_less("leader-kill", "The leader of a partition is killed", killed(leader_of_events)),
    _one_less("group-kill", "The group's coordinator is killed", killed(group_coordinator)),
    _one_less(
        "transactions-kill",
        "The coordinator of a worker's transactions is killed",
        killed(transaction_coordinator),
    ),
    _one_less(
        "group-moved", "The group's coordinator moves", moved(group_coordinator, OFFSETS)
    ),
    _one_less(
        "transactions-moved",
        "The coordinator of a worker's transactions moves",
        moved(transaction_coordinator, TRANSACTIONS),
    ),
    _one_less(
        "group-frozen",
        "The leader of `__consumer_offsets` is frozen",
        frozen(group_coordinator),
    ),
    _one_less("gone", "One broker is gone for good", killed(leader_of_events), mend=None),
    _one_less("min-insync", "Two of three are away for 30 s", too_few_in_sync),
)
