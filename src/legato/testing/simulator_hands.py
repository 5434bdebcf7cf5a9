"""A simulated worker's producer and restorer: the steps that crashes may fall between."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from msgspec import Struct

from legato.core.instant import Span
from legato.runtime.commands import Restore
from legato.runtime.cut import Cut, Outgoing
from legato.runtime.facts import Committed, Fact, Fenced, Ready, Refused, Renewed
from legato.testing.simulator_broker import Broker, CommitRefused, ProducerFenced
from legato.testing.simulator_clock import VirtualTime
from legato.testing.simulator_log import Transaction

Later = Callable[[Span, Callable[[], None]], None]
Answer = Callable[[Fact], None]
Step = Callable[[Transaction], None]


class Mischief(Struct, frozen=True):
    """How often what goes wrong: chances out of a thousand."""

    refused: int = 20
    forgotten: int = 3
    slow: int = 30
    slow_ms: int = 3_000
    step_ms: int = 30


class Producer:
    """Commits a cut in steps, with time between them."""

    def __init__(
        self, name: str, broker: Broker, time: VirtualTime, mischief: Mischief, changelog: str
    ) -> None:
        self._name, self._broker, self._time = name, broker, time
        self._mischief, self._changelog = mischief, changelog
        self._epoch = 0

    def renew(self, answer: Answer) -> None:
        """Take a new epoch."""
        self._epoch = self._broker.init(self._name, self._time.now)
        answer(Renewed())

    def commit(self, cut: Cut, later: Later, answer: Answer) -> None:
        """Begin, produce, send the offsets and commit, each in its own time."""
        epoch = self._epoch
        end: Step = partial(self._end, epoch, answer)
        steps = [*self._steps(cut, epoch), end]

        def go(transaction: Transaction, index: int) -> None:
            try:
                steps[index](transaction)
            except CommitRefused as error:
                self._give_up(transaction, epoch, answer, str(error))
            except ProducerFenced:
                answer(Fenced("fenced"))
            else:
                if index + 1 < len(steps):
                    later(self._pause(), lambda: go(transaction, index + 1))

        try:
            transaction = self._broker.begin(self._name, epoch, self._time.now)
        except ProducerFenced:
            answer(Fenced("fenced"))
            return
        later(self._pause(), lambda: go(transaction, 0))

    def _steps(self, cut: Cut, epoch: int) -> list[Step]:
        broker, time = self._broker, self._time
        records = [record for share in cut.shares for record in share.records]
        records += [
            Outgoing(self._changelog, key.encode(), value, share.home)
            for share in cut.shares
            for key, value in share.images.items()
        ]
        half = len(records) // 2

        def produce(part: list[Outgoing]) -> Step:
            return lambda t: broker.produce(t, epoch, part, time.now)

        def send_offsets(transaction: Transaction) -> None:
            if self._happens(self._mischief.refused):
                raise CommitRefused("not enough replicas")
            broker.send_offsets(transaction, epoch, cut.offsets, cut.metadata)

        return [produce(records[:half]), produce(records[half:]), send_offsets]

    def _end(self, epoch: int, answer: Answer, transaction: Transaction) -> None:
        self._broker.end(transaction, epoch, commit=True)
        forgotten = self._happens(self._mischief.forgotten)
        answer(Fenced("no answer to a commit") if forgotten else Committed())

    def _give_up(
        self, transaction: Transaction, epoch: int, answer: Answer, reason: str
    ) -> None:
        try:
            self._broker.end(transaction, epoch, commit=False)
        except ProducerFenced:
            answer(Fenced("fenced"))
        else:
            answer(Refused(reason))

    def _pause(self) -> Span:
        if self._happens(self._mischief.slow):
            return self._time.chance.randint(0, self._mischief.slow_ms)
        return self._time.chance.randint(0, self._mischief.step_ms)

    def _happens(self, often: int) -> bool:
        return self._time.chance.randrange(1_000) < often


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
            if order.home is None:
                answer(Ready(order.epoch, offsets, {}))
                return
            log = self._broker.logs[self._changelog, order.home]
            end = log.stable_end if self._careless else log.end
            later(20, lambda: read(offsets, end))

        def read(offsets: dict[tuple[str, int], int], end: int) -> None:
            if order.epoch not in self._wanted:
                return
            log = self._broker.logs[self._changelog, order.home or 0]
            if log.stable_end < end:
                later(50, lambda: read(offsets, end))
                return
            images = {
                entry.key.decode(): entry.value
                for _, entry in log.read(0, end)
                if entry.key is not None and entry.value is not None
            }
            answer(Ready(order.epoch, offsets, images))

        later(20, find)
