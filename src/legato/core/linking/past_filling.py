"""What a slot does with what the log tells of its past; docs/conditions.md says what for."""

from __future__ import annotations

from msgspec.structs import replace

from legato.core.context.context import Context
from legato.core.context.past import Stores, fill_past, stores_of
from legato.core.identity.commands import FillPast
from legato.core.identity.state import HELD, IdentityState
from legato.core.linking.outbox import Outbox
from legato.core.linking.pending import keep
from legato.core.values.time import LONG_AGO


def take_past(
    desk: Outbox, context: Context, identity: IdentityState, command: FillPast
) -> None:
    """Fill the stores of a customer, or keep that, or send it to where the customer went."""
    if identity.pending is not None:
        keep(desk, context, identity, command)
    elif identity.forward:
        desk.sent.append(replace(command, to=identity.forward))
    elif context.touched != LONG_AGO:
        _fill(desk, context, identity, command)


def _fill(desk: Outbox, context: Context, identity: IdentityState, command: FillPast) -> None:
    """Know more of the past, and tell nothing of it."""
    partition = desk.partition
    playbook, told = partition.playbook, _told_by(desk, identity, command)
    whole = {context.customer_id, *identity.members} <= {*command.names}
    filled = fill_past(playbook.past, context, told, command.until, whole=whole)
    if not filled:
        return
    for situation in playbook.situations:
        situation.take_anew(context, filled, partition.clock)
    context.next_due = HELD if identity.pending_links else playbook.next_due(context)
    partition.replace(context)


def _told_by(desk: Outbox, identity: IdentityState, command: FillPast) -> Stores:
    """Read the stores; what was before a split lies with whom it was split from."""
    stores = stores_of(desk.codec.read_context(command.image))
    for store in stores.values():
        if identity.split != LONG_AGO:
            store.since = max(store.since, identity.split + 1)
    return stores
