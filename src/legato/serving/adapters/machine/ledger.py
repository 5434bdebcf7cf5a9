"""What the parts of the machine share: partitions, time, and what Kafka is to keep."""

from __future__ import annotations

from itertools import count

from msgspec import Struct

from legato.core.values.outputs import Action, Revoked
from legato.core.values.results import Unreadable
from legato.core.values.time import MINUTE, SECOND, Instant, Span
from legato.serving.adapters.machine.commands import (
    AdapterCommand,
    DeliveryResult,
    Letter,
    PauseReading,
    ResumeReading,
    Store,
    TellResult,
    What,
)
from legato.serving.adapters.machine.delivery import Delivery, DeliveryState
from legato.serving.adapters.machine.ending import Ending
from legato.serving.adapters.machine.endings import outcome_of
from legato.serving.adapters.machine.facts import TP
from legato.serving.adapters.machine.partition import ActionsPartition
from legato.wire.topics.holds import Release
from legato.wire.topics.outcomes import Outcome, Status

HOLD_AFTER: Span = 10 * MINUTE
"""What waits longer than this lets the offset pass, once it is on `adapter.holds`."""
WINDOW_LEAST = 50
SOON: Span = 10 * SECOND
"""What is due within this is not put away, however full the window is."""


class DeliveryLimits(Struct, frozen=True):
    """How many at once, how many tries, how many wait in memory, and how long."""

    concurrency: int = 20
    attempts: int = 8
    window: int = 10_000
    hold_after: Span = HOLD_AFTER


class Ledger:
    """Writes down what becomes of actions; a ticket names what is under way, once."""

    def __init__(self, limits: DeliveryLimits) -> None:
        self.limits = limits
        self.partitions: dict[TP, ActionsPartition] = {}
        self.now: Instant = 0
        self.stores: dict[int, Delivery] = {}
        self.notes: dict[int, tuple[TP, int]] = {}
        self._tickets = count(1)
        self._said: list[AdapterCommand] = []

    def say(self, command: AdapterCommand) -> None:
        """Have something done."""
        self._said.append(command)

    def take_commands(self) -> list[AdapterCommand]:
        """Hand over what was said."""
        said, self._said = self._said, []
        return said

    def next_ticket(self) -> int:
        """Name something that is under way from now on."""
        return next(self._tickets)

    def forget(self, tps: set[TP]) -> None:
        """What is written for these partitions is of no interest any more."""
        self.stores = {at: each for at, each in self.stores.items() if each.tp not in tps}
        self.notes = {at: each for at, each in self.notes.items() if each[0] not in tps}

    @property
    def window(self) -> int:
        """How many must wait before any is sent of a partition not read to its end."""
        return max(self.limits.window // max(len(self.partitions), 1), WINDOW_LEAST)

    def see_window(self, partition: ActionsPartition) -> None:
        """Stop reading where enough wait; what is not due soon need not wait in memory."""
        share = self.window
        if not partition.is_caught_up:
            # Nothing could be committed of it, so nothing may be sent: read on.
            return
        if not partition.paused and partition.waits >= share + share // 4:
            partition.paused = True
            self.say(PauseReading(partition.tp))
            for delivery in [*partition.by_offset.values()]:
                if delivery.due - self.now > SOON:
                    self.spill(delivery)
        elif partition.paused and partition.waits < share + share // 8:
            partition.paused = False
            self.say(ResumeReading(partition.tp))

    def outcome(self, delivery: Delivery, status: Status, reason: str = "") -> Outcome:
        """Make the report on an action."""
        return outcome_of(delivery.action, status, self.now, reason)

    def end(self, delivery: Delivery, *outcomes: Outcome, letter: Letter | None = None) -> None:
        """Have it written what became of an action; once it is, it is done with."""
        delivery.state = DeliveryState.ENDING
        since = self.partitions[delivery.tp].epoch
        release = Release(delivery.key, since) if delivery.spilled else None
        ticket = self._ticket_of(delivery)
        self.say(Store(ticket, outcomes, letter, release=release))

    def fail(self, delivery: Delivery, reason: str = "", letter: Letter | None = None) -> None:
        """End an action that never will be delivered; a `letter` says why by itself."""
        self.tell_of("failed", delivery.action)
        delivery.ending = Ending.FAILED if delivery.revoked is None else Ending.REVOKED
        told = letter.why.reason if letter is not None else reason
        self.end(delivery, self.outcome(delivery, "failed", told), letter=letter)

    def spill(self, delivery: Delivery) -> None:
        """Put it on `adapter.holds`, or write there how it stands with it now."""
        if delivery.is_working or not delivery.is_open:
            return
        delivery.storing = True
        hold = delivery.hold(self.partitions[delivery.tp].epoch)
        self.say(Store(self._ticket_of(delivery), hold=hold))

    def spill_if_long(self, delivery: Delivery, until: Instant) -> None:
        """Let no action keep the offset back for longer than it may."""
        if until - delivery.taken > self.limits.hold_after and not delivery.spilled:
            self.spill(delivery)

    def note(
        self,
        partition: ActionsPartition,
        offset: int = -1,
        *,
        outcome: Outcome | None = None,
        letter: Letter | None = None,
        release: Release | None = None,
    ) -> None:
        """Have something written for a record that is no open action."""
        ticket = self.next_ticket()
        self.notes[ticket] = partition.tp, offset
        self.say(Store(ticket, (outcome,) if outcome else (), letter, release=release))

    def take_back(self, partition: ActionsPartition, delivery: Delivery) -> None:
        """End it at once, unless something of it is under way: then once that is over."""
        if delivery.is_working:
            return
        self.tell_of("revoked", delivery.action)
        delivery.ending = Ending.REVOKED
        if delivery.spilled:
            self.end(delivery)
        else:
            self.finish(partition, delivery)

    def finish(self, partition: ActionsPartition, delivery: Delivery) -> None:
        """It is done with: the offset may pass, and whoever stands behind it may go."""
        delivery.state = DeliveryState.ENDED
        partition.end(delivery.action.action_id, delivery.ending)
        partition.remove(delivery)
        partition.free(delivery)
        self.see_window(partition)

    def tell(self, result: DeliveryResult | Unreadable) -> None:
        """Tell whoever watches."""
        self.say(TellResult(result))

    def tell_of(self, what: What, of: Action | Revoked) -> None:
        """Tell whoever watches what became of an action."""
        self.tell(DeliveryResult(what, of, self.now))

    def _ticket_of(self, delivery: Delivery) -> int:
        ticket = self.next_ticket()
        self.stores[ticket] = delivery
        return ticket
