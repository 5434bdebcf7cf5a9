"""One version of a playbook after another: what of its situations is new, and what goes on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from legato.core.playbook.definition import Playbook
from legato.core.situations.lineage import FIRST, Lineage
from legato.core.situations.protocol import Primitive
from legato.core.values.time import Instant


def begin(playbook: Playbook, born: Mapping[str, Instant]) -> Playbook:
    """Start from a version of which only is known since when it has its situations."""
    return _with(
        playbook,
        (
            each.with_lineage(Lineage(born[each.name])) if each.name in born else each
            for each in playbook.situations
        ),
    )


def alone(playbook: Playbook) -> Playbook:
    """The same as if it had counted since ever, for a log that is played from its beginning."""
    return _with(playbook, (each.with_lineage(FIRST) for each in playbook.situations))


def descend(former: Playbook, newest: Playbook, since: Instant) -> Playbook:
    """Let a version count from `since` on, after a former one.

    What is written as before goes on as it was. What is written otherwise counts for what
    begins from then on; what was open keeps its spans and stages, if it is about the same.
    Anything else is new, and tells nothing that began before.
    """
    known = {each.name: each for each in former.situations}
    return _with(
        newest,
        (
            each.with_lineage(_descent(former, newest, known.get(each.name), each, since))
            for each in newest.situations
        ),
    )


def _with(playbook: Playbook, situations: Iterable[Primitive]) -> Playbook:
    return replace(playbook, situations=tuple(situations))


def _descent(
    former: Playbook,
    newest: Playbook,
    before: Primitive | None,
    now: Primitive,
    since: Instant,
) -> Lineage:
    if before is None or before.shape != now.shape:
        return Lineage(since, since)
    if former.written.get(now.name) == newest.written.get(now.name):
        return before.lineage
    return before.lineage.followed_by(before.with_lineage(FIRST), since)


def born(playbook: Playbook) -> dict[str, Instant]:
    """Say since when a playbook has its situations, of those it did not have since ever."""
    return {
        each.name: each.lineage.born
        for each in playbook.situations
        if each.lineage.born != FIRST.born
    }


def pause(playbook: Playbook, paused: Iterable[str]) -> Playbook:
    """Do nothing about these situations, and none of these actions; all is found as before."""
    names = frozenset(paused)
    actions = {
        situation: tuple(
            replace(plan, paused=situation in names or plan.name in names) for plan in plans
        )
        for situation, plans in playbook.actions.items()
    }
    return replace(playbook, actions=actions)
