"""Patterns: which events a situation is about, by type and by what they tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

from msgspec import Struct

from legato.core.conditions.compile import NAMES, Condition, Names, compile_condition
from legato.core.conditions.faults import ConditionFault
from legato.core.conditions.scope import Scope
from legato.core.events.globs import fits_type
from legato.core.situations.protocol import Strict

ConditionText: TypeAlias = str | tuple[str, ...]
"""One condition, or several that must all hold."""


class MatchingText(Strict, frozen=True, kw_only=True):
    """Events of which something more must hold."""

    event: str | tuple[str, ...]
    where: ConditionText = ()


PatternText: TypeAlias = str | MatchingText | tuple[str | MatchingText, ...]
"""A type (`order.completed`), a glob (`cart.*`), more of `where`, or a list of these."""


class EventMatcher(Struct, frozen=True):
    """Events of some types, if a condition holds for them."""

    types: tuple[str, ...]
    where: Condition | None = None


class EventPattern(Struct, frozen=True):
    """The events that one of several matchers fits."""

    matchers: tuple[EventMatcher, ...]

    def knows(self, event_type: str) -> bool:
        """Can an event of this type fit?"""
        return any(fits_type(each.types, event_type) for each in self.matchers)

    def fits(self, scope: Scope, *, closing: bool = False) -> bool:
        """Does the event of a scope fit? For what is `closing`, an error counts as yes."""
        event = scope.event
        if event is None:
            return False
        for each in self.matchers:
            if fits_type(each.types, event.type):
                where = each.where
                if where is None or (where.forbids(scope) if closing else where.holds(scope)):
                    return True
        return False

    def asked_of(self, event_type: str) -> tuple[Condition | None, ...]:
        """Of an event of this type one of these must hold; None if nothing need."""
        return tuple(each.where for each in self.matchers if fits_type(each.types, event_type))

    @property
    def types(self) -> tuple[str, ...]:
        """The types and globs that fit."""
        return tuple(dict.fromkeys(each for matcher in self.matchers for each in matcher.types))

    def describe(self) -> str:
        """Say which events fit, in a few words."""
        return " or ".join(
            name + (f" where {each.where.text}" if each.where else "")
            for each in self.matchers
            for name in each.types
        )


NOTHING_FITS = EventPattern(())
"""Fits no event."""


def read_pattern(text: PatternText, names: Names = NAMES) -> EventPattern:
    """Compile a pattern; raises ValueError with one sentence."""
    return EventPattern(tuple(_matchers(text, names)))


def _matchers(text: PatternText, names: Names) -> Iterator[EventMatcher]:
    if isinstance(text, str):
        yield EventMatcher((_type_named(text, names),))
    elif isinstance(text, MatchingText):
        types = (text.event,) if isinstance(text.event, str) else text.event
        if not types:
            raise ValueError("`event` names nothing; write a type such as `order.completed`")
        where = read_condition(text.where, names.of_types(*types)) if text.where else None
        yield EventMatcher(tuple(_type_named(each, names) for each in types), where)
    elif text:
        for each in text:
            yield from _matchers(each, names)
    else:
        raise ValueError("an empty list fits nothing; write a type such as `order.completed`")


def read_condition(text: ConditionText, names: Names = NAMES) -> Condition:
    """Compile a condition; raises ValueError with one sentence that quotes it."""
    try:
        return compile_condition(text, names)
    except ConditionFault as fault:
        raise ValueError(fault.quoting(text)) from None


def _type_named(text: str, names: Names) -> str:
    if not text or text != text.strip() or not re.fullmatch(r"[\w.*:/-]+", text):
        raise ValueError(f"`{text}` is no event type; write for example `cart.*`")
    if told := names.misspelt(text):
        raise ValueError(told)
    return text
