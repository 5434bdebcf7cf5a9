"""One thread that owns the Consumer, makes every call on it, and never raises in a callback."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from queue import Empty, SimpleQueue
from struct import unpack_from
from time import monotonic
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from legato.logs import ClientLog
from legato.runtime.kafka.polled import ReadPosition, batch_of, by_partition
from legato.runtime.kafka.pulse import Pulse
from legato.runtime.kafka.topic_layout import TopicLayout
from legato.runtime.kafka.transient import is_transient
from legato.runtime.machine.commands import Fetch, Unassign
from legato.runtime.machine.errors import said_by
from legato.runtime.machine.facts import (
    TP,
    Batch,
    Fact,
    GroupMetadata,
    Metadata,
    PartitionEof,
    PartitionsAssigned,
    PartitionsLost,
    PartitionsRevoked,
    WorkerFault,
)
from legato.runtime.machine.pacing import TurnSize
from legato.settings import WorkerSettings

POLL_S = 0.02
CROWDED_S = 0.5
RELEASE_S = 10.0
"""How much longer than a transaction may take to wait for what is asked back."""


class ConsumerThread(threading.Thread):
    """Hands batches on, each under the epoch that its partition was fetched for.

    `post` takes facts to the machine, from this thread. At most `queued_batches` are on
    their way; when no more are taken, partitions are paused and the membership kept alive.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        layout: TopicLayout,
        post: Callable[[Fact], None],
        settings: WorkerSettings,
    ) -> None:
        super().__init__(name="legato-feed", daemon=True)
        self.turn = TurnSize()
        self.pulse = Pulse("reading from Kafka")
        self._consumer = Consumer(dict(config), logger=ClientLog("feed"))
        self._release_s = settings.transaction_timeout_ms / 1_000 + RELEASE_S
        self._layout, self._post = layout, post
        self._batch_size = settings.batch_size
        self._processor = threading.Semaphore(settings.queued_batches)
        self._commands: SimpleQueue[Fetch | Unassign] = SimpleQueue()
        self._closing = threading.Event()
        self._released: dict[int, threading.Event] = {}
        self._ticket = 0
        self._owned: set[TP] = set()
        self._places: dict[TP, ReadPosition] = {}
        self._metadata: Metadata = b""
        self._paused = False

    def tell(self, command: Fetch | Unassign) -> None:
        """Have a command done soon; from any thread."""
        self._commands.put(command)

    def release(self, ticket: int) -> None:
        """Let the group have what it asked back under this ticket; from any thread."""
        waiting = self._released.get(ticket)
        if waiting is not None:
            waiting.set()

    def done(self, records: int, lasted: float) -> None:
        """So many records were worked on, within so many milliseconds; from any thread."""
        self.turn.took(records, lasted)
        self._processor.release()

    def close(self) -> None:
        """Leave the group and end; from any thread, then `join`."""
        self._closing.set()

    def run(self) -> None:
        """Poll until closed."""
        try:
            self._consumer.subscribe(
                self._layout.subscribed,
                on_assign=self._on_assign,
                on_revoke=self._on_revoke,
                on_lost=self._on_lost,
            )
            while not self._closing.is_set():
                self._poll()
            self._consumer.close()
        except Exception as error:  # noqa: BLE001 - a thread that ends in silence stalls the line
            self._post(WorkerFault(f"reading from Kafka ended: {said_by(error)}"))

    def _poll(self) -> None:
        self.pulse.beat()
        self._obey()
        messages = self._consumer.consume(self._batch_size, POLL_S)
        self._tell_member()
        if messages:
            self._hand_on(self._facts(messages))

    def _obey(self) -> None:
        while True:
            try:
                command = self._commands.get_nowait()
            except Empty:
                return
            match command:
                case Fetch(offsets=offsets, epoch=epoch):
                    self._fetch(offsets, epoch)
                case Unassign(tps=tps):
                    self._unassign(tps)

    def _fetch(self, offsets: Mapping[TP, int], epoch: int) -> None:
        if not self._owned.issuperset(offsets):
            return
        self._unassign(offsets)
        starts = [TopicPartition(*tp, offset) for tp, offset in offsets.items()]
        self._consumer.incremental_assign(starts)
        if self._paused:
            self._consumer.pause(starts)
        self._places |= {tp: ReadPosition(epoch, offset) for tp, offset in offsets.items()}

    def _unassign(self, tps: Iterable[TP]) -> None:
        assigned = [TopicPartition(*tp) for tp in tps if self._places.pop(tp, None) is not None]
        if assigned:
            self._consumer.incremental_unassign(assigned)

    def _facts(self, messages: list[Message]) -> list[Fact]:
        """Turn what was polled into batches of one partition, none too long, and ends."""
        full = len(messages) == self._batch_size
        ends: list[Fact] = []
        if any(map(Message.error, messages)):
            ends = [fact for fact in map(self._fact_of_error, messages) if fact is not None]
            messages = [message for message in messages if message.error() is None]
        runs = [(tp, own) for tp, own in by_partition(messages).items() if tp in self._places]
        pieces = [
            (tp, own[at : at + most])
            for most in (self.turn.records,)
            for tp, own in runs
            for at in range(0, len(own), most)
        ]
        last = len(pieces) - 1
        batches: list[Fact] = [
            batch_of(tp, self._places[tp], own, full=full, lull=not full and number == last)
            for number, (tp, own) in enumerate(pieces)
        ]
        return batches + ends

    def _fact_of_error(self, message: Message) -> Fact | None:
        error = message.error()
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        if error is None or is_transient(error):
            return None
        if error.code() != KafkaError._PARTITION_EOF:
            return WorkerFault(f"`{topic}/{partition}` cannot be read: {error.str()}")
        if topic is None or partition is None or offset is None:
            return None
        place = self._places.get((topic, partition))
        return None if place is None else PartitionEof((topic, partition), place.epoch, offset)

    def _hand_on(self, facts: list[Fact]) -> None:
        """Post the facts as there is room for them; stay in the group while there is none."""
        for fact in facts:
            if isinstance(fact, Batch):
                while not self._processor.acquire(timeout=CROWDED_S):
                    if self._closing.is_set():
                        return
                    self._wait_paused()
            self._post(fact)
        if self._paused:
            self._paused = False
            self._consumer.resume([TopicPartition(*tp) for tp in self._places])

    def _wait_paused(self) -> None:
        self.pulse.beat()
        self._obey()
        if not self._paused:
            self._paused = True
            self._consumer.pause([TopicPartition(*tp) for tp in self._places])
        messages = self._consumer.consume(self._batch_size, POLL_S)
        self._tell_member()
        # What was on its way when we paused is not lost: it is fetched again from there.
        self._rollback(messages)

    def _rollback(self, messages: list[Message]) -> None:
        for tp, own in by_partition([m for m in messages if m.error() is None]).items():
            if tp in self._places:
                self._fetch({tp: own[0].offset() or 0}, self._places[tp].epoch)

    def _tell_member(self) -> None:
        metadata = self._consumer.consumer_group_metadata()
        if metadata != self._metadata and generation(metadata) >= 0:
            self._metadata = metadata
            self._post(GroupMetadata(metadata))

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        # Nothing is read before it is restored: then `Fetch` assigns it with its offset.
        consumer.incremental_assign([])
        self._tell_member()
        tps = self._heads(partitions)
        for tp in tps:
            self._owned.update(self._layout.task_of(tp))
        self._post(PartitionsAssigned(tps))

    def _on_revoke(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        """Give the machine time to commit what was done; only then is the callback over."""
        self._tell_member()
        tps = self._heads(partitions)
        if not self._closing.is_set():
            self._ticket += 1
            released = self._released[self._ticket] = threading.Event()
            self._post(PartitionsRevoked(tps, self._ticket))
            if not self._wait_for(released):
                self._post(PartitionsLost(tps))
            del self._released[self._ticket]
        self._leave(tps)

    def _wait_for(self, released: threading.Event) -> bool:
        """Wait as long as a checkpoint may take; tell whether we were let go in time."""
        until = monotonic() + self._release_s
        while not released.wait(CROWDED_S):
            self.pulse.beat()
            if monotonic() > until or self._closing.is_set():
                return False
        return True

    def _on_lost(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        tps = self._heads(partitions)
        self._post(PartitionsLost(tps))
        self._leave(tps)

    def _heads(self, partitions: Iterable[TopicPartition]) -> tuple[TP, ...]:
        """The tasks that go with what the group shares out."""
        return self._layout.co_assigned(
            (partition.topic, partition.partition) for partition in partitions
        )

    def _leave(self, tps: Iterable[TP]) -> None:
        leaving = [each for tp in tps for each in self._layout.task_of(tp)]
        self._owned.difference_update(leaving)
        self._unassign(leaving)
        self._consumer.incremental_unassign([])


def generation(metadata: Metadata) -> int:
    """Read the generation out of a membership: below 0, the broker would not check it."""
    magic = b"CGMDv2:"
    if not metadata.startswith(magic):
        raise KafkaException(KafkaError(KafkaError._BAD_MSG, "unknown group metadata"))
    number: int = unpack_from("=i", metadata, len(magic))[0]
    return number
