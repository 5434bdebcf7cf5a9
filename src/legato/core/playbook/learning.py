"""How a playbook wants to learn: the `learning` of the file, read and compiled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct
from msgspec.json import encode

from legato.core.conditions.compile import Condition, Names, compile_condition
from legato.core.situations.protocol import Strict
from legato.core.values.time import DAY, Span, read_span

MOST_SEGMENTS = 64
OTHERS = "*"
"""The segment of whoever is in none of those that are told apart."""
PERCENT = 100


class LearningText(Strict, frozen=True, kw_only=True):
    """How propensities are learned from what became of actions."""

    explore: float = 5.0
    half_life: str = "14d"
    least: int = 50
    segments: tuple[str, ...] | None = None


class TellingApart(Struct, frozen=True):
    """A segment for which is learned apart from others."""

    name: str
    holds: Condition


class Learning(Struct, frozen=True):
    """What is learned: of `explore` percent of situations, with a `half_life`.

    Below `least` tries the written propensity counts. A customer belongs to the first of the
    `segments` that holds, else to `OTHERS`.
    """

    explore: float = 5.0
    half_life: Span = 14 * DAY
    least: int = 50
    segments: tuple[TellingApart, ...] = ()


def compile_learning(
    text: LearningText | None, known: Mapping[str, object], names: Names
) -> Learning | None:
    """Compile what is asked for; `known` are the segments of the file. Raises ValueError."""
    if text is None:
        return None
    wanted = tuple(known) if text.segments is None else text.segments
    for name in wanted:
        if name not in known:
            raise ValueError(f"there is no segment `{name}`; declare it under `segments`")
    segments = tuple(TellingApart(name, _asks_for(name, names)) for name in wanted)
    return Learning(text.explore, read_span(text.half_life), text.least, segments)


def _asks_for(segment: str, names: Names) -> Condition:
    return compile_condition(f"in_segment({encode(segment).decode()})", names)


def learning_faults(learning: Learning) -> Iterator[str]:
    """Name what cannot be meant, and what to write instead."""
    if not 0 <= learning.explore <= PERCENT:
        yield f"`explore: {learning.explore:g}` is no share of situations; write 0 to {PERCENT}"
    if learning.half_life <= 0:
        yield "let `half_life` be longer than nothing, for example `14d`"
    if learning.least < 1:
        yield "let `least` be 1 or more: so many tries, and what was learned counts"
    names = [each.name for each in learning.segments]
    if len(names) > MOST_SEGMENTS:
        yield (
            f"{len(names)} segments would be told apart; name {MOST_SEGMENTS} at most "
            "under `segments`"
        )
    for name in names:
        if name == OTHERS or names.count(name) > 1:
            yield f"segment `{name}` cannot be told apart; call it otherwise, or name it once"
            return
