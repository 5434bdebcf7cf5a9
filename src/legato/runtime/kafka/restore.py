"""One thread that finds where tasks stand: their committed offsets, and their contexts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient

from legato.logs import ClientLog
from legato.runtime.kafka.ends import earliest, latest
from legato.runtime.kafka.polled import Record, without_errors
from legato.runtime.kafka.pulse import Pulse
from legato.runtime.kafka.transient import is_transient
from legato.runtime.machine.commands import CancelRestore, Restore
from legato.runtime.machine.errors import WorkerFatal, said_by
from legato.runtime.machine.facts import TP, Fact, Restored, WorkerFault

AT_ONCE = 2
"""Tasks that are read at once: one runs while the next is read, and a broker has a next."""
CHUNK = 2_000
"""Messages at a time: few enough to be taken and let go of within the processor's cache."""
POLL_S = 0.02
TURN_S = 0.1
STABLE_S = 1.0
IDLE_S = 1.0
PAUSE_S, LONGEST_PAUSE_S = 0.1, 2.0
"""How long to wait before Kafka is asked again, doubling."""


@dataclass
class RestoreJob:
    """A task on its way; `end` is where its changelog ended as we began, whatever was open."""

    order: Restore
    offsets: dict[TP, int] = field(default_factory=dict)
    begin: int = 0
    end: int = 0
    snapshots: dict[str, bytes] = field(default_factory=dict)

    def load(self, records: list[Record]) -> None:
        """Let the last value of each key win; the less is done here, the sooner we run."""
        keys = list(map(bytes.decode, map(Message.key, records)))  # type: ignore[arg-type] # never None
        values = list(map(Message.value, records))
        self.snapshots.update(zip(keys, values, strict=True))  # type: ignore[arg-type] # see below
        if not all(values):
            self._erase(keys)

    def _erase(self, keys: list[str]) -> None:
        """Let go of those of these customers whose last value is none."""
        for key in keys:
            if self.snapshots.get(key, b"") is None:
                del self.snapshots[key]

    def ready(self) -> Restored:
        """What was found."""
        return Restored(self.order.epoch, self.offsets, self.snapshots)


class Restorer(threading.Thread):
    """Reads changelogs, read_committed, up to where they ended with all that was open.

    The committed offsets are fetched first, and only when no transaction is about to change
    them; then everything that was committed with them lies below the changelog's end. Stopping
    earlier, at the last record that read_committed shows, would miss what was committed behind
    somebody's open transaction.
    """

    def __init__(
        self, config: Mapping[str, Any], admin: AdminClient, changelog: str, *, post: Post
    ) -> None:
        super().__init__(name="legato-restore", daemon=True)
        self.restored = 0
        self.pulse = Pulse("restoring from Kafka")
        self._consumer = Consumer(dict(config), logger=ClientLog("restore"))
        self._admin, self._changelog, self._post = admin, changelog, post
        self._orders: SimpleQueue[Restore | CancelRestore | None] = SimpleQueue()
        self._waiting: list[RestoreJob] = []
        self._reading: dict[int, RestoreJob] = {}
        self._flowing = False
        self._pause_s = 0.0
        self._closing = False
        self._met = False

    @property
    def busy(self) -> int:
        """How many tasks are on their way."""
        return len(self._waiting) + len(self._reading)

    @property
    def _full(self) -> bool:
        """Is enough being read? Tasks that wait for an open transaction keep none from it."""
        return self._flowing and len(self._reading) >= AT_ONCE

    def tell(self, order: Restore | CancelRestore) -> None:
        """Have a task restored, or no more; from any thread."""
        self._orders.put(order)

    def close(self) -> None:
        """End; from any thread, then `join`."""
        self._orders.put(None)

    def run(self) -> None:
        """Restore what is asked for, until closed."""
        try:
            while not self._closing:
                self._obey()
                self._begin()
                self._read()
            self._consumer.close()
        except WorkerFatal as error:
            self._post(WorkerFault(str(error)))
        except Exception as error:  # noqa: BLE001 - a thread that ends in silence stalls the line
            self._post(WorkerFault(f"restoring from Kafka ended: {said_by(error)}"))

    def _obey(self) -> None:
        self.pulse.beat()
        while True:
            try:
                order = self._orders.get(timeout=self._pause_s if self.busy else IDLE_S)
            except Empty:
                return
            self._pause_s = 0.0
            match order:
                case None:
                    self._closing = True
                    return
                case Restore():
                    self._waiting.append(RestoreJob(order))
                case CancelRestore(epoch=epoch):
                    self._forget(epoch)

    def _forget(self, epoch: int) -> None:
        self._waiting = [job for job in self._waiting if job.order.epoch != epoch]
        for partition, job in list(self._reading.items()):
            if job.order.epoch == epoch:
                self._leave(partition)

    def _begin(self) -> None:
        """Find out where each waiting task stands; one that is not settled keeps waiting."""
        waiting, self._waiting = self._waiting, []
        for place, job in enumerate(waiting):
            self.pulse.beat()
            if job.order.partition is not None and self._full:
                self._waiting.append(job)
                continue
            try:
                settled = self._find(job)
            except KafkaException as error:
                if not is_transient(error.args[0]):
                    raise
                # Whoever did not answer for this task will not at once for the next.
                self._waiting += waiting[place:]
                self._pause_s = min(self._pause_s * 2 or PAUSE_S, LONGEST_PAUSE_S)
                return
            self._pause_s = 0.0
            if not settled:
                self._waiting.append(job)
            elif job.order.partition is None or job.end == job.begin:
                self._post(job.ready())
            else:
                self._start(job, job.order.partition)

    def _start(self, job: RestoreJob, partition: int) -> None:
        if partition in self._reading:
            self._leave(partition)
        self._reading[partition] = job
        self._flowing = True
        self._consumer.incremental_assign(
            [TopicPartition(self._changelog, partition, job.begin)]
        )

    def _find(self, job: RestoreJob) -> bool:
        """Fetch the committed offsets; False while a transaction is about to change them."""
        tps = job.order.tps
        committed = self._consumer.committed([TopicPartition(*tp) for tp in tps], STABLE_S)
        if any(each.error is not None for each in committed):
            return False
        lows, highs = earliest(self._admin, tps), latest(self._admin, tps)
        for each in committed:
            tp = each.topic, each.partition
            job.offsets[tp] = _within(tp, each.offset, lows[tp], highs[tp])
        if job.order.partition is not None:
            self._meet()
            changelog = self._changelog, job.order.partition
            job.begin = earliest(self._admin, [changelog])[changelog]
            job.end = latest(self._admin, [changelog])[changelog]
        return True

    def _meet(self) -> None:
        """Learn who leads the changelog: librdkafka by itself only looks once a second."""
        if not self._met:
            self._consumer.list_topics(self._changelog, STABLE_S)
            self._met = True

    def _read(self) -> None:
        """Read for one turn, and note whether there was anything to read."""
        before, until = self.restored, monotonic() + TURN_S
        while self._reading and monotonic() < until:
            self._take_chunk()
        self._flowing = self.restored > before

    def _take_chunk(self) -> None:
        records = self._consumer.consume(CHUNK, POLL_S)
        positions: dict[int, int] = {}
        if any(map(Message.error, records)):
            records = without_errors(records, positions)
        for partition, run in groupby(records, Message.partition):
            own = list(run)
            self._reading[partition or 0].load(own)
            self.restored += len(own)
            positions[partition or 0] = max(
                positions.get(partition or 0, 0), (own[-1].offset() or 0) + 1
            )
        self._finish(positions)

    def _finish(self, positions: Mapping[int, int]) -> None:
        for partition, position in positions.items():
            job = self._reading.get(partition)
            if job is not None and position >= job.end:
                self._leave(partition)
                self._post(job.ready())

    def _leave(self, partition: int) -> None:
        del self._reading[partition]
        self._consumer.incremental_unassign([TopicPartition(self._changelog, partition)])


Post = Callable[[Fact], None]


def _within(tp: TP, committed: int, low: int, high: int) -> int:
    """Where to start: at what is committed, at first at the beginning. Raises WorkerFatal."""
    if committed < 0:
        return low
    name = f"{tp[0]}/{tp[1]}"
    if committed < low:
        raise WorkerFatal(
            f"`{name}` begins at offset {low}, but we had read only up to {committed}: events "
            "are lost; keep them longer, and set the group's offsets to go on without them"
        )
    if committed > high:
        raise WorkerFatal(
            f"`{name}` ends at offset {high}, but we had read up to {committed}: the topic was "
            "made anew; start with another `worker.group` and topics of its own"
        )
    return committed
