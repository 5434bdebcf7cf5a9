"""What waits: until it is due, until it is tried again, until it expires."""

from __future__ import annotations

from heapq import heapify, heappop, heappush

from legato.core.values.time import NEVER, Instant
from legato.serving.adapters.machine.delivery import Delivery, DeliveryState
from legato.serving.adapters.machine.ending import Ending
from legato.serving.adapters.machine.endings import cut_off_letter
from legato.serving.adapters.machine.facts import TP
from legato.serving.adapters.machine.ledger import Ledger
from legato.serving.adapters.machine.partition import ActionsPartition
from legato.serving.adapters.machine.tries import wait_before


class WaitingActions:
    """One timer an action: an older one of it is void."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._timers: list[tuple[Instant, int, Delivery]] = []

    @property
    def next_due(self) -> Instant:
        """When the next timer is due; NEVER if there is none."""
        return self._timers[0][0] if self._timers else NEVER

    def forget(self, tps: set[TP]) -> None:
        """These partitions are another's."""
        self._timers = [each for each in self._timers if each[2].tp not in tps]
        heapify(self._timers)

    def take_up(self, partition: ActionsPartition, delivery: Delivery) -> None:
        """Take up an action; who had it before may have tried it already.

        Where it was tried since its wait was written down, it waits anew. One whose last try
        was cut off gets one more; after that it is over.
        """
        partition.add(delivery)
        tries = partition.progress.tries.get(delivery.offset, 0)
        if tries > delivery.tries:
            wait = wait_before(delivery.action.action_id, tries)
            delivery.tries = tries
            delivery.due = max(delivery.due, self._ledger.now + wait)
        if delivery.tries > self._ledger.limits.attempts:
            self._ledger.fail(delivery, letter=cut_off_letter(delivery))
            return
        if delivery.tries and delivery.due > self._ledger.now:
            partition.head(delivery)
        self._wait(delivery)

    def _wait(self, delivery: Delivery) -> None:
        """Let it wait until it is due; beyond ten minutes on `adapter.holds`."""
        if delivery.due <= self._ledger.now:
            self._become_ready(delivery)
            return
        if (
            delivery.due - delivery.taken > self._ledger.limits.hold_after
            and not delivery.spilled
        ):
            self._ledger.spill(delivery)
        self.set_timer(delivery, min(delivery.due, delivery.action.expires_at))

    def set_timer(self, delivery: Delivery, at: Instant) -> None:
        """Look at an action again then."""
        delivery.timer = at
        heappush(self._timers, (at, self._ledger.next_ticket(), delivery))

    def fire(self) -> None:
        """Look at what is due."""
        while self._timers and self._timers[0][0] <= self._ledger.now:
            at, _, delivery = heappop(self._timers)
            if delivery.timer == at and not delivery.storing:
                self.wake(delivery)

    def wake(self, delivery: Delivery) -> None:
        """Its time has come."""
        match delivery.state:
            case DeliveryState.HELD | DeliveryState.RETRYING:
                self._become_ready(delivery)
            case DeliveryState.READY:
                if delivery.action.expires_at <= self._ledger.now:
                    self.expire(delivery)
            case DeliveryState.SENDING | DeliveryState.ENDING | DeliveryState.ENDED:
                """It is past waiting."""

    def expire(self, delivery: Delivery) -> None:
        """Nobody wants it any more."""
        self._ledger.tell_of("expired", delivery.action)
        delivery.ending = Ending.FAILED
        self._ledger.end(delivery, self._ledger.outcome(delivery, "expired"))

    def rest(self, delivery: Delivery) -> bool:
        """Let it wait for the end of the quiet hours; say whether it is quiet.

        One that nobody wants by then has expired; one that was never tried keeps nobody
        waiting.
        """
        now, until = self._ledger.now, delivery.awake(self._ledger.now)
        if until == now:
            return False
        if until >= delivery.action.expires_at:
            self.expire(delivery)
            return True
        partition = self._ledger.partitions[delivery.tp]
        if delivery.state is DeliveryState.READY:
            delivery.state = DeliveryState.RETRYING if delivery.tries else DeliveryState.HELD
        if delivery.state is DeliveryState.HELD:
            partition.free(delivery)
        delivery.due = until
        self.set_timer(delivery, until)
        self.make_way(delivery)
        return True

    def make_way(self, delivery: Delivery) -> None:
        """Let the offset pass one that waits long, and those that stand behind it."""
        self._ledger.spill_if_long(delivery, delivery.due)
        if delivery.state is DeliveryState.RETRYING:
            for each in self._ledger.partitions[delivery.tp].lane(delivery.action).behind():
                self._ledger.spill_if_long(each, delivery.due)

    def resume(self, partition: ActionsPartition, delivery: Delivery) -> None:
        """Its turn may have come, or its time run out, while it was being stored."""
        if delivery.action.expires_at <= self._ledger.now:
            self.expire(delivery)
        elif partition.lane(delivery.action).head is delivery:
            partition.again(delivery)

    def _become_ready(self, delivery: Delivery) -> None:
        partition = self._ledger.partitions[delivery.tp]
        if delivery.action.expires_at <= self._ledger.now:
            self.expire(delivery)
            return
        if self.rest(delivery):
            return
        retries = delivery.state is DeliveryState.RETRYING
        delivery.state = DeliveryState.READY
        self.set_timer(delivery, delivery.action.expires_at)
        if retries:
            partition.again(delivery)
            return
        partition.join(delivery)
        self._stand_behind(delivery)

    def _stand_behind(self, delivery: Delivery) -> None:
        """Whoever stands behind one that waits long waits as long."""
        head = self._ledger.partitions[delivery.tp].lane(delivery.action).head
        if head is not None and head.state is DeliveryState.RETRYING:
            self._ledger.spill_if_long(delivery, head.due)
