"""Whom a split parts: read before it, or, to rebuild them, from what is told of one."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from legato.core.identity.alias_index import Alias
from legato.core.identity.events import IdentifierSplit
from legato.core.identity.split import SplitPlan
from legato.core.values.time import Instant
from legato.operations.errors import OperationFailed
from legato.queries.customer import nobody
from legato.queries.identifier_lookup import AskedCustomer
from legato.queries.identity_lookup import FoundIdentity, IdentityLookup, identity_of
from legato.queries.topic_reader import TopicReader
from legato.settings import Settings


class Splitting(Struct, frozen=True):
    """An identifier of a type that is to be split off, and from whom."""

    parting: SplitPlan
    kind: str
    others: tuple[str, ...] = ()
    """Its names under former peppers whose links must end as well."""


def plan_split(settings: Settings, asked: AskedCustomer, now: Instant) -> Splitting:
    """See what is to be split from whom; raises NotFound and OperationFailed."""
    with TopicReader(settings) as reader:
        slots = IdentityLookup(reader)
        found = slots.find(*asked.names)
        asked = asked.known_by(found.asked)
        kind = kind_to_split(settings, asked, found)
        others = linked(slots.aliases(asked.formers))
        return Splitting(_parting(settings, found, slots, asked, now), kind, others)


def linked(others: dict[str, Alias]) -> tuple[str, ...]:
    """List the other names of an identifier whose link must be ended too.

    One that leads to its own newer name does nothing by itself.
    """
    told = others.items()
    return tuple(name for name, alias in told if not alias.renamed and not alias.blocked)


def former_parting(settings: Settings, asked: AskedCustomer) -> SplitPlan | None:
    """Find from whom an identifier was split off last, if it stands for itself since."""
    with TopicReader(settings) as reader:
        slots = IdentityLookup(reader)
        alone = slots.find(*asked.names)
        asked, name = asked.known_by(alone.asked), alone.asked
        if alone.customer_id != name:
            return None
        told = [
            each
            for each in slots.told_of(frozenset((name,)))
            if isinstance(each, IdentifierSplit)
            and each.identifier == name
            and each.customer_id
        ]
        if not told:
            return None
        customer = slots.find(told[-1].customer_id)
        parting = _parting(settings, customer, slots, asked, told[-1].time)
        went = _parting(settings, alone, slots, asked, told[-1].time)
        return replace(
            parting,
            members={**parting.members, **went.members},
            claims={**parting.claims, **went.claims},
        )


def _parting(
    settings: Settings,
    found: FoundIdentity,
    slots: IdentityLookup,
    asked: AskedCustomer,
    time: Instant,
) -> SplitPlan:
    members = {
        name: each.kind for name, each in found.members.items() if name not in asked.names
    }
    kept = slots.slots(members.keys())
    claims = {name: identity_of(slot).device_logins for name, slot in kept.items()}
    return SplitPlan(
        found.customer_id,
        members,
        asked.name,
        time,
        {name: told for name, told in claims.items() if told},
        settings.identity.identify,
        settings.identity.rules,
        frozenset(asked.formers),
    )


def kind_to_split(settings: Settings, asked: AskedCustomer, found: FoundIdentity) -> str:
    """Name the type of an identifier that is linked; raises OperationFailed and NotFound."""
    if found.slot is None:
        raise nobody(settings, asked.name)
    if asked.name == found.customer_id and found.identity.pending is None:
        raise OperationFailed(_why_not(asked, found))
    member = found.members.get(asked.name)
    kind = asked.kind or (member.kind if member is not None else "")
    if not kind:
        raise OperationFailed(
            f"of which type is `{asked.text}`? name it such as `email:a@example.org`"
        )
    return kind


def _why_not(asked: AskedCustomer, found: FoundIdentity) -> str:
    if found.identity.blocked:
        return (
            f"`{asked.text}` is blocked: it is linked to nobody, so there is nothing to split"
        )
    if found.members.keys() - {asked.name}:
        return (
            f"`{asked.text}` is the one by which its customer is named; "
            f"split the others from it: see `legato identity show {asked.text}`"
        )
    return f"`{asked.text}` is not linked: it stands for itself, so there is nothing to split"
