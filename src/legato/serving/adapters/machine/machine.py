"""The machine of an adapter: what was read, what came back, what time it is; then what to do.

An action is held until its `not_before`, stands in line behind its customer's others, is tried
until there is an answer, and is done with once Kafka has what became of it. docs/adapters.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import count

from msgspec import Struct

from legato.adapter import Delivered, Failed, Retry
from legato.core.values.outputs import Action, Revoked
from legato.core.values.results import Unreadable
from legato.core.values.time import MINUTE, NEVER, SECOND, Instant, Span
from legato.serving.adapters.machine.commands import (
    AdapterCommand,
    CommitPlaces,
    DeliveryResult,
    Letter,
    PauseReading,
    ResumeReading,
    Send,
    Store,
    TellResult,
    What,
)
from legato.serving.adapters.machine.delivery import Delivery, DeliveryState, Ending
from legato.serving.adapters.machine.endings import (
    EXHAUSTED,
    crash_letter,
    outcome_of,
    outcome_of_revocation,
    plain_reason,
    unreadable_letter,
)
from legato.serving.adapters.machine.facts import (
    TP,
    ActionsRecord,
    AdapterFact,
    Answer,
    CommitDue,
    Crashed,
    NotBegun,
    PartitionOpened,
    PartitionsGone,
    PartitionsLeaving,
    PlacesCommitted,
    RecordsRead,
    Refused,
    Stored,
    TimePassed,
    TryEnded,
    Unchecked,
)
from legato.serving.adapters.machine.frontier import METADATA_MOST
from legato.serving.adapters.machine.partition import ActionsPartition
from legato.serving.adapters.machine.tries import Breaker, asked_by, wait_before
from legato.wire.topics.holds import Hold, Release
from legato.wire.topics.outcomes import Outcome, Status

HOLD_AFTER: Span = 10 * MINUTE
"""What waits longer than this lets the offset pass, once it is on `adapter.holds`."""
FAILURES_MOST = 5
BREAKER_FIRST: Span = 10 * SECOND
BREAKER_LONGEST: Span = 5 * MINUTE
VIEW_FIRST: Span = SECOND
VIEW_LONGEST: Span = 30 * SECOND
WINDOW_LEAST = 50
SOON: Span = 10 * SECOND
"""What is due within this is not put away, however full the window is."""


class DeliveryLimits(Struct, frozen=True):
    """How many at once, how many tries, how many wait in memory, and how long."""

    concurrency: int = 20
    attempts: int = 8
    window: int = 10_000
    hold_after: Span = HOLD_AFTER


class DeliveryMachine:
    """All the partitions that are ours. Tickets name what is under way; each is used once."""

    def __init__(self, limits: DeliveryLimits) -> None:
        self.limits = limits
        self.partitions: dict[TP, ActionsPartition] = {}
        self.breaker = Breaker(FAILURES_MOST, BREAKER_FIRST, BREAKER_LONGEST)
        self.view = Breaker(1, VIEW_FIRST, VIEW_LONGEST)
        self.in_flight = 0
        self._tickets = count(1)
        self._sends: dict[int, Delivery] = {}
        self._stores: dict[int, Delivery] = {}
        self._notes: dict[int, tuple[TP, int]] = {}
        self._timers: list[tuple[Instant, int, Delivery]] = []
        self._said: list[AdapterCommand] = []
        self._now: Instant = 0

    def handle(self, fact: AdapterFact, now: Instant) -> list[AdapterCommand]:
        """Take a fact; say what is to be done."""
        self._now = now
        self._take(fact)
        self._fire()
        self._fill()
        said, self._said = self._said, []
        return said

    def may_begin(self, ticket: int, now: Instant) -> bool:
        """Say right before an action is handed to the adapter whether that may still be."""
        delivery = self._sends.get(ticket)
        if delivery is None or delivery.revoked is not None:
            return False
        may_send = self._may_send(self.partitions[delivery.tp])
        return may_send and delivery.action.expires_at > now

    @property
    def next_due(self) -> Instant:
        """When something happens by itself; NEVER if nothing does."""
        timers = self._timers[0][0] if self._timers else NEVER
        waits = [each.until for each in (self.breaker, self.view) if each.until > self._now]
        return min([timers, *waits])

    def behind(self, ends: Mapping[TP, int]) -> int:
        """Count the offsets up to these ends that are not passed."""
        offsets = {tp: each.frontier.offset for tp, each in self.partitions.items()}
        return sum(max(ends[tp] - at, 0) for tp, at in offsets.items() if tp in ends)

    def is_settled(self, tps: Sequence[TP]) -> bool:
        """Is nothing of these partitions under way, so that they may be given back?"""
        wanted = {*tps}
        busy = any(each.tp in wanted for each in self._sends.values())
        stores = any(each.tp in wanted for each in self._stores.values())
        return not (busy or stores or any(tp in wanted for tp, _ in self._notes.values()))

    def _take(self, fact: AdapterFact) -> None:
        match fact:
            case RecordsRead():
                self._read(fact)
            case TryEnded(ticket=ticket, answer=answer):
                self._answered(ticket, answer)
            case Stored(ticket=ticket):
                self._stored(ticket)
            case CommitDue():
                self._commit()
            case PlacesCommitted(places=places):
                self._committed(places)
            case PartitionOpened() | PartitionsLeaving() | PartitionsGone():
                self._share(fact)
            case TimePassed():
                """It is looked at whatever comes."""

    # Partitions come and go.

    def _share(self, fact: PartitionOpened | PartitionsLeaving | PartitionsGone) -> None:
        match fact:
            case PartitionOpened():
                self._open(fact)
            case PartitionsLeaving(tps=tps):
                for tp in self.partitions.keys() & {*tps}:
                    self._leave(self.partitions[tp])
            case PartitionsGone(tps=tps):
                self._forget({*tps})

    def _leave(self, partition: ActionsPartition) -> None:
        """Begin nothing; whoever comes next is to know what was tried, and when to go on."""
        partition.leaving = True
        for delivery in [*partition.deliveries.values()]:
            if delivery.state is DeliveryState.RETRYING and not delivery.spilled:
                self._spill(delivery)

    def _open(self, opened: PartitionOpened) -> None:
        self._forget({opened.tp})
        partition = self.partitions[opened.tp] = ActionsPartition(opened)
        # Those that were tried head their customers' lines, so they come first.
        for hold in sorted(opened.holds, key=lambda each: -each.tries):
            delivery = _restored(hold, self._now)
            partition.add(delivery)
            if hold.tries and delivery.due > self._now:
                partition.head(delivery)
            self._wait(delivery)
        for key in opened.stale:
            self._note(partition, release=Release(key, partition.epoch))

    def _forget(self, tps: set[TP]) -> None:
        for tp in tps:
            self.partitions.pop(tp, None)
        self.in_flight -= sum(each.tp in tps for each in self._sends.values())
        for places in (self._sends, self._stores):
            for ticket in [number for number, each in places.items() if each.tp in tps]:
                del places[ticket]
        for ticket in [number for number, (tp, _) in self._notes.items() if tp in tps]:
            del self._notes[ticket]
        self._timers = [each for each in self._timers if each[2].tp not in tps]
        heapify(self._timers)

    # What was read.

    def _read(self, fact: RecordsRead) -> None:
        partition = self.partitions.get(fact.tp)
        if partition is None or partition.epoch != fact.epoch:
            return
        for record in fact.records:
            if record.offset >= partition.frontier.next:
                self._take_record(partition, record)
        partition.frontier.pass_to(fact.next)
        partition.at_end = fact.at_end
        self._see_window(partition)

    def _take_record(self, partition: ActionsPartition, record: ActionsRecord) -> None:
        done = partition.progress.is_done(record.offset)
        partition.frontier.read(record.offset, is_open=not done)
        match record.said:
            case Unreadable() as why:
                if not done:
                    letter = unreadable_letter(partition.tp, record, why)
                    self._note(partition, record.offset, letter=letter)
                    self._tell(why)
            case Revoked() as revoked:
                self._revoke(partition, record.offset, revoked, done=done)
            case Action() as action:
                self._take_action(partition, record, action, done=done)

    def _take_action(
        self, partition: ActionsPartition, record: ActionsRecord, action: Action, *, done: bool
    ) -> None:
        known = partition.is_known(action.action_id, record.redriven)
        partition.meet(action.action_id, record.redriven)
        if done or known:
            partition.frontier.close(record.offset)
            if action.action_id not in partition.deliveries:
                ending = partition.ending_of(action.action_id) or Ending.UNKNOWN
                partition.end(action.action_id, ending)
            return
        delivery = Delivery(
            partition.tp,
            record.offset,
            action,
            record.raw,
            record.time,
            taken=self._now,
            due=action.not_before,
        )
        partition.add(delivery)
        self._wait(delivery)
        if delivery.state is DeliveryState.HELD:
            self._tell_of("held", action)

    def _revoke(
        self, partition: ActionsPartition, offset: int, revoked: Revoked, *, done: bool
    ) -> None:
        delivery = partition.deliveries.get(revoked.action_id)
        if delivery is not None:
            # Whoever comes after us must read it as well, for as long as the action is open.
            delivery.revoked, delivery.revoked_at = revoked, (*delivery.revoked_at, offset)
            self._take_back(partition, delivery)
            return
        ending = partition.ending_of(revoked.action_id)
        reached = ending is Ending.DELIVERED or (ending is Ending.UNKNOWN and revoked.too_late)
        partition.end(revoked.action_id, Ending.REVOKED)
        if done or not reached:
            partition.frontier.close(offset)
            return
        self._note(partition, offset, outcome=outcome_of_revocation(revoked, self._now))
        self._tell_of("revoked_too_late", revoked)

    def _take_back(self, partition: ActionsPartition, delivery: Delivery) -> None:
        """End it at once, unless something of it is under way: then once that is over."""
        if delivery.is_working:
            return
        self._tell_of("revoked", delivery.action)
        delivery.ending = Ending.REVOKED
        if delivery.spilled:
            self._end(delivery)
        else:
            self._finish(partition, delivery)

    def _see_window(self, partition: ActionsPartition) -> None:
        """Stop reading where enough wait; what is not due soon need not wait in memory."""
        share = self._window
        if not partition.paused and partition.waits >= share + share // 4:
            partition.paused = True
            self._said.append(PauseReading(partition.tp))
            for delivery in [*partition.by_offset.values()]:
                if delivery.due - self._now > SOON:
                    self._spill(delivery)
        elif partition.paused and partition.waits < share + share // 8:
            partition.paused = False
            self._said.append(ResumeReading(partition.tp))

    @property
    def _window(self) -> int:
        return max(self.limits.window // max(len(self.partitions), 1), WINDOW_LEAST)

    # Time.

    def _wait(self, delivery: Delivery) -> None:
        """Let it wait until it is due; beyond ten minutes on `adapter.holds`."""
        if delivery.due <= self._now:
            self._become_ready(delivery)
            return
        if delivery.due - delivery.taken > self.limits.hold_after and not delivery.spilled:
            self._spill(delivery)
        self._set_timer(delivery, min(delivery.due, delivery.action.expires_at))

    def _become_ready(self, delivery: Delivery) -> None:
        partition = self.partitions[delivery.tp]
        retries = delivery.state is DeliveryState.RETRYING
        delivery.state = DeliveryState.READY
        if delivery.action.expires_at <= self._now:
            self._expire(delivery)
            return
        self._set_timer(delivery, delivery.action.expires_at)
        if retries:
            partition.again(delivery)
            return
        partition.join(delivery)
        self._stand_behind(delivery)

    def _stand_behind(self, delivery: Delivery) -> None:
        """Whoever stands behind one that waits long waits as long."""
        head = self.partitions[delivery.tp].lane(delivery.action).head
        if head is not None and head.state is DeliveryState.RETRYING:
            self._spill_if_long(delivery, head.due)

    def _spill_if_long(self, delivery: Delivery, until: Instant) -> None:
        if until - delivery.taken > self.limits.hold_after and not delivery.spilled:
            self._spill(delivery)

    def _set_timer(self, delivery: Delivery, at: Instant) -> None:
        delivery.timer = at
        heappush(self._timers, (at, next(self._tickets), delivery))

    def _fire(self) -> None:
        while self._timers and self._timers[0][0] <= self._now:
            at, _, delivery = heappop(self._timers)
            if delivery.timer == at and not delivery.storing:
                self._wake(delivery)

    def _wake(self, delivery: Delivery) -> None:
        match delivery.state:
            case DeliveryState.HELD | DeliveryState.RETRYING:
                self._become_ready(delivery)
            case DeliveryState.READY:
                if delivery.action.expires_at <= self._now:
                    self._expire(delivery)
            case DeliveryState.SENDING | DeliveryState.ENDING | DeliveryState.ENDED:
                """It is past waiting."""

    def _expire(self, delivery: Delivery) -> None:
        self._tell_of("expired", delivery.action)
        delivery.ending = Ending.FAILED
        self._end(delivery, self._outcome(delivery, "expired"))

    # Sending.

    def _fill(self) -> None:
        """Send what may be sent, from each partition in turn."""
        sendable = [each for each in self.partitions.values() if self._may_send(each)]
        while sendable and self.in_flight < self.limits.concurrency:
            for partition in [*sendable]:
                if not self._passes():
                    return
                head = partition.next_head()
                if head is None:
                    sendable.remove(partition)
                else:
                    self._send(head)

    def _may_send(self, partition: ActionsPartition) -> bool:
        """Was it read to its end, or do enough wait already?"""
        enough = partition.at_end or partition.waits >= self._window
        return enough and not partition.leaving

    def _passes(self) -> bool:
        return self.in_flight < self.limits.concurrency and all(
            each.passes(self._now, self.in_flight) for each in (self.breaker, self.view)
        )

    def _send(self, delivery: Delivery) -> None:
        delivery.state = DeliveryState.SENDING
        self.in_flight += 1
        ticket = delivery.ticket = next(self._tickets)
        self._sends[ticket] = delivery
        self._said.append(Send(ticket, delivery.action))

    def _answered(self, ticket: int, answer: Answer) -> None:
        delivery = self._sends.pop(ticket, None)
        if delivery is None:
            return
        self.in_flight -= 1
        self._learn(answer)
        match answer:
            case Delivered():
                self._delivered(delivery)
            case Failed(reason=reason) | Refused(reason=reason):
                self._fail(delivery, plain_reason(reason))
            case Retry() | Crashed():
                self._tried(delivery, answer)
            case Unchecked() | NotBegun():
                self._put_back(delivery)

    def _learn(self, answer: Answer) -> None:
        """See whether the provider answers, and whether the view does."""
        match answer:
            case Delivered() | Failed():
                self.breaker.succeeded()
                self.view.succeeded()
            case Retry() | Crashed():
                self.breaker.failed(self._now)
                self.view.succeeded()
            case Refused():
                self.view.succeeded()
            case Unchecked():
                self.view.failed(self._now)
            case NotBegun():
                """Nobody was asked."""

    def _delivered(self, delivery: Delivery) -> None:
        outcomes = [self._outcome(delivery, "delivered")]
        delivery.ending = Ending.DELIVERED
        self._tell_of("delivered", delivery.action)
        if delivery.revoked is not None:
            outcomes.append(outcome_of_revocation(delivery.revoked, self._now))
            self._tell_of("revoked_too_late", delivery.revoked)
            delivery.ending = Ending.REVOKED
        self._end(delivery, *outcomes)

    def _fail(self, delivery: Delivery, reason: str, letter: Letter | None = None) -> None:
        self._tell_of("failed", delivery.action)
        delivery.ending = Ending.FAILED if delivery.revoked is None else Ending.REVOKED
        self._end(delivery, self._outcome(delivery, "failed", reason), letter=letter)

    def _tried(self, delivery: Delivery, answer: Retry | Crashed) -> None:
        delivery.tries += 1
        if delivery.revoked is not None:
            self._put_back(delivery)
        elif delivery.tries < self.limits.attempts:
            self._retry(delivery, asked_by(answer))
        elif isinstance(answer, Crashed):
            letter = crash_letter(delivery, answer.error)
            self._fail(delivery, letter.why.reason, letter)
        else:
            self._fail(delivery, EXHAUSTED)

    def _retry(self, delivery: Delivery, asked: Span) -> None:
        wait = wait_before(delivery.action.action_id, delivery.tries, asked)
        delivery.due = min(self._now + wait, delivery.action.expires_at)
        delivery.state = DeliveryState.RETRYING
        self._tell_of("retried", delivery.action)
        self._set_timer(delivery, delivery.due)
        if delivery.spilled or self.partitions[delivery.tp].leaving:
            self._spill(delivery)
            return
        self._spill_if_long(delivery, delivery.due)
        for each in self.partitions[delivery.tp].lane(delivery.action).behind():
            self._spill_if_long(each, delivery.due)

    def _put_back(self, delivery: Delivery) -> None:
        """It was not sent: because it must not be, or because it could not be asked whether."""
        partition = self.partitions[delivery.tp]
        delivery.state = DeliveryState.READY
        if delivery.revoked is not None:
            self._take_back(partition, delivery)
        elif delivery.action.expires_at <= self._now:
            self._expire(delivery)
        else:
            self._set_timer(delivery, delivery.action.expires_at)
            partition.again(delivery)

    # What Kafka is to keep.

    def _outcome(self, delivery: Delivery, status: Status, reason: str = "") -> Outcome:
        return outcome_of(delivery.action, status, self._now, reason)

    def _end(
        self, delivery: Delivery, *outcomes: Outcome, letter: Letter | None = None
    ) -> None:
        """Have it written what became of an action; once it is, it is done with."""
        delivery.state = DeliveryState.ENDING
        since = self.partitions[delivery.tp].epoch
        release = Release(delivery.key, since) if delivery.spilled else None
        ticket = self._ticket_of(delivery)
        self._said.append(Store(ticket, outcomes, letter, release=release))

    def _spill(self, delivery: Delivery) -> None:
        """Put it on `adapter.holds`, or write there how it stands with it now."""
        if delivery.is_working or not delivery.is_open:
            return
        delivery.storing = True
        hold = delivery.hold(self.partitions[delivery.tp].epoch)
        self._said.append(Store(self._ticket_of(delivery), hold=hold))

    def _ticket_of(self, delivery: Delivery) -> int:
        ticket = next(self._tickets)
        self._stores[ticket] = delivery
        return ticket

    def _note(
        self,
        partition: ActionsPartition,
        offset: int = -1,
        *,
        outcome: Outcome | None = None,
        letter: Letter | None = None,
        release: Release | None = None,
    ) -> None:
        """Have something written for a record that is no open action."""
        ticket = next(self._tickets)
        self._notes[ticket] = partition.tp, offset
        self._said.append(Store(ticket, (outcome,) if outcome else (), letter, release=release))

    def _stored(self, ticket: int) -> None:
        if ticket in self._notes:
            tp, offset = self._notes.pop(ticket)
            self.partitions[tp].frontier.close(offset)
            return
        delivery = self._stores.pop(ticket, None)
        if delivery is None:
            return
        partition = self.partitions[delivery.tp]
        if delivery.state is not DeliveryState.ENDING:
            self._spilled(partition, delivery)
        elif delivery.revoked is not None and delivery.ending is Ending.DELIVERED:
            # It was taken back while the report was on its way.
            delivery.ending = Ending.REVOKED
            self._tell_of("revoked_too_late", delivery.revoked)
            self._end(delivery, outcome_of_revocation(delivery.revoked, self._now))
        else:
            self._finish(partition, delivery)

    def _spilled(self, partition: ActionsPartition, delivery: Delivery) -> None:
        """It is on `adapter.holds`: the offset may pass, and what waited for that goes on."""
        delivery.storing, delivery.spilled = False, True
        partition.release(delivery)
        self._see_window(partition)
        if delivery.revoked is not None:
            self._take_back(partition, delivery)
        elif delivery.state is DeliveryState.READY:
            self._resume(partition, delivery)
        elif delivery.timer <= self._now:
            self._wake(delivery)

    def _resume(self, partition: ActionsPartition, delivery: Delivery) -> None:
        """Its turn may have come, or its time run out, while it was being stored."""
        if delivery.action.expires_at <= self._now:
            self._expire(delivery)
        elif partition.lane(delivery.action).head is delivery:
            partition.again(delivery)

    def _finish(self, partition: ActionsPartition, delivery: Delivery) -> None:
        delivery.state = DeliveryState.ENDED
        partition.end(delivery.action.action_id, delivery.ending)
        partition.remove(delivery)
        partition.free(delivery)
        self._see_window(partition)

    def _commit(self) -> None:
        places: dict[TP, tuple[int, str]] = {}
        for tp, partition in self.partitions.items():
            if not partition.is_caught_up:
                # What the last holder knew of the rest would be lost with its metadata.
                continue
            place = partition.place
            if len(place[1]) > METADATA_MOST:
                for offset in partition.frontier.crowding():
                    if (delivery := partition.by_offset.get(offset)) is not None:
                        self._spill(delivery)
            elif place != partition.committed:
                places[tp] = place
        if places:
            self._said.append(CommitPlaces(places))

    def _committed(self, places: dict[TP, tuple[int, str]]) -> None:
        for tp in places.keys() & self.partitions.keys():
            self.partitions[tp].committed = places[tp]

    # Who watches.

    def _tell(self, result: DeliveryResult | Unreadable) -> None:
        self._said.append(TellResult(result))

    def _tell_of(self, what: What, of: Action | Revoked) -> None:
        self._tell(DeliveryResult(what, of, self._now))


def _restored(hold: Hold, now: Instant) -> Delivery:
    """Take up what is on `adapter.holds`."""
    return Delivery(
        (hold.key.topic, hold.key.partition),
        hold.offset,
        hold.action,
        hold.raw,
        hold.time,
        taken=now,
        due=hold.due,
        tries=hold.tries,
        spilled=True,
    )
