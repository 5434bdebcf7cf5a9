"""Read a playbook from YAML, with errors that name the place and say what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from legato.core.context.goals import GOAL_KINDS, GoalKind
from legato.core.playbook.check import faults
from legato.core.playbook.definition import (
    Absence,
    ActionDefinition,
    ChannelSpec,
    Condition,
    FrequencyCap,
    Playbook,
    QuietHours,
    Switch,
    Weight,
)
from legato.core.playbook.schema import (
    ActionText,
    CapText,
    ChannelText,
    PlaybookText,
    QuietText,
    SituationText,
    SwitchText,
    WhenText,
)
from legato.core.values.ids import derive_id
from legato.core.values.time import NEVER, Span, read_span


class PlaybookError(ValueError):
    """The playbook makes no sense; the message names the place and the mend."""


VERSION = 1
SHOWN = "the playbook that `legato init` writes"
_SECTIONS = {
    "situations": SituationText,
    "actions": ActionText,
    "channels": ChannelText,
    "caps": CapText,
}


def read_playbook(text: bytes) -> Playbook:
    """Compile a playbook from YAML; raises PlaybookError with one sentence."""
    with _reading("playbook"):
        playbook = _compile(_read(msgspec.yaml.decode(text)), derive_id(text.decode()))
        for fault in faults(playbook):
            raise PlaybookError(fault)
    return playbook


@contextmanager
def _reading(place: str) -> Iterator[None]:
    """Say where in the file an error is."""
    try:
        yield
    except msgspec.MsgspecError as error:
        told = " ".join(str(error).split())
        raise PlaybookError(f"{place}: {told}; compare it with {SHOWN}") from None
    except ValueError as error:
        raise PlaybookError(f"{place}: {error}") from None


def _read(file: object) -> PlaybookText:
    """Read entry by entry, so that an error can name the one that it is in."""
    if not isinstance(file, dict):
        raise PlaybookError("the file is empty; write at least `version` and `situations`")
    if file.get("version", VERSION) != VERSION:
        raise PlaybookError(f"write `version: {VERSION}`; this Legato reads no other")
    for section, kind in _SECTIONS.items():
        entries = file.get(section)
        if isinstance(entries, dict):
            file[section] = {
                name: _entry(f"{section}, `{name}`", entry, kind)
                for name, entry in entries.items()
            }
    return msgspec.convert(
        {key: part for key, part in file.items() if part is not None}, PlaybookText
    )


def _entry(place: str, entry: object, kind: type[Any]) -> object:
    with _reading(place):
        return msgspec.convert(entry, kind)


def _compile(written: PlaybookText, version: str) -> Playbook:
    absences = tuple(_absences(written))
    plans: dict[str, tuple[ActionDefinition, ...]] = {}
    for name, action in written.actions.items():
        with _reading(f"actions, `{name}`"):
            plans[action.situation] = (*plans.get(action.situation, ()), _plan(name, action))
    forget_cart = _span("forget, `cart`", written.forget.cart)
    return Playbook(
        absences=absences,
        switches=tuple(_switches(written)),
        actions=plans,
        caps=tuple(_cap(name, cap) for name, cap in written.caps.items()),
        quiet_hours=_quiet(written.quiet_hours),
        channels={
            name: ChannelSpec(name, tuple(channel.address), channel.pull)
            for name, channel in written.channels.items()
        },
        muted_by_case=frozenset(written.muted_by_case),
        forget_cart=forget_cart,
        forget_case=_span("forget, `case`", written.forget.case),
        version=version,
        by_subject=_by_subject(absences),
        soonest_cart=_soonest(absences, "cart", forget_cart),
        soonest_customer=_soonest(absences, "customer", NEVER),
    )


def _span(place: str, text: str) -> Span:
    with _reading(place):
        return read_span(text)


def _absences(written: PlaybookText) -> Iterator[Absence]:
    for name, text in written.situations.items():
        with _reading(f"situations, `{name}`"):
            if (text.absence is None) == (text.switch is None):
                raise PlaybookError("give it either `absence` or `switch`")
            if text.absence is not None:
                after = tuple(map(read_span, text.absence.after))
                yield Absence(name, text.absence.of, after)


def _switches(written: PlaybookText) -> Iterator[Switch]:
    for name, text in written.situations.items():
        if text.switch is not None:
            with _reading(f"situations, `{name}`"):
                yield _switch(name, text.switch)


def _cap(name: str, cap: CapText) -> FrequencyCap:
    per = _span(f"caps, `{name}`", cap.per)
    return FrequencyCap(name, cap.most, per, cap.purpose, cap.channel, cap.situation)


def _by_subject(absences: tuple[Absence, ...]) -> dict[str, tuple[Absence, ...]]:
    subjects = {absence.of for absence in absences}
    return {of: tuple(absence for absence in absences if absence.of == of) for of in subjects}


def _soonest(absences: tuple[Absence, ...], of: str, otherwise: Span) -> Span:
    """Return the shortest first stage of the absences that watch this subject."""
    return min(
        [each.after[0] for each in absences if each.of == of and each.after] + [otherwise]
    )


def _switch(name: str, text: SwitchText) -> Switch:
    if text.goal == "none":
        if not isinstance(text.within, str):
            raise ValueError("it needs no goal, so write `within` as one span")
        return Switch(name, {}, read_span(text.within))
    goals: list[GoalKind]
    if text.goal == "any":
        goals = list(GOAL_KINDS)
    else:
        goals = text.goal if isinstance(text.goal, list) else [text.goal]
    within: dict[GoalKind, Span] = {}
    for goal in goals:
        span = text.within if isinstance(text.within, str) else text.within.get(goal)
        if span is None:
            raise ValueError(f"it looks at goal `{goal}`; give its span under `within`")
        within[goal] = read_span(span)
    return Switch(name, within)


def _when(text: WhenText) -> Condition:
    return Condition(
        tuple(text.to),
        tuple(text.come_from),
        tuple(text.goal),
        tuple(text.stage),
        text.value_at_least,
    )


def _plan(name: str, text: ActionText) -> ActionDefinition:
    return ActionDefinition(
        name=name,
        situation=text.situation,
        channel=text.channel,
        purpose=text.purpose,
        content_ref=text.content,
        when=_when(text.when),
        propensity=text.propensity,
        value=text.value,
        lever=text.lever,
        weights=tuple(Weight(_when(each.when), each.percent) for each in text.context),
        expires=read_span(text.expires),
        handoff=text.handoff,
        params=text.params,
    )


def _quiet(text: QuietText | None) -> QuietHours | None:
    if text is None:
        return None
    with _reading("quiet_hours"):
        start, end = _minute_of_day(text.start), _minute_of_day(text.end)
    return QuietHours(start, end, tuple(text.channels), text.unknown_time_zone)


def _minute_of_day(text: str) -> int:
    hour, _, minute = text.partition(":")
    if not (hour.isdigit() and minute.isdigit() and int(hour) < 24 and int(minute) < 60):
        raise ValueError(f"`{text}` is not a time of day; write for example `21:00`")
    return int(hour) * 60 + int(minute)


def describe(playbook: Playbook) -> dict[str, Any]:
    """Count what a playbook declares, for `legato check`."""
    return {
        "situations": len(playbook.absences) + len(playbook.switches),
        "actions": sum(map(len, playbook.actions.values())),
        "caps": len(playbook.caps),
        "channels": len(playbook.channels),
        "version": playbook.version,
    }
