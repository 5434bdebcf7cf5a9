"""`matches`: patterns that are looked for in one pass over the text, whatever it is.

A pattern is a regular expression of RE2, without what needs going back: no look-around, no
back-references. It becomes a set of positions that move together over the text, one step a
character (K. Thompson, "Regular Expression Search Algorithm", 1968), and each set that was met
is remembered with where it leads, so that nearly all steps are one look into a dict. Python's
own `re` takes exponential time on some texts, and customers write the texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeAlias

from msgspec import Struct

MOST_STATES = 500
"""Positions of a pattern, where each repetition counts as often as it is asked for."""
_MOST_TIMES = 200
_MOST_NESTED = 20
_MOST_REMEMBERED = 20_000
_CLASSES: dict[str, Callable[[str], bool]] = {
    "d": lambda sign: "0" <= sign <= "9",
    "w": lambda sign: sign == "_" or (sign.isascii() and sign.isalnum()),
    "s": lambda sign: sign in " \t\n\r\f\v",
    "D": lambda sign: not "0" <= sign <= "9",
    "W": lambda sign: not (sign == "_" or (sign.isascii() and sign.isalnum())),
    "S": lambda sign: sign not in " \t\n\r\f\v",
}
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}
_START, _END = "^", "$"
_Test: TypeAlias = Callable[[str], bool]
_Fragment: TypeAlias = tuple[int, list[tuple[int, int]]]
"""Where a part begins, and the open ends that lead on: a state, and which of its ways."""


class _State(Struct):
    """A position: it takes a sign that passes `test`, asks for an edge, or goes both ways."""

    test: _Test | None = None
    edge: str = ""
    ways: list[int] = []


class Pattern:
    """A compiled pattern."""

    def __init__(self, states: list[_State], start: int) -> None:
        self._states = states
        self._inner = self._closed([start], at_start=False)
        self._first = self._closed([start], at_start=True)
        self._seen: dict[frozenset[int], dict[str, frozenset[int]]] = {}
        self._remembered = 0

    def is_in(self, text: str) -> bool:
        """Is there a place in the text that matches?"""
        now, done = self._first, len(self._states) - 1
        for sign in text:
            if done in now:
                return True
            steps = self._seen.get(now)
            now = self._step(now, sign) if steps is None or sign not in steps else steps[sign]
        return done in self._closed(now, at_end=True, at_start=not text)

    def _step(self, now: frozenset[int], sign: str) -> frozenset[int]:
        states = self._states
        moved = [
            states[each].ways[0]
            for each in now
            if (test := states[each].test) is not None and test(sign)
        ]
        then = self._closed(moved, at_start=False) | self._inner
        if self._remembered >= _MOST_REMEMBERED:
            self._seen.clear()
            self._remembered = 0
        self._remembered += 1
        self._seen.setdefault(now, {})[sign] = then
        return then

    def _closed(
        self, begin: Iterable[int], *, at_start: bool, at_end: bool = False
    ) -> frozenset[int]:
        """All positions that are reached without taking a sign."""
        found: set[int] = set()
        left = [*begin]
        while left:
            each = left.pop()
            if each in found:
                continue
            found.add(each)
            state = self._states[each]
            is_open = not state.edge or (at_start if state.edge == _START else at_end)
            if state.test is None and is_open:
                left += state.ways
        return frozenset(found)


@lru_cache(maxsize=1_024)
def read_pattern(text: str) -> Pattern:
    """Compile a pattern; raises ValueError with one sentence."""
    reader = _PatternReader(text)
    start, ends = reader.read()
    return Pattern(reader.states, reader.close(start, ends))


class _PatternReader:
    """Reads a pattern by recursive descent."""

    def __init__(self, text: str) -> None:
        self._any_case = text.startswith("(?i)")
        self._text = text
        self._at = 4 if self._any_case else 0
        self._nested = 0
        self.states: list[_State] = []

    def read(self) -> _Fragment:
        """Read it to its end."""
        whole = self._alternatives()
        if self._at < len(self._text):
            raise self._fault("a `)` without its `(`; write `\\)` for the sign")
        return whole

    def close(self, start: int, ends: list[tuple[int, int]]) -> int:
        """Let all open ends lead to the last state, which takes nothing."""
        self._lead(ends, self._new())
        return start

    def _alternatives(self) -> _Fragment:
        start, ends = self._sequence()
        while self._peek() == "|":
            self._at += 1
            other, its_ends = self._sequence()
            start, ends = self._new(ways=[start, other]), ends + its_ends
        return start, ends

    def _sequence(self) -> _Fragment:
        start = self._new(ways=[-1])
        ends = [(start, 0)]
        while self._peek() not in ("", "|", ")"):
            first, its_ends = self._repeated()
            self._lead(ends, first)
            ends = its_ends
        return start, ends

    def _repeated(self) -> _Fragment:
        begin, before = self._at, len(self.states)
        part = self._part()
        end, one = self._at, len(self.states) - before
        times = self._times()
        if times is None:
            return part
        least, most = times
        if one * max(least, most or 1) > MOST_STATES:
            raise self._fault("it is repeated too often; ask for less")
        after = self._at
        parts = [part]
        for _ in range(max(least, most or 1) - 1):
            self._at = begin
            parts.append(self._part())
        self._at = after if after > end else end
        return self._strung(parts, least, most)

    def _strung(self, parts: list[_Fragment], least: int, most: int | None) -> _Fragment:
        """Put copies behind each other: the first `least` must be, the last may go round."""
        start = self._new(ways=[-1])
        ends = [(start, 0)]
        left: list[tuple[int, int]] = []
        for place, (first, its_ends) in enumerate(parts[:most]):
            if place < least:
                self._lead(ends, first)
                ends = its_ends
                continue
            fork = self._new(ways=[first, -1])
            self._lead(ends, fork)
            left.append((fork, 1))
            ends = its_ends
        if most is None:
            first = parts[-1][0]
            fork = self._new(ways=[first, -1])
            self._lead(ends, fork)
            ends = [(fork, 1)]
        return start, ends + left

    def _times(self) -> tuple[int, int | None] | None:
        """Read how often; None for once."""
        sign = self._peek()
        if sign not in ("*", "+", "?", "{"):
            return None
        if sign == "{":
            found = self._counted()
            if found is None:
                return None
        else:
            self._at += 1
            found = {"*": (0, None), "+": (1, None), "?": (0, 1)}[sign]
        if self._peek() == "?":
            self._at += 1
        if self._peek() in ("*", "+", "?") or (self._peek() == "{" and self._counted()):
            raise self._fault("two repetitions on end; put the first between brackets")
        return found

    def _counted(self) -> tuple[int, int | None] | None:
        """Read `{2}`, `{2,}` or `{2,5}`; what is none is a sign like others."""
        end = self._text.find("}", self._at)
        least, comma, most = self._text[self._at + 1 : max(end, 0)].partition(",")
        if not (least.isdecimal() and least.isascii()) or not (most or "0").isdecimal():
            return None
        if len(least) > 3 or len(most) > 3:
            raise self._fault(f"repeat at most {_MOST_TIMES} times")
        bounds = int(least), int(most or least) if most or not comma else None
        if max(bounds[0], bounds[1] or 0) > _MOST_TIMES:
            raise self._fault(f"repeat at most {_MOST_TIMES} times")
        if bounds[1] is not None and bounds[1] < bounds[0]:
            raise self._fault("the second number is less than the first; swap them")
        self._at = end + 1
        return bounds

    def _part(self) -> _Fragment:
        sign = self._take()
        if sign == "(":
            return self._group()
        if sign == "[":
            return self._one(self._set())
        if sign in (_START, _END):
            return self._new_open(edge=sign)
        if sign == ".":
            return self._one(lambda each: each != "\n")
        if sign == "\\":
            return self._escape()
        if sign in ("*", "+", "?"):
            raise self._fault(f"nothing stands before `{sign}`; write `\\{sign}` for the sign")
        return self._one(self._is(sign))

    def _group(self) -> _Fragment:
        if self._text.startswith("?:", self._at):
            self._at += 2
        elif self._peek() == "?":
            raise self._fault("of groups with `?` there is only `(?:…)`; write it without")
        self._nested += 1
        if self._nested > _MOST_NESTED:
            raise self._fault("nested too deeply; write it flatter")
        inner = self._alternatives()
        self._nested -= 1
        if self._take() != ")":
            raise self._fault("a `(` is not closed; write `\\(` for the sign")
        return inner

    def _escape(self) -> _Fragment:
        sign = self._take()
        if sign in ("A", "z"):
            return self._new_open(edge=_START if sign == "A" else _END)
        return self._one(self._escaped(sign))

    def _escaped(self, sign: str) -> _Test:
        if sign in _CLASSES:
            return _CLASSES[sign]
        if sign in _ESCAPED:
            return self._is(_ESCAPED[sign])
        if not sign or sign.isalnum():
            raise self._fault(f"`\\{sign}` means nothing here; write the sign itself")
        return self._is(sign)

    def _set(self) -> _Test:
        denied = self._peek() == "^"
        self._at += denied
        tests: list[_Test] = []
        while self._peek() != "]" or not tests:
            tests.append(self._member())
        self._at += 1
        return _none_of(tests) if denied else _any_of(tests)

    def _member(self) -> _Test:
        """Read one sign of a set, a class, or a range."""
        sign = self._take_in_set()
        if sign == "\\":
            sign = self._take_in_set()
            if sign in _CLASSES or (sign.isalnum() and sign not in _ESCAPED):
                return self._escaped(sign)
            sign = _ESCAPED.get(sign, sign)
        elif sign == "[" and self._peek() == ":":
            raise self._fault("classes are written `\\d`, `\\w`, `\\s`; write one of them")
        if self._peek() != "-" or self._text[self._at + 1 : self._at + 2] in ("]", ""):
            return self._is(sign)
        self._at += 1
        last = self._take_in_set()
        if last == "\\":
            last = self._take_in_set()
            last = _ESCAPED.get(last, last)
        if last < sign:
            raise self._fault(f"the range `{sign}-{last}` runs backwards; swap its ends")
        return self._between(sign, last)

    def _is(self, sign: str) -> _Test:
        return self._between(sign, sign)

    def _between(self, first: str, last: str) -> _Test:
        if not self._any_case:
            return lambda each: first <= each <= last
        return lambda each: any(
            first <= way <= last for way in (each, each.lower(), each.upper())
        )

    def _one(self, test: _Test) -> _Fragment:
        return self._new_open(test=test)

    def _new_open(self, test: _Test | None = None, edge: str = "") -> _Fragment:
        state = self._new(test, edge, [-1])
        return state, [(state, 0)]

    def _new(
        self, test: _Test | None = None, edge: str = "", ways: list[int] | None = None
    ) -> int:
        if len(self.states) >= MOST_STATES:
            raise self._fault("the pattern is too long; write a shorter one")
        self.states.append(_State(test, edge, ways or []))
        return len(self.states) - 1

    def _lead(self, ends: list[tuple[int, int]], to: int) -> None:
        for state, way in ends:
            self.states[state].ways[way] = to

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self) -> str:
        self._at += 1
        return self._text[self._at - 1 : self._at]

    def _take_in_set(self) -> str:
        if not self._peek():
            raise self._fault("a `[` is not closed; write `\\[` for the sign")
        return self._take()

    def _fault(self, message: str) -> ValueError:
        return ValueError(f"the pattern `{self._text[:60]}`: {message}")


def _any_of(tests: list[_Test]) -> _Test:
    return lambda each: any(test(each) for test in tests)


def _none_of(tests: list[_Test]) -> _Test:
    return lambda each: not any(test(each) for test in tests)
