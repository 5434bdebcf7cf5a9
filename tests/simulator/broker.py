"""A simulated broker: topics, transactional producers and committed offsets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from legato.core.values.ids import murmur2
from legato.core.values.time import Instant, Span
from legato.runtime.machine.checkpoint import ProducerRecord
from legato.runtime.machine.facts import TP, Metadata
from tests.simulator.log import Entry, Log, Transaction


class FencedByBroker(Exception):
    """Somebody with our name came after us, or our transaction took too long."""


class CommitRefused(Exception):
    """The group does not know us as we said we are; the transaction must be aborted."""


class Broker:
    """What survives every crash. Transactions are decided here and marked a little later."""

    def __init__(self, partitions: Mapping[str, int], patience: Span) -> None:
        self.partitions = dict(partitions)
        self.logs = {
            (topic, number): Log() for topic, n in partitions.items() for number in range(n)
        }
        self.offsets: dict[TP, int] = {}
        self.unmarked: list[tuple[Transaction, TP | None]] = []
        self.away = False
        self.coordinator = 0
        self.is_member: Callable[[Metadata], bool] = lambda _: True
        self._patience = patience
        self._epochs: dict[str, int] = {}
        self._open: dict[str, Transaction] = {}

    def init(self, producer: str, now: Instant) -> int:
        """Take a new epoch; what an earlier one left open is aborted."""
        self._abort_open(producer)
        self._epochs[producer] = self._epochs.get(producer, 0) + 1
        self.mark_all(now, of=producer)
        return self._epochs[producer]

    def begin(self, producer: str, epoch: int, now: Instant) -> Transaction:
        """Open a transaction; the one before must be marked everywhere."""
        self._check(producer, epoch)
        self.mark_all(now, of=producer)
        transaction = self._open[producer] = Transaction(producer, now)
        return transaction

    def produce(
        self,
        transaction: Transaction,
        epoch: int,
        records: Iterable[ProducerRecord],
        now: Instant,
    ) -> None:
        """Append records of an open transaction."""
        self._check(transaction.producer, epoch)
        for record in records:
            tp = record.topic, self._partition(record)
            transaction.touched.add(tp)
            self.logs[tp].append(Entry(record.key, record.value, now, transaction))

    def send_offsets(
        self,
        transaction: Transaction,
        epoch: int,
        offsets: Mapping[TP, int],
        metadata: Metadata,
    ) -> None:
        """Add the offsets of a group to a transaction, if the group knows who asks."""
        self._check(transaction.producer, epoch)
        if not self.is_member(metadata):
            raise CommitRefused(f"not a member: {metadata!r}")
        transaction.offsets.update(offsets)

    def end(self, transaction: Transaction, epoch: int, *, commit: bool) -> None:
        """Decide a transaction; readers see it when its partitions are marked."""
        self._check(transaction.producer, epoch)
        self._decide(transaction, commit=commit)

    def expire(self, now: Instant) -> None:
        """Abort what is open for too long, and fence who opened it."""
        for producer, transaction in list(self._open.items()):
            if now - transaction.began > self._patience:
                self._abort_open(producer)
                self._epochs[producer] += 1

    def mark(self, index: int, now: Instant) -> None:
        """Write one of the markers that are still to be written."""
        transaction, tp = self.unmarked.pop(index)
        if tp is not None:
            self.logs[tp].mark(transaction, now)
        elif transaction.committed:
            self.offsets |= transaction.offsets

    def mark_all(self, now: Instant, of: str | None = None) -> None:
        """Write all markers, or those of one producer."""
        for index in reversed(range(len(self.unmarked))):
            if of is None or self.unmarked[index][0].producer == of:
                self.mark(index, now)

    def stable_offsets(self, tps: Iterable[TP]) -> dict[TP, int] | None:
        """The committed offsets; None while a transaction is about to change them, or away."""
        if self.away:
            return None
        pending = [*self._open.values(), *(each for each, tp in self.unmarked if tp is None)]
        wanted = list(tps)
        if any(tp in transaction.offsets for transaction in pending for tp in wanted):
            return None
        return {tp: self.offsets.get(tp, 0) for tp in wanted}

    def _partition(self, record: ProducerRecord) -> int:
        if record.partition >= 0:
            return record.partition
        return murmur2(record.key or b"") % self.partitions[record.topic]

    def _check(self, producer: str, epoch: int) -> None:
        if self._epochs.get(producer) != epoch:
            raise FencedByBroker(producer)

    def _abort_open(self, producer: str) -> None:
        transaction = self._open.get(producer)
        if transaction is not None:
            self._decide(transaction, commit=False)

    def _decide(self, transaction: Transaction, *, commit: bool) -> None:
        transaction.committed = commit
        del self._open[transaction.producer]
        self.unmarked += [(transaction, tp) for tp in (*sorted(transaction.touched), None)]
