"""What a slot does with what is said about addresses; docs/addresses.md has the whole."""

from __future__ import annotations

from msgspec.structs import replace

from legato.core.context.consent import key_of, stricter
from legato.core.context.context import ConsentRecord, Context
from legato.core.decisions.answering import change_reservation, withdrawn
from legato.core.decisions.asking import statuses
from legato.core.decisions.judges import Judges, nobody
from legato.core.decisions.revocation import revoke, withdraw
from legato.core.events.event import Event
from legato.core.identity.commands import (
    AddressAnswered,
    AddressCommand,
    AskAddress,
    RefusalHeard,
    ReservationChanged,
    WithdrawAction,
)
from legato.core.identity.customer_ids import Identify
from legato.core.identity.rules import IdentityRules
from legato.core.identity.state import HELD, NO_IDENTITY, IdentityState
from legato.core.linking.outbox import Outbox
from legato.core.linking.pending import keep
from legato.core.values.time import LONG_AGO, Instant


def judges_of(identify: Identify, rules: IdentityRules) -> Judges:
    """Return what names whom to ask about an address: nobody about a customer's own.

    Nobody is asked at all unless the rules say so. Devices are sent to whoever has them, and
    customers of trusted topics are named upstream.
    """
    if not rules.ask_addresses:
        return nobody

    def judges(context: Context, kind: str, value: str) -> tuple[str, ...]:
        if rules.is_device(kind) or not identify.is_name(context.customer_id):
            return ()
        names = identify.names_of(kind, value)
        members = (context.identity or NO_IDENTITY).members
        own = {context.customer_id, *members}
        own.update(former for each in members.values() for former in each.formers)
        return () if own & {*names} else names

    return judges


def take_address_command(
    desk: Outbox, context: Context, identity: IdentityState, command: AddressCommand
) -> None:
    """Do what is said about an address, or keep it, or send it to where the customer went."""
    if identity.pending is not None:
        keep(desk, context, identity, command)
    elif identity.forward:
        desk.sent.append(_passed_on(identity, command))
    elif elsewhere := _known_elsewhere(context, identity, command):
        desk.sent.append(elsewhere)
    elif not _is_of_nothing(context, command):
        _take_at_root(desk, context, command)
        playbook = desk.partition.playbook
        context.next_due = HELD if identity.pending_links else playbook.next_due(context)
        desk.store(context, identity)


def _passed_on(identity: IdentityState, command: AddressCommand) -> AddressCommand:
    """Address it to where the customer went; of a device, to any who ever had it.

    What it had asked went with the first whose login it heard of, who need not be the first.
    """
    if not isinstance(command, AddressAnswered | WithdrawAction):
        return replace(command, to=identity.forward)
    holders = (login.by for login in identity.device_logins)
    first, *others = dict.fromkeys((identity.forward, *holders, *command.also))
    return replace(command, to=first, also=tuple(others))


def _known_elsewhere(
    context: Context, identity: IdentityState, command: AddressCommand
) -> AddressCommand | None:
    """Address what is about an action that is not known here to who may know it."""
    if not isinstance(command, AddressAnswered | WithdrawAction):
        return None
    known = {each.action.action_id for each in context.asks}
    known |= {each.action_id for each in context.actions}
    if command.action_id in known:
        return None
    if command.also:
        return replace(command, to=command.also[0], also=command.also[1:])
    former = identity.split_from
    return replace(command, to=former) if former and former < context.customer_id else None


def _is_of_nothing(context: Context, command: AddressCommand) -> bool:
    """Is it about what was never allowed here? Then nobody needs a context for it."""
    return isinstance(command, ReservationChanged) and not (
        context.reserved or context.questions
    )


def _take_at_root(desk: Outbox, context: Context, command: AddressCommand) -> None:
    partition, before = desk.partition, statuses(context)
    match command:
        case AskAddress():
            others = (each for each in context.questions if each.action_id != command.action_id)
            context.questions = tuple(sorted((*others, command), key=_asked))
        case AddressAnswered():
            clock = LONG_AGO if partition.continuous else partition.clock
            partition.outputs += partition.asking.answer(context, command, clock)
        case WithdrawAction(action_id=name, reason=reason):
            said = Event(id="", type="identity.refused", channel="", time=command.time)
            partition.outputs += partition.asking.hear_no(context, name, reason)
            partition.outputs += withdraw(context, name, reason, said, partition.clock)
            partition.asking.settle(context, before, said)
        case ReservationChanged():
            change_reservation(context, command)
        case RefusalHeard():
            _refuse(desk, context, command)


def _asked(ask: AskAddress) -> tuple[Instant, str]:
    return ask.time, ask.action_id


def _refuse(desk: Outbox, context: Context, heard: RefusalHeard) -> None:
    """Know of a refusal that was said of an address, as if it had been said here."""
    key = key_of(heard.purpose, heard.channel, heard.brand)
    wish = ConsentRecord(heard.status, heard.time, heard.basis, heard.source, heard.proof)
    context.consents[key] = stricter(context.consents.get(key, wish), wish)
    said = Event(id="", type="consent.updated", channel="", time=heard.time)
    partition, before = desk.partition, statuses(context)
    partition.outputs += revoke(context, said, [], partition.clock)
    partition.asking.settle(context, before, said)
    partition.asking.commands += withdrawn(context, said)
