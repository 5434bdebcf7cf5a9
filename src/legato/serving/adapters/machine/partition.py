"""A partition that is ours: what of it is open, who may be sent to, and what is done with."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence

from legato.core.values.outputs import Action
from legato.core.values.time import MINUTE, Instant, Span
from legato.serving.adapters.machine.delivery import (
    CustomerLane,
    Delivery,
    DeliveryState,
)
from legato.serving.adapters.machine.ending import Ending
from legato.serving.adapters.machine.facts import TP, PartitionOpened
from legato.serving.adapters.machine.frontier import Frontier

LATE_REPORTS: Span = 2 * MINUTE
"""So long whoever lost a partition may go on to report what it sends."""
REMEMBERED = 25_000
"""How many ids that are done with are known at most, for each partition."""
TRIED_MOST = 300
"""Of how many actions a commit tells how often they were tried."""


class ActionsPartition:
    """State alone: what happens to it is the machine's."""

    def __init__(self, opened: PartitionOpened) -> None:
        self.tp: TP = opened.tp
        self.epoch = opened.epoch
        self.progress = opened.progress
        self.reported = opened.reported
        self.frontier = Frontier(opened.start)
        self.at_end = self.leaving = self.paused = False
        self.committed: tuple[int, str] = (-1, "")
        self.deliveries: dict[str, Delivery] = {}
        self.by_offset: dict[int, Delivery] = {}
        self.ready: deque[CustomerLane] = deque()
        self._lanes: dict[str, CustomerLane] = {}
        self._ended: OrderedDict[str, Ending] = OrderedDict()
        self._redriven: set[tuple[str, str]] = set()
        for each in opened.seen:
            self.end(each.action_id, Ending.REVOKED if each.revoked else Ending.UNKNOWN)
            self._redriven.add((each.action_id, each.redriven))

    @property
    def is_marked(self) -> bool:
        """Does a commit of ours say that something may be under way from now on?"""
        return self.committed[0] >= 0

    def is_alone(self, now: Instant) -> bool:
        """Can nobody who had it before us report any more: was it given back, or long ago?"""
        return self.progress.clean or now - self.epoch >= LATE_REPORTS

    def tried(self, busy: Iterable[Delivery]) -> list[Delivery]:
        """List whose tries a commit is to tell, most tried first; `busy` are under way."""
        held = (each for each in busy if each.spilled and each.tp == self.tp)
        some = [each for each in self.by_offset.values() if each.tries or each.begun]
        known = [each for each in (*some, *held) if each.untold_tries]
        return sorted(known, key=lambda each: -each.untold_tries)

    def place(self, tried: Sequence[Delivery], *, clean: bool) -> tuple[int, str]:
        """What is to be committed; `clean` if nothing is under way, nor will be."""
        tries = {each.offset: each.untold_tries for each in tried}
        return self.frontier.offset, self.frontier.metadata(tries, clean=clean)

    @property
    def is_caught_up(self) -> bool:
        """Was all read again that the last holder had read?"""
        return self.frontier.next >= self.progress.next

    @property
    def waits(self) -> int:
        """How many actions are before the committed offset, or behind it."""
        return len(self.by_offset)

    def ending_of(self, action_id: str) -> Ending | None:
        """Say how an action ended; None if it did not, or long ago."""
        return self._ended.get(action_id)

    def is_known(self, action_id: str, redriven: str) -> bool:
        """Is it open, or done with? A dead letter that is sent again is done again, once."""
        if action_id in self.deliveries:
            return True
        ending = self._ended.get(action_id)
        if not redriven or ending not in (Ending.FAILED, Ending.UNKNOWN):
            return ending is not None
        return (action_id, redriven) in self._redriven

    def meet(self, action_id: str, redriven: str) -> None:
        """Remember that a dead letter was sent again."""
        if redriven:
            self._redriven.add((action_id, redriven))

    def end(self, action_id: str, ending: Ending) -> None:
        """Remember how an action ended; that it was taken back counts for good."""
        if self._ended.get(action_id) is Ending.REVOKED:
            ending = Ending.REVOKED
        self._ended[action_id] = ending
        self._ended.move_to_end(action_id)
        if len(self._ended) > REMEMBERED:
            self._ended.popitem(last=False)

    def add(self, delivery: Delivery) -> None:
        """Take up an action; one that is on `adapter.holds` lies at no open offset."""
        self.deliveries[delivery.action.action_id] = delivery
        if not delivery.spilled:
            self.by_offset[delivery.offset] = delivery

    def release(self, delivery: Delivery) -> None:
        """Let the offset pass an action: it is done with, or on `adapter.holds`."""
        self.frontier.close(delivery.offset)
        self.by_offset.pop(delivery.offset, None)

    def remove(self, delivery: Delivery) -> None:
        """An action is done with."""
        self.release(delivery)
        for offset in delivery.revoked_at:
            self.frontier.close(offset)
        del self.deliveries[delivery.action.action_id]

    def lane(self, action: Action) -> CustomerLane:
        """Find the line in which the actions of a customer stand."""
        lane = self._lanes.get(action.customer_id)
        if lane is None:
            lane = self._lanes[action.customer_id] = CustomerLane(action.customer_id)
        return lane

    def join(self, delivery: Delivery) -> None:
        """An action is due."""
        lane = self.lane(delivery.action)
        lane.join(delivery)
        if lane.head is None:
            self.ready.append(lane)

    def head(self, delivery: Delivery) -> None:
        """Let an action that was tried head its line again, unless another does."""
        lane = self.lane(delivery.action)
        if lane.head is None:
            lane.head, delivery.state = delivery, DeliveryState.RETRYING

    def next_head(self) -> Delivery | None:
        """Take from the line who may be sent next; None if nobody may."""
        while self.ready:
            lane = self.ready.popleft()
            head = lane.next()
            if head is None:
                self._forget(lane)
            elif head.state is DeliveryState.READY and not head.storing:
                return head
        return None

    def again(self, delivery: Delivery) -> None:
        """The head of a line may be sent, before all others."""
        self.ready.appendleft(self.lane(delivery.action))

    def free(self, delivery: Delivery) -> None:
        """Who heads a line is done with: whoever is behind may be sent."""
        lane = self._lanes.get(delivery.action.customer_id)
        if lane is not None and lane.head is delivery:
            lane.head = None
            self._forget(lane)
            if not lane.is_empty:
                self.ready.append(lane)

    def _forget(self, lane: CustomerLane) -> None:
        if lane.is_empty and self._lanes.get(lane.customer_id) is lane:
            del self._lanes[lane.customer_id]
