"""What people correct: a link that was wrong ends, and customers are rebuilt from the log."""

from __future__ import annotations

from msgspec.structs import replace

from legato.core.context.asked_goals import goals_told_of
from legato.core.context.context import ActionRecord, Context
from legato.core.context.goals import Goal
from legato.core.decisions.action_scope import still_relevant
from legato.core.decisions.attribution import void_those_gone
from legato.core.decisions.revocation import revoke_all
from legato.core.events.event import Event
from legato.core.identity.alias_index import Alias
from legato.core.identity.commands import Rebuilt, Split
from legato.core.identity.events import CustomerRebuilt, IdentifierSplit
from legato.core.identity.state import IdentityState
from legato.core.linking.outbox import Outbox
from legato.core.merge.merge import merge
from legato.core.values.outputs import Revoked


def take_correction(
    desk: Outbox, context: Context, identity: IdentityState, command: Split | Rebuilt
) -> None:
    """Do at a customer what somebody asked for."""
    if isinstance(command, Rebuilt):
        _rebuild(desk, context, identity, command)
    else:
        _split(desk, context, identity, command)


def _split(desk: Outbox, context: Context, identity: IdentityState, split: Split) -> None:
    """Count no proofs from before; a name whose former one is blocked is so too."""
    if identity.blocked and split.reason == "fan_out":
        return
    name, blocked = context.customer_id, identity.blocked or split.reason == "fan_out"
    if split.reason != "logged_out":
        desk.told.append(IdentifierSplit("", name, split.kind, split.reason, split.time))
    if blocked:
        desk.aliases[name] = Alias(blocked=True)
    desk.store(
        context, replace(identity, blocked=blocked, split=max(identity.split, split.time))
    )


def _rebuild(desk: Outbox, context: Context, identity: IdentityState, rebuilt: Rebuilt) -> None:
    """Be what the log says, unless there was news since the log was read."""
    name, image = context.customer_id, desk.codec.read_context(rebuilt.image)
    fits = rebuilt.revision in (0, context.revision) and not identity.pending_links
    desk.told.append(CustomerRebuilt(name, rebuilt.split, rebuilt.time, fits))
    if not fits:
        return
    if rebuilt.revision:
        desk.partition.outputs += _take_back(context, image, rebuilt)
        desk.partition.outputs += void_those_gone(context, image)
    else:
        image, told = merge(desk.partition.playbook, context, image, rebuilt.time)
        met = Event(id="", type="identity.merged", channel="", time=rebuilt.time)
        desk.partition.outputs += (*told, *desk.partition.asking.forget(image, met))
    image.revision = context.revision
    desk.store_and_resume(image, identity)


def _take_back(before: Context, after: Context, rebuilt: Rebuilt) -> tuple[Revoked, ...]:
    """Revoke what was about something of the other's alone."""
    wrong = [
        taken
        for taken in after.actions
        if _goes_on(before, taken) and not _goes_on(after, taken)
    ]
    return revoke_all(after, wrong, "emptied", rebuilt.time)


def _goes_on(context: Context, taken: ActionRecord) -> bool:
    told = {Goal("case", name).name for name in context.cases}
    told |= goals_told_of(context, taken.decided)
    return any(goal in told or still_relevant(context, goal, taken) for goal in taken.goals)
