"""Read a playbook from YAML, with errors that name the place and say what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from legato.core.conditions.aggregates import AggregateCall
from legato.core.conditions.compile import Names
from legato.core.conditions.segments import SegmentFault, compile_segments
from legato.core.context.forgetting import ForgetAfter
from legato.core.events.vocabulary import VOCABULARY, Vocabulary
from legato.core.playbook.check import faults
from legato.core.playbook.definition import (
    ActionDefinition,
    FrequencyCap,
    Playbook,
    QuietHours,
    Requirement,
    Weight,
    When,
)
from legato.core.playbook.fitting import fit
from legato.core.playbook.learning import Learning, compile_learning
from legato.core.playbook.rules_text import RULE_SECTIONS, compile_rules
from legato.core.playbook.schema import (
    ActionText,
    CapText,
    ChannelText,
    PlaybookText,
    QuietText,
    SegmentText,
    WhenText,
    situation_text,
)
from legato.core.playbook.templates import is_template, read_template
from legato.core.playbook.usual_channels import channels_of
from legato.core.playbook.yaml_file import first_document, read_yaml
from legato.core.situations.options import SituationOptions, read_options
from legato.core.situations.pattern import read_condition
from legato.core.situations.primitives import PRIMITIVES
from legato.core.situations.protocol import Primitive, Strict
from legato.core.values.ids import derive_id
from legato.core.values.time import Span, read_span


class PlaybookError(ValueError):
    """The playbook makes no sense; the message names the place and the mend."""


VERSION = 1
_BESIDES = frozenset(("about", "ends", "entry", "owner"))
"""What is said of a situation besides how it is found."""
_SECTIONS: dict[str, type[Any]] = {
    "actions": ActionText,
    "segments": SegmentText,
    "channels": ChannelText,
    "caps": CapText,
    **RULE_SECTIONS,
}


def read_playbook(
    text: bytes,
    primitives: tuple[type[Primitive], ...] = PRIMITIVES,
    vocabulary: Vocabulary = VOCABULARY,
) -> Playbook:
    """Compile a playbook from YAML; raises PlaybookError with one sentence."""
    with _reading("playbook"):
        file, version = read_yaml(text), derive_id(first_document(text).decode())
        playbook = compile_file(file, version, primitives, vocabulary)
        for fault in faults(playbook):
            raise PlaybookError(fault)
    return playbook


def compile_file(
    file: object, version: str, primitives: tuple[type[Primitive], ...], vocabulary: Vocabulary
) -> Playbook:
    """Compile what a file holds, which is used up; raises at the first fault."""
    written = _read(file, situation_text(primitives))
    return _compile(written, version, primitives, vocabulary)


@contextmanager
def _reading(place: str) -> Iterator[None]:
    """Say where in the file an error is."""
    try:
        yield
    except ValueError as error:
        raise PlaybookError(f"{place}: {error}") from None


def _read(file: object, situation: type[Strict]) -> PlaybookText:
    """Read entry by entry, so that an error can name the one that it is in."""
    if not isinstance(file, dict):
        empty = "the file is empty" if file is None else "it is no playbook"
        raise PlaybookError(f"{empty}; write at least `version: 1` and `situations:`")
    if file.get("version", VERSION) != VERSION:
        raise PlaybookError(f"write `version: {VERSION}`; this Legato reads no other")
    for section, kind in {"situations": situation, **_SECTIONS}.items():
        entries = file.get(section)
        if isinstance(entries, dict):
            file[section] = {
                name: _entry(f"{section}, `{name}`", entry, kind)
                for name, entry in entries.items()
            }
    parts = {key: part for key, part in file.items() if part is not None}
    read: PlaybookText = fit(parts, PlaybookText)
    return read


def _entry(place: str, entry: object, kind: type[Any]) -> object:
    with _reading(place):
        read: object = fit(entry, kind)
        return read


def _compile(
    written: PlaybookText,
    version: str,
    primitives: tuple[type[Primitive], ...],
    vocabulary: Vocabulary,
) -> Playbook:
    asked: list[AggregateCall] = []
    names = _names(written, Names(vocabulary=vocabulary, asked=asked))
    situations = {each.name: each for each in _situations(written, primitives, names)}
    plans: dict[str, tuple[ActionDefinition, ...]] = {}
    for name, action in written.actions.items():
        with _reading(f"actions, `{name}`"):
            about = situations.get(action.situation)
            known = names.of_types(*about.types) if about else names
            plan = _plan(name, action, known)
            plans[action.situation] = (*plans.get(action.situation, ()), plan)
    learning = _learning(written, names)
    forget = ForgetAfter(
        _span("forget, `cart`", written.forget.cart),
        _span("forget, `case`", written.forget.case),
    )
    return Playbook(
        situations=tuple(
            each.keeping(_reads_of(plans.get(each.name, ()))) for each in situations.values()
        ),
        options=_options(written, names),
        time_zone=written.time_zone,
        actions=plans,
        caps=tuple(_cap(name, cap) for name, cap in written.caps.items()),
        quiet_hours=_quiet(written.quiet_hours),
        channels=channels_of(written),
        muted_by_case=frozenset(written.muted_by_case),
        forget=forget,
        attribution=_span("attribution", written.attribution),
        version=version,
        primitives=primitives,
        vocabulary=vocabulary,
        rules=compile_rules(written, _reading),
        learning=learning,
        asked=tuple(asked),
        written=_digests(written),
        rates={channel: _rate(channel, text) for channel, text in written.rate.items()},
    )


def _digests(written: PlaybookText) -> dict[str, str]:
    """Tell situations apart by how they are found."""
    segments = msgspec.json.encode(written.segments).decode()
    digests = {}
    for name, text in written.situations.items():
        told = msgspec.structs.asdict(text)
        found = {word: told[word] for word in told.keys() - _BESIDES if told[word] is not None}
        words = msgspec.json.encode(found, order="sorted").decode()
        asked = segments if "in_segment" in words else ""
        digests[name] = derive_id(words, written.time_zone, asked)
    return digests


def _names(written: PlaybookText, names: Names) -> Names:
    """Say what conditions may name."""
    with _reading("events"):
        names = names.with_events(written.events)
    try:
        return compile_segments({k: v.when for k, v in written.segments.items()}, names)
    except SegmentFault as fault:
        raise PlaybookError(f"segments, `{fault.segment}`: {fault}") from None


def _learning(written: PlaybookText, names: Names) -> Learning | None:
    with _reading("learning"):
        return compile_learning(written.learning, written.segments, names)


def _reads_of(plans: tuple[ActionDefinition, ...]) -> frozenset[str]:
    return frozenset().union(*(plan.reads for plan in plans))


def _span(place: str, text: str) -> Span:
    with _reading(place):
        return read_span(text)


def _situations(
    written: PlaybookText, primitives: tuple[type[Primitive], ...], names: Names
) -> Iterator[Primitive]:
    words = {each.word: each for each in reversed(primitives)}
    for name, text in written.situations.items():
        with _reading(f"situations, `{name}`"):
            found = [word for word in words if getattr(text, word) is not None]
            if len(found) != 1:
                ways = ", ".join(f"`{word}`" for word in sorted(words))
                raise PlaybookError(f"give it one way to be found, and no other: {ways}")
            situation = words[found[0]].parse(name, getattr(text, found[0]), names)
            yield situation.placed(text.goal, written.time_zone)


def _options(written: PlaybookText, names: Names) -> dict[str, SituationOptions]:
    """Compile what is said of situations besides how they are found."""
    options = {}
    for name, text in written.situations.items():
        with _reading(f"situations, `{name}`"):
            options[name] = read_options(text.ends, text.entry, text.owner, names)
    return options


def _cap(name: str, cap: CapText) -> FrequencyCap:
    per = _span(f"caps, `{name}`", cap.per) if cap.per else 0
    among = cap.purpose, cap.channel, cap.situation
    return FrequencyCap(name, cap.most, per, *among, cap.calendar)


def _rate(channel: str, text: str) -> int:
    number, _, hour = text.partition("/")
    if not (text.isascii() and number.isdigit() and hour == "h"):
        raise PlaybookError(
            f"rate, `{channel}`: `{text}` is no rate; write how many an hour, such as `2000/h`"
        )
    return int(number)


def _when(text: WhenText | str | tuple[str, ...], names: Names) -> When:
    if not isinstance(text, WhenText):
        return read_condition(text, names)
    value = text.value_at_least
    if isinstance(value, dict):
        value = {currency.upper(): least for currency, least in value.items()}
    return Requirement(text.to, text.come_from, text.goal, text.stage, value)


def _plan(name: str, text: ActionText, names: Names) -> ActionDefinition:
    params = text.params
    return ActionDefinition(
        name=name,
        situation=text.situation,
        channel=text.channel,
        purpose=text.purpose,
        content_ref=text.content,
        when=_when(text.when, names),
        propensity=text.propensity,
        value=text.value,
        lever=text.lever,
        weights=tuple(Weight(_when(each.when, names), each.percent) for each in text.context),
        expires=read_span(text.expires),
        handoff=text.handoff,
        params={key: value for key, value in params.items() if not is_template(value)},
        templates={
            key: read_template(value, names)
            for key, value in params.items()
            if is_template(value)
        },
        offer=text.offer or text.params.get("offer", ""),
    )


def _quiet(text: QuietText | None) -> QuietHours | None:
    if text is None:
        return None
    with _reading("quiet_hours"):
        start, end = _minute_of_day(text.start), _minute_of_day(text.end)
    return QuietHours(start, end, text.channels, text.unknown_time_zone)


def _minute_of_day(text: str) -> int:
    hour, _, minute = text.partition(":")
    digits = text.isascii() and hour.isdigit() and minute.isdigit()
    if not (digits and int(hour) < 24 and int(minute) < 60):
        raise ValueError(f"`{text}` is not a time of day; write for example `21:00`")
    return int(hour) * 60 + int(minute)


def describe(playbook: Playbook) -> dict[str, Any]:
    """Count what a playbook declares, for `legato check`."""
    return {
        "situations": len(playbook.situations),
        "actions": sum(map(len, playbook.actions.values())),
        "caps": len(playbook.caps),
        "channels": len(playbook.channels),
        "version": playbook.version,
    }
