"""A pending slot asked to be merged: it keeps what comes until it is answered."""

from __future__ import annotations

from msgspec.structs import replace

from legato.core.context.context import Context
from legato.core.identity.alias_index import Alias
from legato.core.identity.commands import (
    Command,
    Follow,
    Link,
    Merge,
    Merged,
    Moved,
    Rebuilt,
    Refused,
    Released,
    Settled,
    Split,
)
from legato.core.identity.device_logins import add_claim
from legato.core.identity.state import NO_KIN, Claim, Kin, Pending
from legato.core.linking.forwarding import send_on
from legato.core.linking.merge_request import ask
from legato.core.linking.outbox import Desk
from legato.core.linking.outcomes import is_outcome
from legato.core.linking.rotation_moves import be_renamed

KEPT_MOST = 128 * 1024
"""Bytes of commands that a pending slot keeps before merges must be asked again."""
Kept = tuple[Command, ...]


def take_while_pending(
    desk: Desk, context: Context, kin: Kin, pending: Pending, command: Command
) -> Kept:
    """Keep a command; once answered, return all that was kept, to be taken now."""
    match command:
        case Merged(revision=pending.revision):
            return _become_forwarder(desk, context, kin, pending, command.by)
        case Refused(revision=pending.revision, reason="busy"):
            ask(desk, context.customer_id, pending)
        case Refused(revision=pending.revision):
            return _stay(desk, context, kin, pending)
        case Merged() | Refused():
            """The answer to a question that is settled."""
        case Merge() if sum(map(len, pending.kept)) + len(command.image) > KEPT_MOST:
            busy = Refused(command.origin, context.customer_id, command.revision, "busy")
            desk.sent.append(busy)
        case (
            Follow() | Link() | Merge() | Settled() | Released() | Moved() | Split() | Rebuilt()
        ):
            kept = replace(pending, kept=(*pending.kept, desk.codec.write_command(command)))
            desk.keep(context, replace(kin, pending=kept))
    return ()


def _become_forwarder(
    desk: Desk, context: Context, kin: Kin, pending: Pending, by: str
) -> Kept:
    """Be nothing but a forwarding address, and send on the events that waited."""
    name, kept = context.customer_id, _kept(desk, pending)
    if desk.rules.is_device(pending.kind) and name in pending.formers.get(pending.to, ()):
        be_renamed(desk, context, kin, pending, kept)
        return ()
    kin = replace(kin, pending=None, forward=by)
    desk.aliases[name] = Alias(by, pending.proof.time)
    send_on(desk, context, kin, _claims_with(desk, kin, kept))
    desk.keep(context, kin)
    desk.sent += [Moved(member, name, by) for member in pending.members if member != name]
    return kept


def _claims_with(desk: Desk, kin: Kin, kept: Kept) -> tuple[Claim, ...]:
    """The claims of a device with those that came since it asked."""
    claims = kin.claims
    for each in kept:
        if isinstance(each, Link) and desk.rules.is_device(each.kind) and not each.renames:
            claims = add_claim(claims, Claim(each.proof.time, each.hub))
    return claims


def _stay(desk: Desk, context: Context, kin: Kin, pending: Pending) -> Kept:
    """Be again what it was, and follow the events that waited."""
    waited = context.waiting
    name, image = context.customer_id, pending.image
    back = desk.codec.read_context(image) if image else Context(name)
    held = back.identity or NO_KIN
    back.revision = context.revision
    kin = replace(
        kin,
        pending=None,
        members=pending.members,
        awaits=held.awaits,
        early=held.early,
        lost=held.lost,
    )
    desk.go_on(back, kin)
    desk.settle(pending)
    for event in map(desk.codec.read_event, (each.event for each in waited)):
        if is_outcome(event):
            desk.sent.append(event)
        else:
            desk.partition.feed(event, desk.partition.clock)
    return _kept(desk, pending)


def _kept(desk: Desk, pending: Pending) -> Kept:
    return tuple(map(desk.codec.read_command, pending.kept))
