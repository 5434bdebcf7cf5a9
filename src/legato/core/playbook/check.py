"""What is wrong with a playbook that can be read: each fault in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from legato.core.conditions.faults import meant_by, undeclared
from legato.core.context.forgetting import ForgetAfter
from legato.core.context.retention import REMEMBER, REMEMBER_MOST
from legato.core.playbook.definition import (
    ActionDefinition,
    ChannelSpec,
    FrequencyCap,
    Playbook,
    QuietHours,
    Requirement,
)
from legato.core.playbook.learning import learning_faults
from legato.core.playbook.rules_check import (
    nobody_knows,
    nothing_finds,
    rule_faults,
    situation_names,
)
from legato.core.values.time import Span, span_in_words
from legato.core.values.zones import find_zone, zone_names

LEAST_PERCENT = -100
"""What takes all of a weight away; less would turn the order of actions round."""
MOST_AN_HOUR = 1_000_000
"""Slots are whole milliseconds: beyond this they would be counted too coarsely."""
USUAL_CHANNELS = frozenset(
    (
        "web",
        "mobile",
        "store",
        "call",
        "chat",
        "email",
        "sms",
        "whatsapp",
        "social",
        "ivr",
        "kiosk",
    )
)
"""Where events come from, whether or not anything is sent there (docs/contracts.md)."""


def faults(playbook: Playbook) -> Iterator[str]:
    """Name what cannot be meant, and what to write instead."""
    yield from _of_forgetting(playbook.forget)
    yield from _of_attribution(playbook.attribution)
    yield from _of_situations(playbook)
    for plan in chain(*playbook.actions.values()):
        yield from _of_action(plan, playbook)
    for channel in playbook.channels.values():
        yield from _of_channel(channel)
    for cap in playbook.caps:
        yield from _of_cap(cap, playbook)
    yield from _of_rates(playbook)
    if playbook.quiet_hours is not None:
        yield from _of_quiet_hours(playbook.quiet_hours, playbook)
    yield from rule_faults(playbook)
    yield from _of_learning(playbook)


def _of_situations(playbook: Playbook) -> Iterator[str]:
    zone = playbook.time_zone
    if find_zone(zone) is None:
        yield f"time_zone: {_no_zone(zone)}"
    for situation in playbook.situations:
        if "|" in situation.name:
            yield f"situations, `{situation.name}`: leave the `|` out of its name"
        for fault in situation.check(playbook.forget):
            yield f"situations, `{situation.name}`: {fault}"


def _of_action(plan: ActionDefinition, playbook: Playbook) -> Iterator[str]:
    for each in (_of_plan, _of_expiry, _of_weights, _of_when):
        for fault in each(plan, playbook):
            yield f"actions, `{plan.name}`: {fault}"


def _of_plan(plan: ActionDefinition, playbook: Playbook) -> Iterator[str]:
    if plan.situation not in situation_names(playbook):
        yield nothing_finds(plan.situation, playbook)
    if plan.channel not in playbook.channels:
        yield nobody_knows(plan.channel, playbook)
    for name in ("propensity", "value", "lever"):
        if getattr(plan, name) < 0:
            yield f"`{name}: {getattr(plan, name):g}` is less than nothing; let it be 0 or more"
    if plan.params.get("offer", plan.offer) != plan.offer:
        yield f"its `params` make another offer than `{plan.offer}`; name one of them"


def _of_expiry(plan: ActionDefinition, _: Playbook) -> Iterator[str]:
    if plan.expires <= 0:
        yield "it expires at once; let `expires` be longer than nothing"
    if plan.expires > REMEMBER:
        kept = span_in_words(REMEMBER)
        yield f"actions are remembered for {kept}; let `expires` be no longer"


def _of_weights(plan: ActionDefinition, _: Playbook) -> Iterator[str]:
    for weight in plan.weights:
        if weight.percent < LEAST_PERCENT:
            yield (
                f"`percent: {weight.percent:g}` would leave less than nothing of it; "
                f"write {LEAST_PERCENT} or more"
            )


def _of_when(plan: ActionDefinition, playbook: Playbook) -> Iterator[str]:
    stages = {each.name: each.stages for each in playbook.situations}
    whens = [
        each
        for each in (plan.when, *(weight.when for weight in plan.weights))
        if isinstance(each, Requirement)
    ]
    for stage in dict.fromkeys(stage for when in whens for stage in when.stage):
        if not 0 < stage <= stages.get(plan.situation, 0):
            yield f"`{stage}` is no stage of `{plan.situation}`; take it out of `when`"
    for when in whens:
        for channel in (*when.to, *when.come_from):
            if channel not in playbook.channels and channel not in USUAL_CHANNELS:
                told = f"nobody knows channel `{channel}` of `when`"
                yield undeclared(told, channel, playbook.channels, "channels")


def _of_forgetting(forget: ForgetAfter) -> Iterator[str]:
    for kind, span in (("cart", forget.cart), ("case", forget.case)):
        if span <= 0:
            yield f"forget: let `{kind}` be longer than nothing"


def _of_attribution(attribution: Span) -> Iterator[str]:
    if attribution <= 0:
        yield "attribution: let `attribution` be longer than nothing, such as 3d"
    if attribution > REMEMBER:
        kept = span_in_words(REMEMBER)
        yield f"attribution: actions are remembered for {kept}; let `attribution` be no longer"


def _of_learning(playbook: Playbook) -> Iterator[str]:
    if playbook.learning is None:
        return
    for fault in learning_faults(playbook.learning):
        yield f"learning: {fault}"
    for plan in chain(*playbook.actions.values()):
        if plan.propensity > 1:
            yield (
                f"actions, `{plan.name}`: `propensity: {plan.propensity:g}` cannot be learned; "
                "write which share of tries may work, 0 to 1"
            )


def _of_channel(channel: ChannelSpec) -> Iterator[str]:
    if channel.pull == bool(channel.identifiers):
        yield (
            f"channels, `{channel.name}`: give it either `address`, the identifiers by which "
            "it is reached, or `pull: true`"
        )


def _of_cap(cap: FrequencyCap, playbook: Playbook) -> Iterator[str]:
    place = f"caps, `{cap.name}`"
    if cap.most < 0:
        yield f"{place}: `most: {cap.most}` is less than nothing; let `most` be 0 or more"
    if not (cap.per or cap.calendar):
        yield f"{place}: give it a span in `per`, longer than nothing, or a `calendar`"
    if cap.per > REMEMBER:
        kept = span_in_words(REMEMBER)
        yield f"{place}: actions are remembered for {kept}; let `per` be no longer"
    if cap.most > REMEMBER_MOST:
        yield f"{place}: {REMEMBER_MOST} actions are remembered at most; let `most` be no more"
    if cap.channel and cap.channel not in playbook.channels:
        yield f"{place}: {nobody_knows(cap.channel, playbook)}"
    if cap.situation and cap.situation not in situation_names(playbook):
        yield f"{place}: {nothing_finds(cap.situation, playbook)}"


def _of_rates(playbook: Playbook) -> Iterator[str]:
    for name, rate in playbook.rates.items():
        channel = playbook.channels.get(name)
        if channel is None:
            yield f"rate: nobody knows channel `{name}`; declare it under `channels`"
        elif channel.pull:
            yield (
                f"rate: on `{name}` the customer is there already, and would not wait; take it "
                "out"
            )
        if not 0 < rate <= MOST_AN_HOUR:
            yield f"rate, `{name}`: let it be `1/h` to `{MOST_AN_HOUR}/h`"


def _of_quiet_hours(quiet: QuietHours, playbook: Playbook) -> Iterator[str]:
    if quiet.start == quiet.end:
        yield "quiet_hours: they are empty; let `from` and `to` differ, or leave them out"
    for channel in quiet.channels:
        if channel not in playbook.channels:
            yield f"quiet_hours: {nobody_knows(channel, playbook)}"
    if not quiet.zones:
        yield "quiet_hours: name at least one zone under `unknown_time_zone`, such as UTC"
    for zone in quiet.zones:
        if find_zone(zone) is None:
            yield f"quiet_hours: {_no_zone(zone)}"


def _no_zone(zone: str) -> str:
    near = meant_by(zone, zone_names())
    told = f"there is no time zone `{zone}`"
    return (
        f"{told}: did you mean `{near}`?" if near else f"{told}; write for example `Asia/Tokyo`"
    )
