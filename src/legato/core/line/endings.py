"""What becomes of situations after they were told: retracted, or ended by an event."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from legato.core.conditions.scope import Scope
from legato.core.context.context import ActionRecord, Context
from legato.core.decisions.asking import Asking
from legato.core.decisions.revocation import revoke_ended, revoke_retracted
from legato.core.events.event import Event
from legato.core.playbook.definition import EventRules, Playbook
from legato.core.situations.entry_policy import enters, was_told
from legato.core.situations.protocol import Found
from legato.core.values.ids import derive_id
from legato.core.values.outputs import Output, Retracted, Situation
from legato.core.values.time import Instant

Outputs = tuple[Output, ...]


def sort_out(
    playbook: Playbook, context: Context, news: Iterable[Found]
) -> tuple[list[tuple[Situation, bool]], list[Retracted]]:
    """Tell what is entered of what was found, and what turned out to be none."""
    found, retracted = list[tuple[Situation, bool]](), list[Retracted]()
    for each, missed in news:
        if isinstance(each, Retracted):
            if was_told(context, each):
                retracted.append(each)
        elif isinstance(each, Situation) and enters(
            playbook.options_of(each.situation), context, each
        ):
            found.append((each, missed))
    return found, retracted


def retract(
    asking: Asking, context: Context, retracted: list[Retracted], clock: Instant
) -> Outputs:
    """Tell what turned out to be none, and take back what was done about it."""
    outputs: Outputs = ()
    for each in retracted:
        names = [plan.name for plan in asking.playbook.actions.get(each.situation, ())]
        outputs += (each, *revoke_retracted(context, each.situation_id, names, clock))
        gone = EndedSituation(each.situation, frozenset((each.situation_id,)))
        outputs += tuple(asking.drop(context, gone.includes))
    return outputs


class EndedSituation(Struct, frozen=True):
    """A situation that ended; `told` are the ids of what was told of it, None for all."""

    name: str
    told: frozenset[str] | None = None
    actions: frozenset[str] = frozenset()
    reason: str = ""

    def includes(self, found: Situation) -> bool:
        """Is this one of those?"""
        return found.situation == self.name and (
            self.told is None or found.situation_id in self.told
        )

    def is_about(self, taken: ActionRecord) -> bool:
        """Was this action taken about one of those?"""
        return taken.situation == self.name and (
            self.told is None or taken.action_id in self.actions
        )


def ended_by(playbook: Playbook, scope: Scope, rules: EventRules) -> list[EndedSituation]:
    """Name the situations that the event of a scope ends; asked before it is applied."""
    ended: list[EndedSituation] = []
    for situation in rules.ended:
        options = playbook.options_of(situation.name)
        if options.ends.fits(scope, closing=True):
            told = situation.told_of(scope)
            plans = playbook.actions.get(situation.name, ())
            actions = (derive_id(each, plan.name) for each in told or () for plan in plans)
            ended.append(
                EndedSituation(situation.name, told, frozenset(actions), options.end_reason)
            )
    return ended


def end(asking: Asking, context: Context, event: Event, ended: list[EndedSituation]) -> Outputs:
    """Take back what is still to be done about situations that an event ended."""
    outputs: Outputs = ()
    for each in ended:
        outputs += revoke_ended(context, each.is_about, each.reason, event)
        outputs += tuple(asking.drop(context, each.includes))
    return outputs
