"""What is wrong with rules on what must lie between actions: each fault in one sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from legato.core.conditions.faults import meant_by, undeclared
from legato.core.context.retention import MOST_REJECTIONS, REMEMBER
from legato.core.playbook.definition import Playbook
from legato.core.playbook.rules import (
    ActionFilter,
    Capacity,
    Cooldown,
    Exclusion,
    HoldOut,
    Suppression,
    Variants,
)
from legato.core.references.versions import ReferenceVersion, fault_of
from legato.core.values.time import DAY, Span, span_in_words

R = TypeVar("R", Cooldown, Exclusion, Suppression, HoldOut, Capacity)
ALL = 100
TINY = 1e-6
NO_SALT = "give it a `salt`, any word; another one draws anew"
LONGEST_SILENCE: Span = 400 * DAY
"""Of what happened longer ago, nobody would say that it is why."""


def rule_faults(playbook: Playbook) -> Iterator[str]:
    """Name what cannot be meant, and what to write instead."""
    rules = playbook.rules
    yield from _each("cooldowns", rules.cooldowns, _of_cooldown, playbook)
    yield from _each("exclusions", rules.exclusions, _of_exclusion, playbook)
    yield from _each("suppress", rules.suppressions, _of_suppression, playbook)
    yield from _each("holdouts", rules.holdouts, _of_holdout, playbook)
    yield from _each("capacity", rules.capacities, _of_capacity, playbook)
    for variants in rules.variants:
        for fault in _of_variants(variants, playbook):
            yield f"variants, `{variants.action}`: {fault}"


def remarks(playbook: Playbook) -> Iterator[str]:
    """Name what may be meant, though nothing comes of it."""
    known = action_names(playbook)
    for exclusion in playbook.rules.exclusions:
        for name in exclusion.actions:
            if name not in known:
                yield (
                    f"exclusions, `{exclusion.name}`: there is no action `{name}` here, so it "
                    "excludes nothing"
                )


def _each(
    section: str,
    rules: Iterable[R],
    faults: Callable[[R, Playbook], Iterator[str]],
    playbook: Playbook,
) -> Iterator[str]:
    for rule in rules:
        for fault in faults(rule, playbook):
            yield f"{section}, `{rule.name}`: {fault}"


def _of_cooldown(cooldown: Cooldown, playbook: Playbook) -> Iterator[str]:
    yield from _of_span(cooldown.per)
    yield from _of_filter(cooldown.among, playbook)


def _of_exclusion(exclusion: Exclusion, playbook: Playbook) -> Iterator[str]:
    yield from _of_span(exclusion.per)
    names, known = {*exclusion.actions}, action_names(playbook)
    if len(names) < 2:
        yield "let `actions` name two or more, of which one excludes the others"
    for name in exclusion.actions:  # one that is of another playbook excludes nothing here
        if name not in known and (meant_by(name, known) or not names & known):
            yield no_action(name, known)


def _of_suppression(rule: Suppression, playbook: Playbook) -> Iterator[str]:
    if not 0 < rule.rejections <= MOST_REJECTIONS:
        yield (
            f"`rejections: {rule.rejections}` are not remembered; "
            f"let `rejections` be 1 to {MOST_REJECTIONS}"
        )
    for key, span in (("within", rule.within), ("for", rule.pause)):
        if not 0 < span <= LONGEST_SILENCE:
            longest = span_in_words(LONGEST_SILENCE)
            yield f"let `{key}` be longer than nothing, and {longest} at most"
    yield from _of_filter(rule.among, playbook)


def _of_holdout(rule: HoldOut, playbook: Playbook) -> Iterator[str]:
    if not 0 <= rule.percent <= ALL:
        yield f"`percent: {rule.percent:g}` is no share of customers; write 0 to {ALL}"
    if not rule.salt:
        yield NO_SALT
    yield from _of_filter(rule.among, playbook)


def _of_capacity(rule: Capacity, playbook: Playbook) -> Iterator[str]:
    if rule.name not in playbook.channels:
        yield f"nobody knows channel `{rule.name}`; declare it under `channels`"
    if fault := fault_of(ReferenceVersion(rule.reference, rule.key, 0)):
        yield fault
    if not rule.below:
        yield "`below` names nothing; write for example `below: {wait_s: 300}`"


def _of_variants(variants: Variants, playbook: Playbook) -> Iterator[str]:
    yield from _of_action(variants.action, playbook)
    shares = variants.shares.values()
    if len(shares) < 2 or min(shares) < 0 or abs(sum(shares) - ALL) > TINY:
        yield f"let it have two variants or more, whose percent come to {ALL}"
    if not variants.salt:
        yield NO_SALT


def _of_span(per: Span) -> Iterator[str]:
    if per <= 0:
        yield "let `per` be longer than nothing"
    if per > REMEMBER:
        yield f"actions are remembered for {span_in_words(REMEMBER)}; let `per` be no longer"


def _of_filter(among: ActionFilter, playbook: Playbook) -> Iterator[str]:
    if among.action:
        yield from _of_action(among.action, playbook)
    if among.channel and among.channel not in playbook.channels:
        yield nobody_knows(among.channel, playbook)
    if among.situation and among.situation not in situation_names(playbook):
        yield nothing_finds(among.situation, playbook)


def _of_action(name: str, playbook: Playbook) -> Iterator[str]:
    known = action_names(playbook)
    if name not in known:
        yield no_action(name, known)


def action_names(playbook: Playbook) -> set[str]:
    """Name all that a playbook may do, paused or not."""
    return {plan.name for plans in playbook.actions.values() for plan in plans}


def no_action(name: str, known: set[str]) -> str:
    """Say that there is no such action."""
    return undeclared(f"there is no action `{name}`", name, known, "actions")


def situation_names(playbook: Playbook) -> set[str]:
    """Name all that a playbook looks for."""
    return {situation.name for situation in playbook.situations}


def nothing_finds(name: str, playbook: Playbook) -> str:
    """Say that there is no such situation."""
    told = f"nothing finds `{name}`"
    return undeclared(told, name, situation_names(playbook), "situations")


def nobody_knows(channel: str, playbook: Playbook) -> str:
    """Say that there is no such channel."""
    told = f"nobody knows channel `{channel}`"
    return undeclared(told, channel, playbook.channels, "channels")
