"""What was read: actions to take up, and what takes them back."""

from __future__ import annotations

from legato.core.values.outputs import Action, Revoked
from legato.core.values.results import Unreadable
from legato.serving.adapters.machine.delivery import Delivery, DeliveryState
from legato.serving.adapters.machine.ending import Ending
from legato.serving.adapters.machine.endings import outcome_of_revocation, unreadable_letter
from legato.serving.adapters.machine.facts import ActionsRecord, RecordsRead
from legato.serving.adapters.machine.ledger import Ledger
from legato.serving.adapters.machine.partition import ActionsPartition
from legato.serving.adapters.machine.waiting import WaitingActions


class ActionsIntake:
    """Takes the records of a partition in their order, each once."""

    def __init__(self, ledger: Ledger, waiting: WaitingActions) -> None:
        self._ledger, self._waiting = ledger, waiting

    def read(self, fact: RecordsRead) -> None:
        """Take what was read of a partition that is ours."""
        partition = self._ledger.partitions.get(fact.tp)
        if partition is None or partition.epoch != fact.epoch:
            return
        for record in fact.records:
            if record.offset >= partition.frontier.next:
                self._take_record(partition, record)
        partition.frontier.pass_to(fact.next)
        partition.at_end = fact.at_end
        self._ledger.see_window(partition)

    def _take_record(self, partition: ActionsPartition, record: ActionsRecord) -> None:
        done = partition.progress.is_done(record.offset)
        partition.frontier.read(record.offset, is_open=not done)
        match record.said:
            case Unreadable() as why:
                if not done:
                    letter = unreadable_letter(partition.tp, record, why)
                    self._ledger.note(partition, record.offset, letter=letter)
                    self._ledger.tell(why)
            case Revoked() as revoked:
                self._revoke(partition, record.offset, revoked, done=done)
            case Action() as action:
                self._take_action(partition, record, action, done=done)

    def _take_action(
        self, partition: ActionsPartition, record: ActionsRecord, action: Action, *, done: bool
    ) -> None:
        if not record.redriven and action.action_id in partition.reported:
            partition.end(action.action_id, partition.reported[action.action_id])
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
            taken=self._ledger.now,
            due=action.not_before,
        )
        self._waiting.take_up(partition, delivery)
        if delivery.state is DeliveryState.HELD:
            self._ledger.tell_of("held", action)

    def _revoke(
        self, partition: ActionsPartition, offset: int, revoked: Revoked, *, done: bool
    ) -> None:
        delivery = partition.deliveries.get(revoked.action_id)
        if delivery is not None:
            # Whoever comes after us must read it as well, for as long as the action is open.
            delivery.revoked, delivery.revoked_at = revoked, (*delivery.revoked_at, offset)
            self._ledger.take_back(partition, delivery)
            return
        ending = partition.ending_of(revoked.action_id)
        reached = ending is Ending.DELIVERED or (ending is Ending.UNKNOWN and revoked.too_late)
        partition.end(revoked.action_id, Ending.REVOKED)
        if done or not reached:
            partition.frontier.close(offset)
            return
        self._ledger.note(
            partition, offset, outcome=outcome_of_revocation(revoked, self._ledger.now)
        )
        self._ledger.tell_of("revoked_too_late", revoked)
