"""Whether two customers may be one, of whom that would be made, and what it had lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from legato.core.context.context import Context
from legato.core.identity.commands import Merge
from legato.core.identity.limits import adds, too_many
from legato.core.identity.state import IdentityState, LinkedIdentifier, ReleasedIdentifier
from legato.core.linking.outbox import Outbox


def members_with(
    name: str, identity: IdentityState, asked: Merge
) -> dict[str, LinkedIdentifier]:
    """Who this customer would be made of."""
    joined = asked.members[asked.origin]
    since = max(joined.since, asked.proof.time)
    members = {
        **asked.members,
        **identity.members,
        asked.origin: LinkedIdentifier(joined.kind, since, asked.revision, joined.formers),
    }
    if name not in members and asked.target == name:
        members[name] = LinkedIdentifier(asked.target_kind, asked.proof.time)
    for each, formers in asked.formers.items():
        if each in members:
            known = (*members[each].formers, *formers)
            members[each] = replace(members[each], formers=(*dict.fromkeys(known),))
    return members


def refusal_reason(
    desk: Outbox,
    context: Context,
    identity: IdentityState,
    members: dict[str, LinkedIdentifier],
    asked: Merge,
) -> tuple[str, str] | None:
    """Say of which type there would be too many, and why that may not be; a name is no more."""
    if adds(identity.members, members) and (
        kind := too_many(desk.rules, members, asked.proof.time)
    ):
        return kind, "unique" if desk.rules.is_account(kind) else "limit"
    fresh = not context.seen and not context.waiting
    if not fresh and asked.image and len(asked.image) + _size(desk, context) > desk.most_bytes:
        return asked.members[asked.origin].kind, "too_large"
    return None


def _size(desk: Outbox, context: Context) -> int:
    return len(desk.codec.write_context(context))


def still_released(
    desk: Outbox, lost: Iterable[ReleasedIdentifier], members: Mapping[str, LinkedIdentifier]
) -> tuple[ReleasedIdentifier, ...]:
    """Leave out what came back, by whichever of its names."""
    names = {*members, *(former for each in members.values() for former in each.formers)}
    return tuple(
        each
        for each in lost
        if each.name not in names and desk.identify.name_of(each.kind, each.value) not in names
    )
