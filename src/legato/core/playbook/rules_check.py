"""What is wrong with rules on what must lie between actions: each fault in one sentence."""

from __future__ import annotations

from collections.abc import Iterator

from legato.core.context.retention import REMEMBER
from legato.core.playbook.definition import Playbook
from legato.core.playbook.rules import ActionFilter, Cooldown, Exclusion
from legato.core.values.time import Span, span_in_words


def rule_faults(playbook: Playbook) -> Iterator[str]:
    """Name what cannot be meant, and what to write instead."""
    for cooldown in playbook.rules.cooldowns:
        for fault in _of_cooldown(cooldown, playbook):
            yield f"cooldowns, `{cooldown.name}`: {fault}"
    for exclusion in playbook.rules.exclusions:
        for fault in _of_exclusion(exclusion, playbook):
            yield f"exclusions, `{exclusion.name}`: {fault}"


def _of_cooldown(cooldown: Cooldown, playbook: Playbook) -> Iterator[str]:
    yield from _of_span(cooldown.per)
    yield from _of_filter(cooldown.among, playbook)


def _of_exclusion(exclusion: Exclusion, playbook: Playbook) -> Iterator[str]:
    yield from _of_span(exclusion.per)
    if len({*exclusion.actions}) < 2:
        yield "let `actions` name two or more, of which one excludes the others"
    for name in exclusion.actions:
        yield from _of_action(name, playbook)


def _of_span(per: Span) -> Iterator[str]:
    if per <= 0:
        yield "let `per` be longer than nothing"
    if per > REMEMBER:
        yield f"actions are remembered for {span_in_words(REMEMBER)}; ask for no more"


def _of_filter(among: ActionFilter, playbook: Playbook) -> Iterator[str]:
    if among.action:
        yield from _of_action(among.action, playbook)
    if among.channel and among.channel not in playbook.channels:
        yield f"nobody knows channel `{among.channel}`; declare it under `channels`"
    known = {situation.name for situation in playbook.situations}
    if among.situation and among.situation not in known:
        yield f"nothing finds `{among.situation}`; declare it under `situations`"


def _of_action(name: str, playbook: Playbook) -> Iterator[str]:
    plans = (plan for plans in playbook.actions.values() for plan in plans)
    if all(plan.name != name for plan in plans):
        yield f"there is no action `{name}`; declare it under `actions`"
