"""A forwarder says where its customer went, and answers for the identifier of its name."""

from __future__ import annotations

from msgspec.structs import replace

from legato.core.context.context import Context
from legato.core.identity.alias_index import Alias
from legato.core.identity.commands import (
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
from legato.core.identity.device_logins import latest_login
from legato.core.identity.events import IdentifierSplit
from legato.core.identity.state import DeviceLogin, IdentityState
from legato.core.linking.forwarding import target
from legato.core.linking.merge_request import note_asked, redirect_merge, request_merge
from legato.core.linking.outbox import Outbox, with_settled
from legato.core.linking.outcomes import when_it_counts
from legato.core.linking.rotation_moves import hand_over, take_claims
from legato.core.values.time import NEVER


def take_forwarded(
    desk: Outbox, context: Context, identity: IdentityState, command: IdentityCommand
) -> None:
    """Send a command on, or do what it says to the identifier."""
    match command:
        case Link():
            _link(desk, context, identity, command)
        case CustomerMoved():
            _move(desk, context, identity, command)
        case Split():
            _split(desk, context, identity, command)
        case DeferredEvent():
            time = when_it_counts(desk.codec.read_event(command.event))
            desk.sent.append(
                replace(command, to=target(identity, identity.device_logins, time))
            )
        case Merge() if command.owner:
            take_claims(desk, context, identity, command)
        case Merge() | LinkSettled() | IdentifierReleased() | Rebuilt():
            _pass_on(desk, context, identity, command)
        case Merged() | MergeDeclined():
            """The answer to a question that is settled."""


def _pass_on(
    desk: Outbox,
    context: Context,
    identity: IdentityState,
    command: Merge | LinkSettled | IdentifierReleased | Rebuilt,
) -> None:
    """Send it to where the customer is; whoever waits for a link may come here still."""
    if isinstance(command, LinkSettled):
        desk.store(context, with_settled(identity, command.token))
    desk.sent.append(replace(command, to=identity.forward))


def _link(desk: Outbox, context: Context, identity: IdentityState, link: Link) -> None:
    name, device = context.customer_id, desk.rules.is_device(link.kind)
    if device and link.renames:
        hand_over(desk, context, identity, link)
        return
    same = link.target in (identity.forward, name) and not device
    if same or link.proof.time <= identity.split:
        desk.send_settled(link)
        return
    before, identity = identity, note_asked(desk.rules, identity, link)
    if identity.blocked:
        _block(desk, context, identity, link)
    elif device and _is_taken(before, identity, link):
        gone = IdentifierReleased(
            identity.forward, name, link.kind, link.target, link.proof.time
        )
        _part(desk, identity, gone, context.revision)
        root = desk.partition.context_of(name)
        request_merge(desk, root, root.identity or identity, link)
    else:
        desk.store(context, identity)
        if not device and (identity is not before or not link.direct):
            redirect_merge(desk, link, (identity.forward, ""), (link.target, link.target_kind))
        else:
            desk.send_settled(link)


def _is_taken(before: IdentityState, identity: IdentityState, link: Link) -> bool:
    """Does this claim take a device from whoever had it? Only the latest one does."""
    had = latest_login(before.device_logins)
    by_another = had is not None and link.target not in (had.by, identity.forward)
    return by_another and latest_login(identity.device_logins) == DeviceLogin(
        link.proof.time, link.target
    )


def _part(
    desk: Outbox, identity: IdentityState, released: IdentifierReleased, revision: int
) -> None:
    """Become a root again, with nothing in it, and tell the customer who had it."""
    name = released.name
    desk.sent.append(released)
    desk.aliases[name] = Alias(blocked=True) if identity.blocked else None
    desk.store(
        Context(name, revision), replace(identity, forward="", split_from=identity.forward)
    )


def _split(desk: Outbox, context: Context, identity: IdentityState, split: Split) -> None:
    """End the link of an identifier; claims and proofs from before no longer count."""
    if split.reason == "logged_out":
        _log_out(desk, context, identity, split)
        return
    former, name = identity.forward, context.customer_id
    blocked = identity.blocked or split.reason == "fan_out"
    since = max(identity.split, split.time)
    identity = replace(identity, device_logins=(), asked=(), blocked=blocked, split=since)
    _part(
        desk,
        identity,
        IdentifierReleased(former, name, split.kind, "", NEVER),
        context.revision,
    )
    desk.told.append(IdentifierSplit(former, name, split.kind, split.reason, split.time))


def _log_out(desk: Outbox, context: Context, identity: IdentityState, split: Split) -> None:
    """Be nobody's device, unless somebody has logged in there since."""
    last = latest_login(identity.device_logins)
    if last is not None and last.time > split.time:
        return
    former, name = identity.forward, context.customer_id
    identity = replace(identity, device_logins=(), split=max(identity.split, split.time))
    released = IdentifierReleased(former, name, split.kind, "", split.time)
    _part(desk, identity, released, context.revision)
    desk.told.append(IdentifierSplit(former, name, split.kind, split.reason, split.time))


def _block(desk: Outbox, context: Context, identity: IdentityState, link: Link) -> None:
    """Too many share it, so it shows nobody: end its link, and make none any more."""
    former, name = identity.forward, context.customer_id
    identity = replace(identity, device_logins=())
    _part(
        desk, identity, IdentifierReleased(former, name, link.kind, "", NEVER), context.revision
    )
    desk.told.append(IdentifierSplit(former, name, link.kind, "fan_out", link.proof.time))
    desk.send_settled(link)


def _move(
    desk: Outbox, context: Context, identity: IdentityState, moved: CustomerMoved
) -> None:
    """Its customer was merged: lead to where they are now."""
    if identity.forward == moved.origin:
        since = identity.device_logins[-1].time if identity.device_logins else 0
        desk.aliases[context.customer_id] = Alias(moved.by, since)
        desk.store(context, replace(identity, forward=moved.by))
