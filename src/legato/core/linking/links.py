"""Takes what a partition is told about identity, and says what to tell others.

A slot is a context. A *root* is a customer; a *pending* one asked to be merged and keeps what
comes; a *forwarder* says where its customer went. The latter two hold nothing but that, and
are `HELD`, so that the line lets every event of theirs wait and pays nothing for it.
"""

from __future__ import annotations

from typing import cast

from legato.core.events.event import Event
from legato.core.identity.commands import (
    ADDRESS_COMMANDS,
    AddressCommand,
    Command,
    FillPast,
    IdentityCommand,
)
from legato.core.identity.state import HELD, NO_IDENTITY
from legato.core.linking.addresses import take_address_command
from legato.core.linking.customer import give_up, take_at_root
from legato.core.linking.forwarder import take_forwarded
from legato.core.linking.forwarding import send_on
from legato.core.linking.outbox import Outbox
from legato.core.linking.outcomes import for_the_former, is_outcome
from legato.core.linking.past_filling import take_past
from legato.core.linking.pending import take_while_pending
from legato.core.linking.rotation_moves import take_renamed
from legato.core.values.results import WAITING, Ignored, Rejected


class IdentityLinker(Outbox):
    """The links of one partition, over the contexts that it holds.

    After each call, `sent` holds what goes to other slots (also of this partition) in order,
    `aliases` what identifiers lead to now, `told` what is to be said. The caller takes and
    clears them, together with what the partition holds.
    """

    def take(self, command: Command) -> None:
        """Do what a command says, or keep it, or send it on."""
        context = self.partition.context_of(command.to)
        identity = context.identity or NO_IDENTITY
        if type(command) in ADDRESS_COMMANDS:
            take_address_command(self, context, identity, cast("AddressCommand", command))
            return
        if type(command) is FillPast:
            take_past(self, context, identity, command)
            return
        command = cast("IdentityCommand", command)
        if identity.pending is not None:
            for kept in take_while_pending(self, context, identity, identity.pending, command):
                self.take(kept)
        elif identity.renamed:
            take_renamed(self, command.to, identity, command)
        elif identity.forward:
            take_forwarded(self, context, identity, command)
        else:
            take_at_root(self, context, identity, command)

    def route(
        self, event: Event, answer: Rejected | Ignored | None
    ) -> Rejected | Ignored | None:
        """See to an event that the line did not follow; None if there is no more to do.

        It may wait for an answer about its customer. An outcome may be of an action that
        stayed with whom its customer parted from.
        """
        if answer is WAITING:
            self._waits(event.customer_id)
        elif isinstance(answer, Rejected) and is_outcome(event):
            sent = for_the_former(self.partition.context_of(event.customer_id), event)
            if sent is not None:
                self.sent.append(sent)
                return None
        return answer

    def _waits(self, customer_id: str) -> None:
        """The line let an event wait: a forwarder sends it on, and nobody waits for ever."""
        context = self.partition.context_of(customer_id)
        identity = context.identity
        if identity is None or context.next_due != HELD:
            return
        if identity.forward:
            send_on(self, context, identity, identity.device_logins)
            self.partition.replace(context)
        elif identity.pending is None:
            give_up(self, context)
