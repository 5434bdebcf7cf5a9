"""An action on its way to the provider, and the line that its customer's actions stand in."""

from __future__ import annotations

from enum import Enum, auto
from heapq import heappop, heappush

from msgspec import Struct

from legato.core.values.outputs import Action, Revoked
from legato.core.values.time import Instant
from legato.serving.adapters.machine.ending import Ending
from legato.serving.adapters.machine.facts import TP
from legato.wire.record import RawRecord
from legato.wire.topics.holds import Hold, HoldKey


class DeliveryState(Enum):
    """How it stands with an action that is not done with."""

    HELD = auto()
    READY = auto()
    SENDING = auto()
    RETRYING = auto()
    ENDING = auto()
    ENDED = auto()


class Delivery(Struct, eq=False):
    """One action. `due` is when it may go out, or be tried again.

    `offset` is where it lies, `taken` when that was read; `spilled` says that it is on
    `adapter.holds`, `storing` that it is on its way there. `tries` were answered; one more has
    `begun` once the adapter was handed it. Who took it back, and at which offset, is in
    `revoked` while that waits for a try to end.
    """

    tp: TP
    offset: int
    action: Action
    raw: RawRecord
    time: Instant
    taken: Instant
    due: Instant
    state: DeliveryState = DeliveryState.HELD
    tries: int = 0
    begun: bool = False
    spilled: bool = False
    storing: bool = False
    ticket: int = 0
    timer: Instant = 0
    revoked: Revoked | None = None
    revoked_at: tuple[int, ...] = ()
    ending: Ending = Ending.UNKNOWN

    @property
    def key(self) -> HoldKey:
        """Name it on `adapter.holds`."""
        return HoldKey(*self.tp, self.action.action_id)

    def awake(self, at: Instant) -> Instant:
        """Return the first instant from `at` on at which its customer may be disturbed."""
        for span in self.action.quiet:
            if span.start <= at < span.end:
                at = span.end
        return at

    def hold(self, since: Instant) -> Hold:
        """Write down how it stands with it, as who has held the partition since then."""
        told = self.action, self.raw, self.due, self.tries
        return Hold(self.key, since, self.offset, self.time, *told)

    @property
    def untold_tries(self) -> int:
        """How often it was tried, as far as `adapter.holds` does not tell."""
        told = self.spilled and not self.is_working
        return 0 if told else self.tries + self.begun

    @property
    def is_open(self) -> bool:
        """Is anything still to be done for it?"""
        return self.state is not DeliveryState.ENDED

    @property
    def is_working(self) -> bool:
        """Is something of it under way, at the provider or to Kafka?"""
        return self.storing or self.state in (DeliveryState.SENDING, DeliveryState.ENDING)


class CustomerLane:
    """The due actions of one customer: one at a time, by `not_before`, then as they came.

    `head` is the one whose turn it is, until it is done with.
    """

    def __init__(self, customer_id: str) -> None:
        self.customer_id = customer_id
        self.head: Delivery | None = None
        self._waiting: list[tuple[Instant, int, Delivery]] = []

    def join(self, delivery: Delivery) -> None:
        """Stand in line."""
        heappush(self._waiting, (delivery.action.not_before, delivery.offset, delivery))

    def next(self) -> Delivery | None:
        """Call the next one to the head; None if there is none."""
        while self.head is None and self._waiting:
            delivery = heappop(self._waiting)[2]
            if delivery.state is DeliveryState.READY:
                self.head = delivery
        return self.head

    @property
    def is_empty(self) -> bool:
        """Does nobody stand in it?"""
        while self._waiting and self._waiting[0][2].state is not DeliveryState.READY:
            heappop(self._waiting)
        return self.head is None and not self._waiting

    def behind(self) -> list[Delivery]:
        """List who stands behind the head."""
        return [each for _, _, each in self._waiting if each.state is DeliveryState.READY]
