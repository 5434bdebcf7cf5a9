"""How a device passes from its name under a former pepper to the one under a newer.

A person's two names are two identifiers of one customer, so a link does. A device follows
whoever logged in last, so only one of its names may have a say: the former one hands over
its claims and its owner, and from then on sends on all that it is told.
"""

from __future__ import annotations

from msgspec.structs import replace

from legato.core.context.context import Context
from legato.core.identity.alias_index import Alias
from legato.core.identity.commands import (
    AddressCommand,
    Command,
    CustomerMoved,
    DeferredEvent,
    FillPast,
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
from legato.core.identity.device_logins import add_login, latest_login
from legato.core.identity.state import (
    HELD,
    DeviceLogin,
    IdentityState,
    LinkedIdentifier,
    Pending,
)
from legato.core.linking.forwarding import send_on
from legato.core.linking.merge_request import ask, request_merge
from legato.core.linking.outbox import Outbox


def hand_over(desk: Outbox, context: Context, identity: IdentityState, link: Link) -> None:
    """Offer the newer name what is known of a device that is somebody's."""
    name, revision = context.customer_id, context.revision + 1
    last = latest_login(identity.device_logins)
    proof = replace(link.proof, time=last.time) if last is not None else link.proof
    pending = Pending(
        link.target,
        link.kind,
        link.target_kind,
        {name: LinkedIdentifier(link.kind, proof.time)},
        b"",
        revision,
        proof,
        link.asker,
        link.token,
        formers=link.formers,
        device_logins=identity.device_logins,
        owner=identity.forward,
    )
    desk.store(Context(name, revision, HELD), replace(identity, forward="", pending=pending))
    ask(desk, name, pending)


def be_renamed(
    desk: Outbox,
    context: Context,
    identity: IdentityState,
    pending: Pending,
    kept: tuple[Command, ...],
) -> None:
    """Lead to the newer name for good; tell it first what was told here, then what happened."""
    name, to = context.customer_id, pending.to
    identity = replace(identity, pending=None, forward=to, device_logins=(), renamed=True)
    desk.aliases[name] = Alias(to, pending.proof.time, renamed=True)
    for each in kept:
        if isinstance(each, AddressCommand | FillPast):
            desk.sent.append(replace(each, to=to))
        else:
            take_renamed(desk, name, identity, each)
    send_on(desk, context, identity, ())
    desk.store(context, identity)


def take_renamed(
    desk: Outbox, name: str, identity: IdentityState, command: IdentityCommand
) -> None:
    """Send all on to the newer name, whoever that belongs to."""
    match command:
        case CustomerMoved() | Merged() | MergeDeclined():
            """It leads where it leads for good, and asks nothing."""
        case Link() if command.target == identity.forward:
            desk.send_settled(command)
        case Link() if command.renames:
            newer, older = sorted((command.target, identity.forward))
            both = {newer: (older, name)}
            desk.sent.append(replace(command, to=older, target=newer, formers=both))
        case Link():
            formers = {
                identity.forward: (name, *command.formers.get(name, ())),
                **command.formers,
            }
            desk.sent.append(replace(command, to=identity.forward, formers=formers))
        case (
            DeferredEvent()
            | Merge()
            | LinkSettled()
            | IdentifierReleased()
            | Split()
            | Rebuilt()
        ):
            desk.sent.append(replace(command, to=identity.forward))


def go_to_owner(desk: Outbox, context: Context, identity: IdentityState, asked: Merge) -> None:
    """Be whose the former name was, which is taken over; unless there is a later claim."""
    last = latest_login(identity.device_logins)
    if last != latest_login(asked.device_logins):
        desk.sent.append(_gone(asked, last.by if last is not None else "", asked.proof.time))
        desk.send_settled(asked)
        desk.store_and_resume(context, identity)
        return
    request_merge(desk, context, identity, _claim_of(asked, context.customer_id))


def take_claims(desk: Outbox, context: Context, identity: IdentityState, asked: Merge) -> None:
    """Let a newer name that is somebody's learn what the former one knew.

    Whoever claimed last by all that both know has the device; the other must let it go.
    """
    claims = together(identity.device_logins, asked.device_logins)
    last, before = latest_login(claims), latest_login(identity.device_logins)
    desk.sent.append(Merged(asked.origin, context.customer_id, asked.revision))
    identity, former = replace(identity, device_logins=claims), identity.forward
    if asked.owner == former or last is None or last == before:
        if asked.owner != former:
            desk.sent.append(_gone(asked, former, asked.proof.time))
        desk.send_settled(asked)
        desk.store(context, identity)
        return
    name = context.customer_id
    gone = IdentifierReleased(former, name, asked.target_kind, asked.owner, last.time)
    desk.sent.append(gone)
    desk.aliases[name] = None
    root = Context(name, context.revision)
    request_merge(desk, root, replace(identity, forward=""), _claim_of(asked, name))


def together(
    ours: tuple[DeviceLogin, ...], theirs: tuple[DeviceLogin, ...]
) -> tuple[DeviceLogin, ...]:
    """Unite what two names of a device know."""
    for claim in theirs:
        ours = add_login(ours, claim)
    return ours


def _claim_of(asked: Merge, name: str) -> Link:
    return Link(
        name,
        asked.target_kind,
        asked.owner,
        "",
        asked.asker,
        asked.token,
        asked.proof,
        direct=False,
        formers=asked.formers,
    )


def _gone(asked: Merge, target: str, time: int) -> IdentifierReleased:
    """Tell the former name's owner that the device is another's by now."""
    kind = asked.members[asked.origin].kind
    return IdentifierReleased(asked.owner, asked.origin, kind, target, time)
