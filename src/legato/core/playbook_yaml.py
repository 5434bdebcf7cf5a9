"""The playbook as people write it: YAML, read strictly, with errors that say what to do."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import Struct, field

from legato.core.ids import derive_id
from legato.core.instant import NEVER, Span, read_span
from legato.core.playbook import (
    GOALS,
    Absence,
    Cap,
    ChannelSpec,
    Goal,
    Plan,
    Playbook,
    QuietHours,
    Switch,
    Weight,
    When,
)


class PlaybookError(ValueError):
    """The playbook makes no sense; the message names the place and the mend."""


class _Strict(Struct, frozen=True, forbid_unknown_fields=True):
    """A mapping of the file; a key that it does not know is an error."""


class _AbsenceText(_Strict, frozen=True, kw_only=True):
    of: Literal["cart", "case", "customer"] = "cart"
    after: list[str]


class _SwitchText(_Strict, frozen=True, kw_only=True):
    within: str | dict[Goal, str]
    goal: Literal["any", "none"] | Goal | list[Goal] = "any"


class _SituationText(_Strict, frozen=True, kw_only=True):
    absence: _AbsenceText | None = None
    switch: _SwitchText | None = None
    about: str = ""


class _WhenText(_Strict, frozen=True, kw_only=True):
    to: list[str] = []
    come_from: list[str] = field(default=[], name="from")
    goal: list[Goal] = []
    stage: list[int] = []
    value_at_least: float = 0.0


class _WeightText(_Strict, frozen=True, kw_only=True):
    when: _WhenText
    percent: float


class _ActionText(_Strict, frozen=True, kw_only=True):
    situation: str
    channel: str
    purpose: Literal["promotion", "service"]
    content: str
    when: _WhenText = _WhenText()
    propensity: float = 1.0
    value: float = 1.0
    lever: float = 1.0
    context: list[_WeightText] = []
    expires: str = "4h"
    handoff: bool = False
    params: dict[str, str] = {}
    about: str = ""


class _CapText(_Strict, frozen=True, kw_only=True):
    most: int
    per: str
    purpose: str = ""
    channel: str = ""
    situation: str = ""


class _QuietText(_Strict, frozen=True, kw_only=True):
    start: str = field(name="from")
    end: str = field(name="to")
    channels: list[str]
    unknown_time_zone: tuple[str, ...] = ("UTC",)


class _ChannelText(_Strict, frozen=True, kw_only=True):
    address: list[str] = []
    pull: bool = False


class _ForgetText(_Strict, frozen=True, kw_only=True):
    cart: str = "10d"
    case: str = "7d"


class _PlaybookText(_Strict, frozen=True, kw_only=True):
    version: int
    situations: dict[str, _SituationText]
    actions: dict[str, _ActionText] = {}
    channels: dict[str, _ChannelText] = {}
    caps: dict[str, _CapText] = {}
    quiet_hours: _QuietText | None = None
    muted_by_case: tuple[str, ...] = ("promotion",)
    forget: _ForgetText = _ForgetText()


def read_playbook(text: bytes) -> Playbook:
    """Compile a playbook from YAML; raises PlaybookError with one sentence."""
    try:
        written = msgspec.yaml.decode(text, type=_PlaybookText)
        playbook = _compile(written, derive_id(text.decode()))
    except (msgspec.MsgspecError, ValueError) as error:
        raise PlaybookError(f"playbook: {error}") from None
    _check(written, playbook)
    return playbook


def _compile(written: _PlaybookText, version: str) -> Playbook:
    absences = tuple(
        Absence(name, text.absence.of, tuple(map(read_span, text.absence.after)))
        for name, text in written.situations.items()
        if text.absence is not None
    )
    plans: dict[str, tuple[Plan, ...]] = {}
    for name, action in written.actions.items():
        plans[action.situation] = (*plans.get(action.situation, ()), _plan(name, action))
    return Playbook(
        absences=absences,
        switches=tuple(
            _switch(name, text.switch)
            for name, text in written.situations.items()
            if text.switch is not None
        ),
        plans=plans,
        caps=tuple(
            Cap(name, cap.most, read_span(cap.per), cap.purpose, cap.channel, cap.situation)
            for name, cap in written.caps.items()
        ),
        quiet_hours=_quiet(written.quiet_hours),
        channels={
            name: ChannelSpec(name, tuple(channel.address), channel.pull)
            for name, channel in written.channels.items()
        },
        muted_by_case=frozenset(written.muted_by_case),
        forget_cart=read_span(written.forget.cart),
        forget_case=read_span(written.forget.case),
        version=version,
        by_subject=_by_subject(absences),
        soonest_cart=_soonest(absences, "cart", read_span(written.forget.cart)),
        soonest_customer=_soonest(absences, "customer", NEVER),
    )


def _by_subject(absences: tuple[Absence, ...]) -> dict[str, tuple[Absence, ...]]:
    subjects = {absence.of for absence in absences}
    return {of: tuple(absence for absence in absences if absence.of == of) for of in subjects}


def _soonest(absences: tuple[Absence, ...], of: str, otherwise: Span) -> Span:
    """Return the shortest first stage of the absences that watch this subject."""
    return min(
        [each.after[0] for each in absences if each.of == of and each.after] + [otherwise]
    )


def _switch(name: str, text: _SwitchText) -> Switch:
    if text.goal == "none":
        if not isinstance(text.within, str):
            raise ValueError(f"`{name}` needs no goal, so `within` must be one span")
        return Switch(name, {}, read_span(text.within))
    goals: list[Goal]
    if text.goal == "any":
        goals = list(GOALS)
    else:
        goals = text.goal if isinstance(text.goal, list) else [text.goal]
    within: dict[Goal, Span] = {}
    for goal in goals:
        span = text.within if isinstance(text.within, str) else text.within.get(goal)
        if span is None:
            raise ValueError(f"`{name}` looks at goal `{goal}`, so `within` must name its span")
        within[goal] = read_span(span)
    return Switch(name, within)


def _when(text: _WhenText) -> When:
    return When(
        tuple(text.to),
        tuple(text.come_from),
        tuple(text.goal),
        tuple(text.stage),
        text.value_at_least,
    )


def _plan(name: str, text: _ActionText) -> Plan:
    return Plan(
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


def _quiet(text: _QuietText | None) -> QuietHours | None:
    if text is None:
        return None
    return QuietHours(
        _minute_of_day(text.start),
        _minute_of_day(text.end),
        tuple(text.channels),
        text.unknown_time_zone,
    )


def _minute_of_day(text: str) -> int:
    hour, _, minute = text.partition(":")
    if not (hour.isdigit() and minute.isdigit() and int(hour) < 24 and int(minute) < 60):
        raise ValueError(f"`{text}` is not a time of day; write for example `21:00`")
    return int(hour) * 60 + int(minute)


def _check(written: _PlaybookText, playbook: Playbook) -> None:
    for complaint in _complaints(written, playbook):
        raise PlaybookError(f"playbook: {complaint}")


def _complaints(written: _PlaybookText, playbook: Playbook) -> list[str]:
    found: list[str] = []
    for name, situation in written.situations.items():
        if (situation.absence is None) == (situation.switch is None):
            found.append(f"situation `{name}` needs exactly one of `absence` and `switch`")
    for absence in playbook.absences:
        found += _complaints_of_absence(absence, playbook)
    for name, action in written.actions.items():
        if action.situation not in written.situations:
            found.append(f"action `{name}` is for `{action.situation}`; declare that situation")
        if action.channel not in written.channels:
            found.append(f"action `{name}` goes to `{action.channel}`; declare that channel")
    return found


def _complaints_of_absence(absence: Absence, playbook: Playbook) -> list[str]:
    if not absence.after or list(absence.after) != sorted(set(absence.after)):
        return [f"`{absence.name}`: `after` must list growing spans, such as [1h, 24h]"]
    limits = {"cart": playbook.forget_cart, "case": playbook.forget_case}
    limit = limits.get(absence.of)
    if limit is not None and absence.after[-1] >= limit:
        return [
            f"`{absence.name}`: the last stage must come before a {absence.of} is forgotten"
        ]
    return []


def describe(playbook: Playbook) -> dict[str, Any]:
    """Count what a playbook declares, for `legato check`."""
    return {
        "situations": len(playbook.absences) + len(playbook.switches),
        "actions": sum(map(len, playbook.plans.values())),
        "caps": len(playbook.caps),
        "channels": len(playbook.channels),
        "version": playbook.version,
    }
