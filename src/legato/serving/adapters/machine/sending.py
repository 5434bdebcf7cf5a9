"""What may go out now, and what came of it."""

from __future__ import annotations

from legato.adapter import Delivered, Failed, Retry
from legato.core.values.time import MINUTE, NEVER, SECOND, Instant, Span
from legato.serving.adapters.machine.commands import Send
from legato.serving.adapters.machine.delivery import Delivery, DeliveryState
from legato.serving.adapters.machine.ending import Ending
from legato.serving.adapters.machine.endings import (
    EXHAUSTED,
    crash_letter,
    outcome_of_revocation,
    plain_reason,
)
from legato.serving.adapters.machine.facts import (
    TP,
    Answer,
    Crashed,
    NotBegun,
    Refused,
    Unchecked,
)
from legato.serving.adapters.machine.ledger import Ledger
from legato.serving.adapters.machine.partition import ActionsPartition
from legato.serving.adapters.machine.tries import Breaker, asked_by, wait_before
from legato.serving.adapters.machine.waiting import WaitingActions

FAILURES_MOST = 5
BREAKER_FIRST: Span = 10 * SECOND
BREAKER_LONGEST: Span = 5 * MINUTE
VIEW_FIRST: Span = SECOND
VIEW_LONGEST: Span = 30 * SECOND


class SendingActions:
    """Sends what is due, in each customer's order; `breaker` and `view` say when not to."""

    def __init__(self, ledger: Ledger, waiting: WaitingActions) -> None:
        self._ledger, self._waiting = ledger, waiting
        self.breaker = Breaker(FAILURES_MOST, BREAKER_FIRST, BREAKER_LONGEST)
        self.view = Breaker(1, VIEW_FIRST, VIEW_LONGEST)
        self.sends: dict[int, Delivery] = {}

    @property
    def next_due(self) -> Instant:
        """When one may be tried although all is left alone; NEVER if nothing is."""
        waits = [each.until for each in (self.breaker, self.view)]
        return min((each for each in waits if each > self._ledger.now), default=NEVER)

    def forget(self, tps: set[TP]) -> None:
        """What comes back of these partitions is void."""
        self.sends = {at: each for at, each in self.sends.items() if each.tp not in tps}

    def may_begin(self, ticket: int, now: Instant) -> bool:
        """Say right before an action is handed to the adapter whether that may still be.

        If so it counts as tried from then on, also where nobody lives to hear the answer.
        """
        delivery = self.sends.get(ticket)
        if delivery is None or delivery.revoked is not None:
            return False
        may_send = self.may_send(self._ledger.partitions[delivery.tp])
        is_wanted = delivery.action.expires_at > now and delivery.awake(now) == now
        delivery.begun = may_send and is_wanted
        return delivery.begun

    def may_send(self, partition: ActionsPartition) -> bool:
        """Was it read to its end, or do enough wait already?"""
        if partition.leaving or not (partition.is_caught_up and partition.is_marked):
            return False
        return partition.at_end or partition.waits >= self._ledger.window

    def fill(self) -> None:
        """Send what may be sent, from each partition in turn."""
        sendable = [each for each in self._ledger.partitions.values() if self.may_send(each)]
        while sendable and len(self.sends) < self._ledger.limits.concurrency:
            for partition in [*sendable]:
                if not self._passes():
                    return
                head = partition.next_head()
                if head is None:
                    sendable.remove(partition)
                elif not self._waiting.rest(head):
                    self._send(head)

    def answered(self, ticket: int, answer: Answer) -> None:
        """Hear what came of a try."""
        delivery = self.sends.pop(ticket, None)
        if delivery is None:
            return
        delivery.begun = False
        self._learn(answer)
        match answer:
            case Delivered():
                delivery.tries += 1
                self._delivered(delivery)
            case Failed(reason=reason) | Refused(reason=reason):
                self._ledger.fail(delivery, plain_reason(reason))
            case Retry() | Crashed():
                self._tried(delivery, answer)
            case Unchecked() | NotBegun():
                self._put_back(delivery)

    def _passes(self) -> bool:
        return len(self.sends) < self._ledger.limits.concurrency and all(
            each.passes(self._ledger.now, len(self.sends)) for each in (self.breaker, self.view)
        )

    def _send(self, delivery: Delivery) -> None:
        delivery.state = DeliveryState.SENDING
        ticket = delivery.ticket = self._ledger.next_ticket()
        self.sends[ticket] = delivery
        self._ledger.say(Send(ticket, delivery.action))

    def _learn(self, answer: Answer) -> None:
        """See whether the provider answers, and whether the view does."""
        match answer:
            case Delivered() | Failed():
                self.breaker.succeeded()
                self.view.succeeded()
            case Retry() | Crashed():
                self.breaker.failed(self._ledger.now)
                self.view.succeeded()
            case Refused():
                self.view.succeeded()
            case Unchecked():
                self.view.failed(self._ledger.now)
            case NotBegun():
                """Nobody was asked."""

    def _delivered(self, delivery: Delivery) -> None:
        outcomes = [self._ledger.outcome(delivery, "delivered")]
        delivery.ending = Ending.DELIVERED
        self._ledger.tell_of("delivered", delivery.action)
        if delivery.revoked is not None:
            outcomes.append(outcome_of_revocation(delivery.revoked, self._ledger.now))
            self._ledger.tell_of("revoked_too_late", delivery.revoked)
            delivery.ending = Ending.REVOKED
        self._ledger.end(delivery, *outcomes)

    def _tried(self, delivery: Delivery, answer: Retry | Crashed) -> None:
        delivery.tries += 1
        if delivery.revoked is not None:
            self._put_back(delivery)
        elif delivery.tries < self._ledger.limits.attempts:
            self._retry(delivery, asked_by(answer))
        elif isinstance(answer, Crashed):
            self._ledger.fail(delivery, letter=crash_letter(delivery, answer.error))
        else:
            self._ledger.fail(delivery, EXHAUSTED)

    def _retry(self, delivery: Delivery, asked: Span) -> None:
        wait = wait_before(delivery.action.action_id, delivery.tries, asked)
        due, expires = self._ledger.now + wait, delivery.action.expires_at
        if due < expires <= delivery.awake(due):
            self._waiting.expire(delivery)
            return
        delivery.due = min(delivery.awake(due), expires)
        delivery.state = DeliveryState.RETRYING
        self._ledger.tell_of("retried", delivery.action)
        self._waiting.set_timer(delivery, delivery.due)
        if delivery.spilled or self._ledger.partitions[delivery.tp].leaving:
            self._ledger.spill(delivery)
            return
        self._waiting.make_way(delivery)

    def _put_back(self, delivery: Delivery) -> None:
        """It was not sent: because it must not be, or because it could not be asked whether."""
        partition = self._ledger.partitions[delivery.tp]
        delivery.state = DeliveryState.READY
        if delivery.revoked is not None:
            self._ledger.take_back(partition, delivery)
        elif delivery.action.expires_at <= self._ledger.now:
            self._waiting.expire(delivery)
        elif not self._waiting.rest(delivery):
            self._waiting.set_timer(delivery, delivery.action.expires_at)
            partition.again(delivery)
