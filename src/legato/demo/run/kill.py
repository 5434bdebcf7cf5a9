"""Kills a worker with -9: at any moment, or where the broker needs it, between transactions."""

from __future__ import annotations

import signal
import time

from confluent_kafka import IsolationLevel, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from legato.demo.run.stage import Stage
from legato.demo.run.workers import DemoWorker
from legato.kafka import client_config
from legato.settings import Settings

ANSWER_S = 5.0
FROZEN_S = 0.3
PAUSE_S = 0.02
TRIES = 50


def kill(worker: DemoWorker, stage: Stage) -> int:
    """End a worker as a power cut would; return the id that its process had.

    A broker that shows aborted records would also show them to the worker that comes back:
    contexts that are ahead of what was said and committed; and what comes behind them it holds
    back for good. There the cut must fall between two transactions, of which a worker makes
    about ten a second.
    """
    if not stage.strict:
        _freeze_between_transactions(worker, stage.settings)
    return worker.kill()


def _freeze_between_transactions(worker: DemoWorker, settings: Settings) -> None:
    transactions = _Transactions(settings)
    for _ in range(TRIES):
        worker.child.send(signal.SIGSTOP)
        if transactions.settle():
            return
        worker.child.send(signal.SIGCONT)
        time.sleep(PAUSE_S)


class _Transactions:
    """Sees whether anything is being written by somebody who has not committed yet."""

    def __init__(self, settings: Settings) -> None:
        self._admin = AdminClient(client_config(settings))
        topics = self._admin.list_topics(timeout=ANSWER_S).topics
        self._places = [
            TopicPartition(name, number)
            for name, topic in topics.items()
            if name.startswith(settings.kafka.prefix)
            for number in topic.partitions
        ]

    def settle(self) -> bool:
        """Wait a moment for those that go on; one that stays open is that of the frozen one."""
        deadline = time.monotonic() + FROZEN_S
        while time.monotonic() < deadline:
            if not self._any_open():
                return True
        return False

    def _any_open(self) -> bool:
        """Does any partition end later than what of it is committed?"""
        all_of_it, committed = IsolationLevel.READ_UNCOMMITTED, IsolationLevel.READ_COMMITTED
        return self._ends(committed) != self._ends(all_of_it)

    def _ends(self, isolation: IsolationLevel) -> list[int]:
        wanted = dict.fromkeys(self._places, OffsetSpec.latest())
        asked = self._admin.list_offsets(
            wanted, isolation_level=isolation, request_timeout=ANSWER_S
        )
        return [asked[place].result().offset for place in self._places]
