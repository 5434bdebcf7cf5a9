"""The machine of an adapter: what was read, what came back, what time it is; then what to do.

An action is held until its `not_before`, stands in line behind its customer's others, is tried
until there is an answer, and is done with once Kafka has what became of it. docs/adapters.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from legato.core.values.time import Instant
from legato.serving.adapters.machine.commands import AdapterCommand, CommitPlaces
from legato.serving.adapters.machine.delivery import Delivery, DeliveryState
from legato.serving.adapters.machine.ending import Ending
from legato.serving.adapters.machine.endings import outcome_of_revocation
from legato.serving.adapters.machine.facts import (
    TP,
    AdapterFact,
    CommitDue,
    PartitionOpened,
    PartitionsGone,
    PartitionsLeaving,
    PlacesCommitted,
    RecordsRead,
    Stored,
    TimePassed,
    TryEnded,
)
from legato.serving.adapters.machine.frontier import METADATA_MOST
from legato.serving.adapters.machine.intake import ActionsIntake
from legato.serving.adapters.machine.ledger import DeliveryLimits, Ledger
from legato.serving.adapters.machine.partition import TRIED_MOST, ActionsPartition
from legato.serving.adapters.machine.sending import SendingActions
from legato.serving.adapters.machine.waiting import WaitingActions
from legato.wire.topics.actions import redriven_of
from legato.wire.topics.holds import Hold, Release


class DeliveryMachine:
    """All the partitions that are ours."""

    def __init__(self, limits: DeliveryLimits) -> None:
        self._ledger = Ledger(limits)
        self._waiting = WaitingActions(self._ledger)
        self.sending = SendingActions(self._ledger, self._waiting)
        self._intake = ActionsIntake(self._ledger, self._waiting)

    @property
    def partitions(self) -> Mapping[TP, ActionsPartition]:
        """Those that are ours."""
        return self._ledger.partitions

    def handle(self, fact: AdapterFact, now: Instant) -> list[AdapterCommand]:
        """Take a fact; say what is to be done."""
        self._ledger.now = now
        self._take(fact)
        self._waiting.fire()
        self.sending.fill()
        return self._ledger.take_commands()

    def may_begin(self, ticket: int, now: Instant) -> bool:
        """Say right before an action is handed to the adapter whether that may still be."""
        return self.sending.may_begin(ticket, now)

    @property
    def next_due(self) -> Instant:
        """When something happens by itself; NEVER if nothing does."""
        return min(self._waiting.next_due, self.sending.next_due)

    def behind(self, ends: Mapping[TP, int]) -> int:
        """Count the offsets up to these ends that are not passed."""
        offsets = {tp: each.frontier.offset for tp, each in self._ledger.partitions.items()}
        return sum(max(ends[tp] - at, 0) for tp, at in offsets.items() if tp in ends)

    def is_settled(self, tps: Sequence[TP]) -> bool:
        """Is nothing of these partitions under way, so that they may be given back?"""
        wanted = {*tps}
        busy = any(each.tp in wanted for each in self.sending.sends.values())
        stores = any(each.tp in wanted for each in self._ledger.stores.values())
        return not (
            busy or stores or any(tp in wanted for tp, _ in self._ledger.notes.values())
        )

    def _take(self, fact: AdapterFact) -> None:
        match fact:
            case RecordsRead():
                self._intake.read(fact)
            case TryEnded(ticket=ticket, answer=answer):
                self.sending.answered(ticket, answer)
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

    def _share(self, fact: PartitionOpened | PartitionsLeaving | PartitionsGone) -> None:
        match fact:
            case PartitionOpened():
                self._open(fact)
            case PartitionsLeaving(tps=tps):
                for tp in self._ledger.partitions.keys() & {*tps}:
                    self._leave(self._ledger.partitions[tp])
            case PartitionsGone(tps=tps):
                self._forget({*tps})

    def _leave(self, partition: ActionsPartition) -> None:
        """Begin nothing; whoever comes next is to know what was tried, and when to go on."""
        partition.leaving = True
        for delivery in [*partition.deliveries.values()]:
            if delivery.state is DeliveryState.RETRYING and not delivery.spilled:
                self._ledger.spill(delivery)

    def _open(self, opened: PartitionOpened) -> None:
        self._forget({opened.tp})
        partition = self._ledger.partitions[opened.tp] = ActionsPartition(opened)
        # Those that were tried head their customers' lines, so they come first.
        for hold in sorted(opened.holds, key=lambda each: -each.tries):
            known = opened.reported.get(hold.action.action_id)
            if known is not None and not redriven_of(hold.raw.headers):
                partition.end(hold.action.action_id, known)
                self._ledger.note(partition, release=Release(hold.key, partition.epoch))
            else:
                self._take_up(partition, hold)
        for key in opened.stale:
            self._ledger.note(partition, release=Release(key, partition.epoch))

    def _take_up(self, partition: ActionsPartition, hold: Hold) -> None:
        delivery = _restored(hold, self._ledger.now)
        self._waiting.take_up(partition, delivery)

    def _forget(self, tps: set[TP]) -> None:
        for tp in tps:
            self._ledger.partitions.pop(tp, None)
        self._ledger.forget(tps)
        self._waiting.forget(tps)
        self.sending.forget(tps)

    def _stored(self, ticket: int) -> None:
        ledger = self._ledger
        if ticket in ledger.notes:
            tp, offset = ledger.notes.pop(ticket)
            ledger.partitions[tp].frontier.close(offset)
        elif (delivery := ledger.stores.pop(ticket, None)) is not None:
            self._written(ledger.partitions[delivery.tp], delivery)

    def _written(self, partition: ActionsPartition, delivery: Delivery) -> None:
        """What became of an action is in Kafka, or that it is held."""
        if delivery.state is not DeliveryState.ENDING:
            self._spilled(partition, delivery)
        elif delivery.revoked is not None and delivery.ending is Ending.DELIVERED:
            # It was taken back while the report was on its way.
            delivery.ending = Ending.REVOKED
            self._ledger.tell_of("revoked_too_late", delivery.revoked)
            self._ledger.end(
                delivery, outcome_of_revocation(delivery.revoked, self._ledger.now)
            )
        else:
            self._ledger.finish(partition, delivery)

    def _spilled(self, partition: ActionsPartition, delivery: Delivery) -> None:
        """It is on `adapter.holds`: the offset may pass, and what waited for that goes on."""
        delivery.storing, delivery.spilled = False, True
        partition.release(delivery)
        self._ledger.see_window(partition)
        if delivery.revoked is not None:
            self._ledger.take_back(partition, delivery)
        elif delivery.state is DeliveryState.READY:
            self._waiting.resume(partition, delivery)
        elif delivery.timer <= self._ledger.now:
            self._waiting.wake(delivery)

    def _commit(self) -> None:
        places: dict[TP, tuple[int, str]] = {}
        for tp, partition in self._ledger.partitions.items():
            if not partition.is_caught_up:
                # What the last holder knew of the rest would be lost with its metadata.
                continue
            place = self._place(partition)
            if len(place[1]) > METADATA_MOST:
                for offset in partition.frontier.crowding():
                    if (delivery := partition.by_offset.get(offset)) is not None:
                        self._ledger.spill(delivery)
            elif place != partition.committed:
                places[tp] = place
        if places:
            self._ledger.say(CommitPlaces(places))

    def _place(self, partition: ActionsPartition) -> tuple[int, str]:
        """What to commit of a partition; more tries than that tells go to `adapter.holds`."""
        alone = partition.is_alone(self._ledger.now)
        clean = partition.leaving and alone and self.is_settled([partition.tp])
        tried = partition.tried([*self.sending.sends.values(), *self._ledger.stores.values()])
        for delivery in tried[TRIED_MOST:]:
            self._ledger.spill(delivery)
        return partition.place(tried[:TRIED_MOST], clean=clean)

    def _committed(self, places: dict[TP, tuple[int, str]]) -> None:
        for tp in places.keys() & self._ledger.partitions.keys():
            self._ledger.partitions[tp].committed = places[tp]


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
