"""A root is a customer: it waits for links, asks to be merged, takes others over."""

from __future__ import annotations

from msgspec.structs import replace

from legato.core.context.context import Context
from legato.core.decisions.revocation import revoke_addressed
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
from legato.core.identity.device_logins import latest
from legato.core.identity.events import ConflictTold, LinkTold, MergeTold, SplitTold
from legato.core.identity.limits import within_bounds
from legato.core.identity.state import HELD, NO_KIN, Claim, Kin, Lost
from legato.core.linking.merge_request import note_asked, offer, turn
from legato.core.linking.outbox import TOKENS_MOST, Desk, evidence_of, forget_lost, with_early
from legato.core.linking.outcomes import is_outcome
from legato.core.linking.refusals import members_with, still_lost, why_not
from legato.core.linking.rotation_moves import go_to_owner, together
from legato.core.linking.split_and_rebuild import take_correction
from legato.core.merge.merge import merge
from legato.core.values.time import NEVER

HELD_MOST = 500
"""How many events wait for a link before the customer goes on without it."""
LOST_MOST = 16


def take_at_root(desk: Desk, context: Context, kin: Kin, command: Command) -> None:
    """Do what a command says to a customer."""
    match command:
        case Follow():
            _follow(desk, context, kin, command)
        case Link():
            _link(desk, context, kin, command)
        case Merge():
            _take_over(desk, context, kin, command)
        case Settled():
            settled(desk, context, kin, command.token)
        case Released():
            _release(desk, context, kin, command)
        case Split() | Rebuilt():
            take_correction(desk, context, kin, command)
        case Moved() | Merged() | Refused():
            """Nothing that is to be done here, or any more."""


def _follow(desk: Desk, context: Context, kin: Kin, command: Follow) -> None:
    """Let the customer wait for the links that this event proves, then follow it."""
    awaits = (*kin.awaits, *(each for each in command.tokens if each not in kin.early))
    early = tuple(each for each in kin.early if each not in command.tokens)
    if (awaits, early) != (kin.awaits, kin.early):
        kin = replace(kin, awaits=awaits, early=early)
        context.next_due = HELD if awaits else context.next_due
        desk.keep(context, kin)
    event = desk.codec.read_event(command.event)
    event.customer_id = context.customer_id
    if is_outcome(event):
        desk.sent.append(event)
        return
    desk.partition.feed(event, desk.partition.clock)
    context = desk.partition.look_up(context.customer_id)
    if kin.lost:
        forget_lost(desk.identify, context, kin)
    give_up(desk, context)


def give_up(desk: Desk, context: Context) -> None:
    """Go on without a link if too much waits for it."""
    kin = context.identity or NO_KIN
    if len(kin.awaits) > TOKENS_MOST or (kin.awaits and len(context.waiting) > HELD_MOST):
        desk.let_go(context, kin)


def settled(desk: Desk, context: Context, kin: Kin, token: str) -> None:
    """Wait for one link less; remember one that is not waited for yet."""
    if token in kin.awaits:
        awaits = tuple(each for each in kin.awaits if each != token)
        desk.go_on(context, replace(kin, awaits=awaits))
    else:
        desk.keep(context, with_early(kin, token))
        if kin.parted:
            desk.sent.append(Settled(kin.parted, token))


def _link(desk: Desk, context: Context, kin: Kin, link: Link) -> None:
    """Ask to be merged into the other, unless there is no need or no right to."""
    name = context.customer_id
    if link.hub in (name, *kin.members) or kin.blocked or link.proof.time <= kin.split:
        if kin.blocked and link.renames:
            desk.sent.append(Split(link.hub, link.kind, link.proof.time, "fan_out"))
        desk.settle(link)
        return
    before, kin = kin, note_asked(desk.rules, kin, link)
    if not kin.blocked and _wants(desk, before, kin, link):
        if link.hub < name or desk.rules.is_device(link.kind):
            offer(desk, context, kin, link)
            return
        turn(desk, link, (name, link.kind), (link.hub, link.hub_kind))
    else:
        desk.settle(link)
    desk.keep(context, kin)
    if kin.blocked:
        desk.aliases[name] = Alias(blocked=True)
        desk.told.append(SplitTold("", name, link.kind, "fan_out", link.proof.time))


def _wants(desk: Desk, before: Kin, kin: Kin, link: Link) -> bool:
    """A device wants only its last claim, a person's identifier no one whom it has asked."""
    if desk.rules.is_device(link.kind) and not link.renames:
        return latest(kin.claims) == Claim(link.proof.time, link.hub)
    return kin is not before or not link.direct


def _take_over(desk: Desk, context: Context, kin: Kin, asked: Merge) -> None:
    """Merge another customer into this one, if they may be one."""
    name = context.customer_id
    before = kin.members.get(asked.origin)
    if before is not None and before.revision >= asked.revision:
        desk.sent.append(Merged(asked.origin, name, asked.revision))
        return
    members = members_with(name, kin, asked)
    if why := why_not(desk, context, kin, members, asked):
        _refuse(desk, name, asked, *why)
        return
    kin = replace(
        kin,
        members=within_bounds(desk.rules, members),
        lost=still_lost(desk, kin.lost, members),
        claims=together(kin.claims, asked.claims),
    )
    if asked.image:
        theirs = desk.codec.read_context(asked.image)
        held = theirs.identity or NO_KIN
        context, revoked = merge(desk.partition.playbook, context, theirs, asked.proof.time)
        desk.partition.outputs += revoked
        kin = _await_both(desk, kin, held)
    desk.sent.append(Merged(asked.origin, name, asked.revision))
    _tell(desk, name, asked)
    if asked.owner:
        go_to_owner(desk, context, kin, asked)
    elif asked.token in kin.awaits:
        settled(desk, context, kin, asked.token)
    else:
        desk.settle(asked)
        desk.go_on(context, kin)


def _await_both(desk: Desk, kin: Kin, held: Kin) -> Kin:
    """Wait for what both waited for, and of which neither knows that it is settled."""
    early = (*dict.fromkeys((*kin.early, *held.early)),)
    awaits = (*dict.fromkeys((*kin.awaits, *held.awaits)),)
    return replace(
        kin,
        awaits=tuple(each for each in awaits if each not in early),
        early=tuple(each for each in early if each not in awaits)[-TOKENS_MOST:],
        lost=still_lost(desk, dict.fromkeys((*kin.lost, *held.lost)), kin.members),
    )


def _refuse(desk: Desk, name: str, asked: Merge, kind: str, reason: str) -> None:
    proof = asked.proof
    desk.sent.append(Refused(asked.origin, name, asked.revision, reason))
    desk.told.append(
        ConflictTold(name, asked.origin, kind, reason, proof.time, evidence_of(proof))
    )


def _tell(desk: Desk, name: str, asked: Merge) -> None:
    proof, kind = asked.proof, asked.members[asked.origin].kind
    evidence = evidence_of(proof)
    desk.told.append(LinkTold(name, asked.origin, kind, proof.time, evidence))
    if asked.image:
        members = tuple(sorted(asked.members))
        desk.told.append(MergeTold(name, asked.origin, members, proof.time, evidence))


def _release(desk: Desk, context: Context, kin: Kin, released: Released) -> None:
    """Forget an identifier that went to another; it is an address no more."""
    member = kin.members.get(released.name)
    own = released.hub in (context.customer_id, *kin.members)
    if member is None or own or member.since > released.time:
        return
    gone = released.name, *member.formers
    members = {name: each for name, each in kin.members.items() if name not in gone}
    value = _value_of(desk, context, released)
    lost = Lost(released.name, released.kind, value)
    others = [each for each in kin.lost if each.name != released.name]
    kin = replace(kin, members=members, lost=(*others[1 - LOST_MOST :], lost))
    forget_lost(desk.identify, context, kin)
    _revoke_to(desk, context, released, [value])
    desk.keep(context, kin)


def _value_of(desk: Desk, context: Context, released: Released) -> str:
    """Find the value that bears a name, in the context or in what still waits."""
    read = desk.codec.read_event
    waiting = (read(each.event).identifiers or {} for each in context.waiting)
    values = [
        *context.identifiers.get(released.kind, []),
        *(given[released.kind] for given in waiting if released.kind in given),
    ]
    named = (
        value
        for value in values
        if released.name in desk.identify.names_of(released.kind, value)
    )
    return next(named, "")


def _revoke_to(desk: Desk, context: Context, released: Released, gone: list[str]) -> None:
    """Take back what waits for an address that was let go: another would read it."""
    line = desk.partition
    channels = frozenset(
        name
        for name, channel in line.playbook.channels.items()
        if released.kind in channel.identifiers
    )
    since = line.clock if released.time == NEVER else released.time
    line.outputs += revoke_addressed(context, channels, gone, since)
