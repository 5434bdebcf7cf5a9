"""A simulated worker's producer and restorer: the steps that crashes may fall between."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from legato.core.values.time import Instant, Span
from legato.runtime.machine.checkpoint import Checkpoint, ProducerRecord
from legato.runtime.machine.commands import Restore
from legato.runtime.machine.facts import (
    Cause,
    Committed,
    Fact,
    ProducerFailed,
    ProducerFenced,
    ProducerHung,
    ProducerReady,
    ProducerStale,
    Restored,
    TransactionAborted,
)
from tests.simulator.broker import Broker, CommitRefused, FencedByBroker
from tests.simulator.clock import VirtualTime
from tests.simulator.log import Transaction

Later = Callable[[Span, Callable[[], None]], None]
Answer = Callable[[Fact], None]
Step = Callable[[Transaction], None]


BUDGET, LOOK, RETRY = 4_000, 200, 300
"""How long a producer tries, how often it looks for brokers that went, or tries again."""


class Mischief(Struct, frozen=True):
    """How often what goes wrong: chances out of a thousand."""

    refused: int = 20
    forgotten: int = 3
    slow: int = 30
    slow_ms: int = 3_000
    step_ms: int = 30
    hung: int = 3
    late: int = 3
    late_ms: int = 25_000
    unseen: int = 400


CALM = Mischief(0, 0, 0, hung=0, late=0, unseen=0)


class Producers:
    """What commits for one worker: one producer after the other, and those left behind."""

    def __init__(
        self, name: str, broker: Broker, time: VirtualTime, mischief: Mischief, changelog: str
    ) -> None:
        self.name, self.broker, self.time = name, broker, time
        self.mischief, self.changelog = mischief, changelog
        self._current: Producer | None = None

    def renew(self, number: int, later: Later, answer: Answer) -> None:
        """Put another in the place of the current one, wherever that is."""
        if self._current is not None:
            self._current.retired = True
        self._current = Producer(number, self, later, answer)
        later(self.pause(), self._current.stand)

    def commit(self, checkpoint: Checkpoint) -> None:
        """Have the current one commit."""
        if self._current is not None:
            self._current.commit(checkpoint)

    def happens(self, often: int) -> bool:
        """Toss a coin that falls so often out of a thousand times."""
        return self.time.chance.randrange(1_000) < often

    def pause(self) -> Span:
        """How long the next step takes."""
        if self.happens(self.mischief.slow):
            return self.time.chance.randint(0, self.mischief.slow_ms)
        return self.time.chance.randint(0, self.mischief.step_ms)


class Commitment(Struct):
    """A checkpoint on its way: what is still to be done, and until when it is tried."""

    transaction: Transaction
    until: Instant
    steps: list[Step]


class Producer:
    """Commits a checkpoint in steps, with time between them; any of them may never return.

    It keeps who coordinated the group when it first asked. Once that one is gone it hangs, as
    librdkafka does, until the coordinator moves again; most see in time that a broker went.
    """

    def __init__(self, number: int, identity: Producers, later: Later, answer: Answer) -> None:
        self.retired = False
        self._number, self._kin, self._later, self._answer = number, identity, later, answer
        self._epoch = 0
        self._coordinator: int | None = None
        self._stale = self._busy = False

    def stand(self) -> None:
        """Take a new epoch, if Kafka answers."""
        if self._hangs(self.stand):
            return
        if self._kin.broker.away:
            self._later(BUDGET, lambda: self._say(ProducerFailed(self._number, "timed out")))
            return
        self._epoch = self._kin.broker.init(self._kin.name, self._kin.time.now)
        self._say(ProducerReady(self._number))
        self._later(LOOK, self._look)

    def _look(self) -> None:
        """Look for brokers that went, between two checkpoints, while nobody took our place."""
        if self.retired or self._stale:
            return
        self._later(LOOK, self._look)
        if self._busy:
            return
        moved = self._coordinator not in (None, self._kin.broker.coordinator)
        if moved and not self._kin.happens(self._kin.mischief.unseen):
            self._stale = True
            self._say(ProducerStale(self._number))

    def commit(self, checkpoint: Checkpoint) -> None:
        """Begin, produce, send the offsets and commit, each in its own time."""
        if self._stale or self.retired:
            return
        self._busy = True
        try:
            transaction = self._kin.broker.begin(
                self._kin.name, self._epoch, self._kin.time.now
            )
        except FencedByBroker:
            self._say(ProducerFenced(self._number, "fenced"))
            return
        until = self._kin.time.now + BUDGET
        self._go_on(Commitment(transaction, until, self._steps(checkpoint)))

    def _go_on(self, commitment: Commitment) -> None:
        """Do the next step some time from now, if there is one."""
        if commitment.steps:
            self._later(self._kin.pause(), lambda: self._step(commitment))

    def _step(self, commitment: Commitment) -> None:
        if self._hangs(lambda: self._step(commitment)):
            return
        if self._kin.broker.away:
            self._wait_for_kafka(commitment)
            return
        try:
            commitment.steps[0](commitment.transaction)
        except CommitRefused as error:
            self._give_up(commitment.transaction, str(error))
        except FencedByBroker:
            self._say(ProducerFenced(self._number, "fenced"))
        except Hung:
            self._later(RETRY, lambda: self._step(commitment))
        else:
            del commitment.steps[0]
            self._go_on(commitment)

    def _wait_for_kafka(self, commitment: Commitment) -> None:
        if self._kin.time.now > commitment.until:
            self._say(ProducerHung(self._number, "timed out"))
        else:
            self._later(RETRY, lambda: self._step(commitment))

    def _say(self, fact: Fact) -> None:
        self._busy = False
        self._answer(fact)

    def _hangs(self, again: Callable[[], None]) -> bool:
        """Does a call not return, or only when it is too late?"""
        mischief = self._kin.mischief
        if self._kin.happens(mischief.hung):
            return True
        if self._kin.happens(mischief.late):
            self._later(mischief.late_ms, again)
            return True
        return False

    def _steps(self, checkpoint: Checkpoint) -> list[Step]:
        broker, time = self._kin.broker, self._kin.time
        records = [record for part in checkpoint.tasks for record in part.records]
        records += [
            ProducerRecord(self._kin.changelog, key.encode(), value, part.partition)
            for part in checkpoint.tasks
            for key, value in part.snapshots.items()
        ]
        half = len(records) // 2

        def produce(part: list[ProducerRecord]) -> Step:
            return lambda t: broker.produce(t, self._epoch, part, time.now)

        def send_offsets(transaction: Transaction) -> None:
            if self._coordinator not in (None, broker.coordinator):
                raise Hung
            if self._kin.happens(self._kin.mischief.refused):
                raise CommitRefused("not enough replicas")
            offsets = checkpoint.offsets
            broker.send_offsets(transaction, self._epoch, offsets, checkpoint.metadata)
            self._coordinator = broker.coordinator

        return [produce(records[:half]), produce(records[half:]), send_offsets, self._end]

    def _end(self, transaction: Transaction) -> None:
        if self.retired:
            return
        self._kin.broker.end(transaction, self._epoch, commit=True)
        if self._kin.happens(self._kin.mischief.forgotten):
            self._say(ProducerHung(self._number, "no answer to a commit"))
        else:
            self._say(Committed(self._number))

    def _give_up(self, transaction: Transaction, reason: str) -> None:
        try:
            self._kin.broker.end(transaction, self._epoch, commit=False)
        except FencedByBroker:
            self._say(ProducerFenced(self._number, "fenced"))
        else:
            cause = Cause.MOVED_ON if "member" in reason else Cause.UNABLE
            self._say(TransactionAborted(self._number, reason, cause))


class Hung(Exception):
    """A call waits for a broker that is no more."""


class Restorer:
    """Restores as the real one does; `careless` stops where read_committed ends: wrong."""

    def __init__(self, broker: Broker, changelog: str, *, careless: bool = False) -> None:
        self._broker, self._changelog, self._careless = broker, changelog, careless
        self._wanted: set[int] = set()

    def forget(self, epoch: int) -> None:
        """It is wanted no more."""
        self._wanted.discard(epoch)

    def restore(self, order: Restore, later: Later, answer: Answer) -> None:
        """Find the committed offsets, then read the changelog up to its end of then."""
        self._wanted.add(order.epoch)

        def find() -> None:
            if order.epoch not in self._wanted:
                return
            offsets = self._broker.stable_offsets(order.tps)
            if offsets is None and not self._careless:
                later(50, find)
                return
            offsets = offsets or {tp: self._broker.offsets.get(tp, 0) for tp in order.tps}
            if order.partition is None:
                answer(Restored(order.epoch, offsets, {}))
                return
            log = self._broker.logs[self._changelog, order.partition]
            end = log.stable_end if self._careless else log.end
            later(20, lambda: read(offsets, end))

        def read(offsets: dict[tuple[str, int], int], end: int) -> None:
            if order.epoch not in self._wanted:
                return
            log = self._broker.logs[self._changelog, order.partition or 0]
            if self._broker.away or log.stable_end < end:
                later(50, lambda: read(offsets, end))
                return
            snapshots = {
                entry.key.decode(): entry.value
                for _, entry in log.read(0, end)
                if entry.key is not None and entry.value is not None
            }
            answer(Restored(order.epoch, offsets, snapshots))

        later(20, find)
