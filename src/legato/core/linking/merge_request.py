"""How a customer asks to be merged: it sends itself, and does nothing until the answer."""

from __future__ import annotations

from msgspec.structs import replace

from legato.core.context.context import Context
from legato.core.identity.commands import Link, Merge
from legato.core.identity.device_logins import add_login
from legato.core.identity.limits import fans_out
from legato.core.identity.rules import IdentityRules
from legato.core.identity.state import (
    HELD,
    NO_IDENTITY,
    DeviceLogin,
    IdentityState,
    LinkedIdentifier,
    Pending,
)
from legato.core.linking.outbox import Outbox


def request_merge(desk: Outbox, context: Context, identity: IdentityState, link: Link) -> None:
    """Set the context aside, send a copy, and keep what comes from now on."""
    name, revision = context.customer_id, context.revision + 1
    own = identity.members.get(name) or LinkedIdentifier(link.kind, link.proof.time)
    known = (*own.formers, *link.formers.get(name, ()))
    own = replace(own, formers=(*dict.fromkeys(known),))
    own_part = IdentityState(
        pending_links=identity.pending_links,
        settled_links=identity.settled_links,
        released=identity.released,
    )
    context.identity = own_part if own_part != NO_IDENTITY else None
    image = desk.codec.write_context(context) if _knows_anything(context) else b""
    pending = Pending(
        link.target,
        link.kind,
        link.target_kind,
        {**identity.members, name: own},
        image,
        revision,
        link.proof,
        link.asker,
        link.token,
        formers=link.formers,
        device_logins=identity.device_logins if link.renames else (),
    )
    identity = replace(identity, members={}, pending_links=(), released=(), pending=pending)
    desk.store(Context(name, revision, HELD), identity)
    ask(desk, name, pending)


def _knows_anything(context: Context) -> bool:
    """Is there anything to bring along, be it only what others told of it: a refusal, say?"""
    return context != Context(context.customer_id, context.revision, context.next_due)


def ask(desk: Outbox, name: str, pending: Pending) -> None:
    """Send the question, for the first time or again."""
    desk.sent.append(
        Merge(
            pending.to,
            name,
            pending.to,
            pending.target_kind,
            pending.members,
            pending.image,
            pending.revision,
            pending.asker,
            pending.token,
            pending.proof,
            pending.formers,
            pending.device_logins,
            pending.owner,
        )
    )


def redirect_merge(
    desk: Outbox, link: Link, one: tuple[str, str], other: tuple[str, str]
) -> None:
    """Of two customers (name and type), let the worse-named one ask the better-named one."""
    (target, target_kind), (loser, kind) = sorted((one, other))
    desk.sent.append(
        replace(link, to=loser, kind=kind, target=target, target_kind=target_kind, direct=False)
    )


def note_asked(rules: IdentityRules, identity: IdentityState, link: Link) -> IdentityState:
    """Note who wants an identifier; too many of one type block it.

    For a person's identifier it is the same again if that was known, or is not direct. Its
    own newer name is no customer who wants it, and claims no device.
    """
    if rules.is_device(link.kind) and not link.renames:
        identity = replace(
            identity,
            device_logins=add_login(
                identity.device_logins, DeviceLogin(link.proof.time, link.target)
            ),
        )
    pair = ("" if link.renames else link.target_kind, link.target)
    if not link.direct or pair in identity.asked:
        return identity
    identity = replace(identity, asked=(*identity.asked, pair))
    return replace(identity, blocked=fans_out(rules, identity.asked))
