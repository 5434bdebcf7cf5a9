"""Asking situations what an event or time shows, and noting what each read to find it."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from legato.core.conditions.scope import Scope
from legato.core.events.event import Event
from legato.core.references.as_of import VersionsRead, note_anew
from legato.core.situations.protocol import REFERENCES, Found, News, Primitive
from legato.core.values.outputs import Situation
from legato.core.values.time import Instant


def judge(asked: Iterable[Primitive], scope: Scope, event: Event) -> list[News]:
    """Ask about an event before it is applied."""
    if scope.references is None:
        return [news for some in asked for news in some.on_event(scope, event)]
    found: list[News] = []
    for some in asked:
        read = note_anew(scope.references)
        found += [_naming(news, read) for news in some.on_event(scope, event)]
    return found


def judge_again(asked: Iterable[Primitive], scope: Scope, event: Event) -> list[News]:
    """Ask once more, now that the event is applied and part of the past."""
    found: list[News] = []
    for some in asked:
        read = note_anew(scope.references)
        found += [_naming(news, read) for news in some.on_applied(scope, event)]
    return found


def time_shows(asked: Iterable[Primitive], scope: Scope, clock: Instant) -> list[Found]:
    """Ask what is due at the instant of a scope."""
    if scope.references is None:
        return [each for some in asked for each in some.on_timer(scope, clock)]
    found: list[Found] = []
    for some in asked:
        read = note_anew(scope.references)
        found += [(_naming(news, read), missed) for news, missed in some.on_timer(scope, clock)]
    return found


def _naming(news: News, read: VersionsRead) -> News:
    """Name in the evidence of what was found the versions that were read."""
    if not read or not isinstance(news, Situation):
        return news
    return replace(news, evidence={**news.evidence, REFERENCES: dict(sorted(read.items()))})
