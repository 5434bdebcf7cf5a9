"""How a customer asks to be merged: it sends itself, and does nothing until the answer."""

from __future__ import annotations

from msgspec.structs import replace

from legato.core.context.context import Context
from legato.core.identity.commands import Link, Merge
from legato.core.identity.device_logins import add_claim
from legato.core.identity.limits import fans_out
from legato.core.identity.rules import Rules
from legato.core.identity.state import HELD, NO_KIN, Claim, Kin, Member, Pending
from legato.core.linking.outbox import Desk
from legato.core.values.time import LONG_AGO


def offer(desk: Desk, context: Context, kin: Kin, link: Link) -> None:
    """Set the context aside, send a copy, and keep what comes from now on."""
    name, revision = context.customer_id, context.revision + 1
    own = kin.members.get(name) or Member(link.kind, link.proof.time)
    own = replace(own, formers=link.formers.get(name, own.formers))
    own_part = Kin(awaits=kin.awaits, early=kin.early, lost=kin.lost)
    context.identity = own_part if own_part != NO_KIN else None
    filled = context.seen or context.waiting or context.touched != LONG_AGO or context.identity
    image = desk.codec.write_context(context) if filled else b""
    pending = Pending(
        link.hub,
        link.kind,
        link.hub_kind,
        {**kin.members, name: own},
        image,
        revision,
        link.proof,
        link.asker,
        link.token,
        formers=link.formers,
        claims=kin.claims if link.renames else (),
    )
    kin = replace(kin, members={}, awaits=(), early=(), lost=(), pending=pending)
    desk.keep(Context(name, revision, HELD), kin)
    ask(desk, name, pending)


def ask(desk: Desk, name: str, pending: Pending) -> None:
    """Send the question, for the first time or again."""
    desk.sent.append(
        Merge(
            pending.to,
            name,
            pending.to,
            pending.hub_kind,
            pending.members,
            pending.image,
            pending.revision,
            pending.asker,
            pending.token,
            pending.proof,
            pending.formers,
            pending.claims,
            pending.owner,
        )
    )


def turn(desk: Desk, link: Link, one: tuple[str, str], other: tuple[str, str]) -> None:
    """Of two customers (name and type), let the worse-named one ask the better-named one."""
    (hub, hub_kind), (loser, kind) = sorted((one, other))
    desk.sent.append(
        replace(link, to=loser, kind=kind, hub=hub, hub_kind=hub_kind, direct=False)
    )


def note_asked(rules: Rules, kin: Kin, link: Link) -> Kin:
    """Note who wants an identifier; too many of one type block it.

    For a person's identifier it is the same again if that was known, or is not direct. Its
    own newer name is no customer who wants it, and claims no device.
    """
    if rules.is_device(link.kind) and not link.renames:
        kin = replace(kin, claims=add_claim(kin.claims, Claim(link.proof.time, link.hub)))
    pair = ("" if link.renames else link.hub_kind, link.hub)
    if not link.direct or pair in kin.asked:
        return kin
    kin = replace(kin, asked=(*kin.asked, pair))
    return replace(kin, blocked=fans_out(rules, kin.asked))
