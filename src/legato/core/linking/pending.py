"""A pending slot asked to be merged: it keeps what comes until it is answered."""

from __future__ import annotations

from msgspec.structs import replace

from legato.core.context.context import Context
from legato.core.context.retention import KEPT_MOST
from legato.core.identity.alias_index import Alias
from legato.core.identity.commands import (
    Command,
    CustomerMoved,
    DeferredEvent,
    IdentifierReleased,
    IdentityCommand,
    Link,
    LinkSettled,
    Merge,
    Merged,
    MergeDeclined,
    Rebuilt,
    Split,
)
from legato.core.identity.device_logins import add_login
from legato.core.identity.state import NO_IDENTITY, DeviceLogin, IdentityState, Pending
from legato.core.linking.forwarding import send_on
from legato.core.linking.merge_request import ask
from legato.core.linking.outbox import Outbox
from legato.core.linking.outcomes import is_outcome
from legato.core.linking.rotation_moves import be_renamed

Kept = tuple[Command, ...]


def take_while_pending(
    desk: Outbox,
    context: Context,
    identity: IdentityState,
    pending: Pending,
    command: IdentityCommand,
) -> Kept:
    """Keep a command; once answered, return all that was kept, to be taken now."""
    match command:
        case Merged(revision=pending.revision):
            return _become_forwarder(desk, context, identity, pending, command.by)
        case MergeDeclined(revision=pending.revision, reason="busy"):
            ask(desk, context.customer_id, pending)
        case MergeDeclined(revision=pending.revision):
            return _stay(desk, context, identity, pending)
        case Merged() | MergeDeclined():
            """The answer to a question that is settled."""
        case Merge() if sum(map(len, pending.kept)) + len(command.image) > KEPT_MOST:
            busy = MergeDeclined(command.origin, context.customer_id, command.revision, "busy")
            desk.sent.append(busy)
        case (
            DeferredEvent()
            | Link()
            | Merge()
            | LinkSettled()
            | IdentifierReleased()
            | CustomerMoved()
            | Split()
            | Rebuilt()
        ):
            keep(desk, context, identity, command)
    return ()


def keep(desk: Outbox, context: Context, identity: IdentityState, command: Command) -> None:
    """Keep a command until the answer is there."""
    pending = identity.pending
    if pending is not None:
        kept = replace(pending, kept=(*pending.kept, desk.codec.write_command(command)))
        desk.store(context, replace(identity, pending=kept))


def _become_forwarder(
    desk: Outbox, context: Context, identity: IdentityState, pending: Pending, by: str
) -> Kept:
    """Be nothing but a forwarding address, and send on the events that waited."""
    name, kept = context.customer_id, _kept(desk, pending)
    if desk.rules.is_device(pending.kind) and name in pending.formers.get(pending.to, ()):
        be_renamed(desk, context, identity, pending, kept)
        return ()
    identity = replace(identity, pending=None, forward=by)
    desk.aliases[name] = Alias(by, pending.proof.time)
    send_on(desk, context, identity, _claims_with(desk, identity, kept))
    desk.store(context, identity)
    desk.sent += [
        CustomerMoved(member, name, by) for member in pending.members if member != name
    ]
    return kept


def _claims_with(desk: Outbox, identity: IdentityState, kept: Kept) -> tuple[DeviceLogin, ...]:
    """The claims of a device with those that came since it asked."""
    claims = identity.device_logins
    for each in kept:
        if isinstance(each, Link) and desk.rules.is_device(each.kind) and not each.renames:
            claims = add_login(claims, DeviceLogin(each.proof.time, each.target))
    return claims


def _stay(desk: Outbox, context: Context, identity: IdentityState, pending: Pending) -> Kept:
    """Be again what it was, and follow the events that waited."""
    waited = context.waiting
    name, image = context.customer_id, pending.image
    back = desk.codec.read_context(image) if image else Context(name)
    held = back.identity or NO_IDENTITY
    back.revision = context.revision
    identity = replace(
        identity,
        pending=None,
        members=pending.members,
        pending_links=held.pending_links,
        settled_links=held.settled_links,
        released=held.released,
    )
    desk.store_and_resume(back, identity)
    desk.send_settled(pending)
    for event in map(desk.codec.read_event, (each.event for each in waited)):
        if is_outcome(event):
            desk.sent.append(event)
        else:
            desk.partition.feed(event, desk.partition.clock)
    return _kept(desk, pending)


def _kept(desk: Outbox, pending: Pending) -> Kept:
    return tuple(map(desk.codec.read_command, pending.kept))
