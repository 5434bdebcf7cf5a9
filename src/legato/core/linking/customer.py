"""A root is a customer: it waits for links, asks to be merged, takes others over."""

from __future__ import annotations

from msgspec.structs import replace

from legato.core.context.context import Context
from legato.core.context.retention import HELD_MOST, RELEASED_MOST, TOKENS_MOST
from legato.core.decisions.address_news import handed_over
from legato.core.decisions.asking import statuses
from legato.core.decisions.revocation import revoke_addressed
from legato.core.events.event import Event
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
from legato.core.identity.events import (
    CustomersMerged,
    IdentifierLinked,
    IdentifierSplit,
    MergeRefused,
)
from legato.core.identity.limits import within_bounds
from legato.core.identity.state import (
    HELD,
    NO_IDENTITY,
    DeviceLogin,
    IdentityState,
    ReleasedIdentifier,
)
from legato.core.linking.merge_request import note_asked, redirect_merge, request_merge
from legato.core.linking.outbox import Outbox, evidence_of, forget_released, with_settled
from legato.core.linking.outcomes import is_outcome
from legato.core.linking.refusals import members_with, refusal_reason, still_released
from legato.core.linking.rotation_moves import go_to_owner, together
from legato.core.linking.split_and_rebuild import take_correction
from legato.core.merge.merge import merge
from legato.core.values.time import NEVER, Instant


def take_at_root(
    desk: Outbox, context: Context, identity: IdentityState, command: IdentityCommand
) -> None:
    """Do what a command says to a customer."""
    match command:
        case DeferredEvent():
            _follow(desk, context, identity, command)
        case Link():
            _link(desk, context, identity, command)
        case Merge():
            _take_over(desk, context, identity, command)
        case LinkSettled():
            settled(desk, context, identity, command.token)
        case IdentifierReleased():
            _release(desk, context, identity, command)
        case Split() | Rebuilt():
            take_correction(desk, context, identity, command)
        case CustomerMoved() | Merged() | MergeDeclined():
            """Nothing that is to be done here, or any more."""


def _follow(
    desk: Outbox, context: Context, identity: IdentityState, command: DeferredEvent
) -> None:
    """Let the customer wait for the links that this event proves, then follow it."""
    awaits = (
        *identity.pending_links,
        *(each for each in command.tokens if each not in identity.settled_links),
    )
    early = tuple(each for each in identity.settled_links if each not in command.tokens)
    if (awaits, early) != (identity.pending_links, identity.settled_links):
        identity = replace(identity, pending_links=awaits, settled_links=early)
        context.next_due = HELD if awaits else context.next_due
        desk.store(context, identity)
    event = desk.codec.read_event(command.event)
    event.customer_id = context.customer_id
    if is_outcome(event):
        desk.sent.append(event)
        return
    desk.partition.feed(event, desk.partition.clock)
    context = desk.partition.context_of(context.customer_id)
    if identity.released:
        forget_released(desk.identify, context, identity)
    desk.forget_refused(context, identity)
    give_up(desk, context)


def give_up(desk: Outbox, context: Context) -> None:
    """Go on without a link if too much waits for it."""
    identity = context.identity or NO_IDENTITY
    if len(identity.pending_links) > TOKENS_MOST or (
        identity.pending_links and len(context.waiting) > HELD_MOST
    ):
        desk.stop_waiting(context, identity)


def settled(desk: Outbox, context: Context, identity: IdentityState, token: str) -> None:
    """Wait for one link less; remember one that is not waited for yet."""
    if token in identity.pending_links:
        awaits = tuple(each for each in identity.pending_links if each != token)
        desk.store_and_resume(context, replace(identity, pending_links=awaits))
    else:
        desk.store(context, with_settled(identity, token))
        if identity.split_from:
            desk.sent.append(LinkSettled(identity.split_from, token))


def _link(desk: Outbox, context: Context, identity: IdentityState, link: Link) -> None:
    """Ask to be merged into the other, unless there is no need or no right to."""
    name = context.customer_id
    if (
        link.target in (name, *identity.members)
        or identity.blocked
        or link.proof.time <= identity.split
    ):
        if identity.blocked and link.renames and not link.asker:
            desk.sent.append(Split(link.target, link.kind, link.proof.time, "fan_out"))
        desk.send_settled(link)
        return
    before, identity = identity, note_asked(desk.rules, identity, link)
    if not identity.blocked and _wants(desk, before, identity, link):
        if link.target < name or desk.rules.is_device(link.kind):
            request_merge(desk, context, identity, link)
            return
        redirect_merge(desk, link, (name, link.kind), (link.target, link.target_kind))
    else:
        desk.send_settled(link)
    desk.store(context, identity)
    if identity.blocked:
        desk.aliases[name] = Alias(blocked=True)
        desk.told.append(IdentifierSplit("", name, link.kind, "fan_out", link.proof.time))


def _wants(desk: Outbox, before: IdentityState, identity: IdentityState, link: Link) -> bool:
    """A device wants only its last claim, a person's identifier no one whom it has asked."""
    if desk.rules.is_device(link.kind) and not link.renames:
        return latest_login(identity.device_logins) == DeviceLogin(link.proof.time, link.target)
    return identity is not before or not link.direct


def _take_over(desk: Outbox, context: Context, identity: IdentityState, asked: Merge) -> None:
    """Merge another customer into this one, if they may be one."""
    name = context.customer_id
    before = identity.members.get(asked.origin)
    if before is not None and before.revision >= asked.revision:
        desk.sent.append(Merged(asked.origin, name, asked.revision))
        return
    members = members_with(name, identity, asked)
    if why := refusal_reason(desk, context, identity, members, asked):
        _refuse(desk, name, asked, *why)
        return
    identity = replace(
        identity,
        members=within_bounds(desk.rules, members),
        released=still_released(desk, identity.released, members),
        device_logins=together(identity.device_logins, asked.device_logins),
    )
    if asked.image:
        theirs = desk.codec.read_context(asked.image)
        held = theirs.identity or NO_IDENTITY
        context = _united(desk, context, theirs, asked.proof.time)
        identity = _await_both(desk, identity, held)
    desk.sent.append(Merged(asked.origin, name, asked.revision))
    _tell(desk, name, asked)
    if asked.owner:
        go_to_owner(desk, context, identity, asked)
    elif asked.token in identity.pending_links:
        settled(desk, context, identity, asked.token)
    else:
        desk.send_settled(asked)
        desk.store_and_resume(context, identity)


def _united(desk: Outbox, context: Context, theirs: Context, since: Instant) -> Context:
    """Merge two contexts, and tell what is taken back, also to those who had allowed it."""
    before = {**statuses(context), **statuses(theirs)}
    united, revoked = merge(desk.partition.playbook, context, theirs, since)
    desk.partition.outputs += revoked
    met = Event(id="", type="identity.merged", channel="", time=since)
    desk.partition.asking.settle(united, before, met)
    desk.partition.outputs += desk.partition.asking.forget(united, met)
    return united


def _await_both(desk: Outbox, identity: IdentityState, held: IdentityState) -> IdentityState:
    """Wait for what both waited for, and of which neither knows that it is settled."""
    early = (*dict.fromkeys((*identity.settled_links, *held.settled_links)),)
    awaits = (*dict.fromkeys((*identity.pending_links, *held.pending_links)),)
    return replace(
        identity,
        pending_links=tuple(each for each in awaits if each not in early),
        settled_links=tuple(each for each in early if each not in awaits)[-TOKENS_MOST:],
        released=still_released(
            desk, dict.fromkeys((*identity.released, *held.released)), identity.members
        ),
    )


def _refuse(desk: Outbox, name: str, asked: Merge, kind: str, reason: str) -> None:
    proof = asked.proof
    desk.sent.append(MergeDeclined(asked.origin, name, asked.revision, reason))
    desk.told.append(
        MergeRefused(name, asked.origin, kind, reason, proof.time, evidence_of(proof))
    )


def _tell(desk: Outbox, name: str, asked: Merge) -> None:
    proof, kind = asked.proof, asked.members[asked.origin].kind
    evidence = evidence_of(proof)
    desk.told.append(IdentifierLinked(name, asked.origin, kind, proof.time, evidence))
    if asked.image:
        members = tuple(sorted(asked.members))
        desk.told.append(CustomersMerged(name, asked.origin, members, proof.time, evidence))


def _release(
    desk: Outbox, context: Context, identity: IdentityState, released: IdentifierReleased
) -> None:
    """Forget an identifier that went to another; it is an address no more."""
    member = identity.members.get(released.name)
    own = released.target in (context.customer_id, *identity.members)
    if member is None or own or member.since > released.time:
        return
    gone = released.name, *member.formers
    members = {name: each for name, each in identity.members.items() if name not in gone}
    value = _value_of(desk, context, released)
    lost = ReleasedIdentifier(released.name, released.kind, value)
    others = [each for each in identity.released if each.name != released.name]
    identity = replace(identity, members=members, released=(*others[1 - RELEASED_MOST :], lost))
    forget_released(desk.identify, context, identity)
    _revoke_to(desk, context, released, [value])
    if value and desk.rules.ask_addresses and not desk.rules.is_device(released.kind):
        desk.partition.commands += handed_over(context, released.name, value)
    desk.store(context, identity)


def _value_of(desk: Outbox, context: Context, released: IdentifierReleased) -> str:
    """Find the value that bears a name: in the context, in what waits, where actions go.

    Of a customer's many devices a context knows the last few, and actions may go to others.
    """
    read = desk.codec.read_event
    waiting = (read(each.event).identifiers or {} for each in context.waiting)
    values = [
        *context.identifiers.get(released.kind, []),
        *(given[released.kind] for given in waiting if released.kind in given),
        *(taken.address for taken in context.actions),
    ]
    named = (
        value
        for value in values
        if released.name in desk.identify.names_of(released.kind, value)
    )
    return next(named, "")


def _revoke_to(
    desk: Outbox, context: Context, released: IdentifierReleased, gone: list[str]
) -> None:
    """Take back what waits for an address that was let go: another would read it."""
    line = desk.partition
    channels = frozenset(
        name
        for name, channel in line.playbook.channels.items()
        if released.kind in channel.identifiers
    )
    since = line.clock if released.time == NEVER else released.time
    line.outputs += revoke_addressed(context, channels, gone, since)
