"""What is wrong with a playbook that can be read: each fault in one sentence."""

from __future__ import annotations

from collections.abc import Iterator

from legato.core.context.retention import REMEMBER, REMEMBER_MOST
from legato.core.playbook.definition import (
    ActionDefinition,
    ChannelSpec,
    FrequencyCap,
    Playbook,
    QuietHours,
)
from legato.core.values.time import span_in_words
from legato.core.values.zones import find_zone


def faults(playbook: Playbook) -> Iterator[str]:
    """Name what cannot be meant, and what to write instead."""
    for situation in playbook.situations:
        for fault in situation.check(playbook.forget):
            yield f"situations, `{situation.name}`: {fault}"
    for plans in playbook.actions.values():
        for plan in plans:
            yield from _of_plan(plan, playbook)
    for channel in playbook.channels.values():
        yield from _of_channel(channel)
    for cap in playbook.caps:
        yield from _of_cap(cap, playbook)
    if playbook.quiet_hours is not None:
        yield from _of_quiet_hours(playbook.quiet_hours, playbook)


def _of_plan(plan: ActionDefinition, playbook: Playbook) -> Iterator[str]:
    place = f"actions, `{plan.name}`"
    stages = {each.name: each.stages for each in playbook.situations}
    if plan.situation not in _names(playbook):
        yield f"{place}: nothing finds `{plan.situation}`; declare it under `situations`"
    if plan.channel not in playbook.channels:
        yield f"{place}: nobody knows channel `{plan.channel}`; declare it under `channels`"
    if plan.expires <= 0:
        yield f"{place}: it expires at once; let `expires` be longer than nothing"
    if min(plan.propensity, plan.value, plan.lever) < 0:
        yield f"{place}: let `propensity`, `value` and `lever` be 0 or more"
    for stage in plan.when.stage:
        if not 0 < stage <= stages.get(plan.situation, 0):
            yield f"{place}: `{plan.situation}` has no stage `{stage}`; take it out of `when`"


def _names(playbook: Playbook) -> set[str]:
    return {situation.name for situation in playbook.situations}


def _of_channel(channel: ChannelSpec) -> Iterator[str]:
    if channel.pull == bool(channel.identifiers):
        yield (
            f"channels, `{channel.name}`: give it either `address`, the identifiers by which "
            "it is reached, or `pull: true`"
        )


def _of_cap(cap: FrequencyCap, playbook: Playbook) -> Iterator[str]:
    place = f"caps, `{cap.name}`"
    if cap.most < 0 or cap.per <= 0:
        yield f"{place}: let `most` be 0 or more and `per` longer than nothing"
    if cap.per > REMEMBER or cap.most > REMEMBER_MOST:
        yield (
            f"{place}: actions are remembered for {span_in_words(REMEMBER)}, "
            f"{REMEMBER_MOST} at most; ask for no more"
        )
    if cap.channel and cap.channel not in playbook.channels:
        yield f"{place}: nobody knows channel `{cap.channel}`; declare it under `channels`"
    if cap.situation and cap.situation not in _names(playbook):
        yield f"{place}: nothing finds `{cap.situation}`; declare it under `situations`"


def _of_quiet_hours(quiet: QuietHours, playbook: Playbook) -> Iterator[str]:
    for channel in quiet.channels:
        if channel not in playbook.channels:
            yield f"quiet_hours: nobody knows channel `{channel}`; declare it under `channels`"
    if not quiet.zones:
        yield "quiet_hours: name at least one zone under `unknown_time_zone`, such as UTC"
    for zone in quiet.zones:
        if find_zone(zone) is None:
            yield f"quiet_hours: there is no time zone `{zone}`; write for example `Asia/Tokyo`"
