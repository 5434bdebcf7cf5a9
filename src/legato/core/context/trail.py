"""What became of a case by contact: facts about it, in any order, and how it comes out by them.

Customers want one contact to be enough. So of each case it is kept when they got in touch, who
had read the handoff by then, whether they were asked again, and whether it was settled. The
facts are a set: those that come late find their place, and those of two contexts are united.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from legato.core.context.context import CaseFact, CaseTrail
from legato.core.context.retention import (
    FINAL_AFTER,
    LONGEST_CONTACT,
    SAME_CONTACT,
    TRAIL_FACTS,
)
from legato.core.values.time import LONG_AGO, Instant

FACTS = (
    "started",
    "wrote",
    "passed",
    "viewed",
    "answered",
    "sent",
    "asked",
    "ended",
    "settled",
    "unsettled",
)
"""What is noted, in the order that it has within one instant."""
_RANKS = {what: rank for rank, what in enumerate(FACTS)}
_TALK = frozenset(("started", "wrote", "passed", "answered", "asked", "ended"))
"""What is part of a contact; what we send, read or file is not."""


class CaseOutcome(Struct, frozen=True):
    """How a case came out so far: since when, in how many contacts, where, and how well.

    `deadline` is when that is final, `running` says that the last contact is not over.
    """

    began: Instant
    last: Instant
    deadline: Instant
    contacts: int
    channels: tuple[str, ...]
    grade: str
    running: bool


class _Leg(Struct):
    """A contact, or what comes after it was passed on: whoever takes it must know the case."""

    start: Instant
    passed: bool = False
    joined: bool = False
    over: bool = False
    viewed: Instant | None = None
    answered: Instant | None = None
    sent: Instant | None = None

    @property
    def is_prepared(self) -> bool:
        """Was the handoff read before the first reply, if there was one?"""
        reply = self.sent if self.sent is not None else self.answered
        return self.viewed is not None and (reply is None or self.viewed <= reply)

    def note(self, fact: CaseFact) -> None:
        """Take what is said of it; the end of what was passed on is not its own."""
        match fact.what:
            case "started" | "wrote":
                self.joined = True
            case "answered":
                self.joined, self.answered = True, self.answered or fact.time
            case "sent":
                self.sent = self.sent or fact.time
            case "viewed":
                self.viewed = self.viewed or fact.time
            case "ended":
                self.over = self.over or self.joined or not self.passed
            case "settled" | "unsettled":
                self.over = True
            case _:
                """It says nothing of who took the contact."""


def united_facts(told: Iterable[CaseFact]) -> tuple[CaseFact, ...]:
    """Put facts in order, each once, and keep the last."""
    return tuple(sorted({*told}, key=_place)[-TRAIL_FACTS:])


def _place(fact: CaseFact) -> tuple[Instant, int, str]:
    return fact.time, _RANKS[fact.what], fact.channel


def outcome_of(trail: CaseTrail) -> CaseOutcome | None:
    """Say how a case came out; None of one of which no contact is known."""
    facts = _last_round(trail.facts)
    legs, channels, contacts = _Legs(), dict[str, None](), 0
    for fact in facts:
        if fact.what in _TALK:
            channels[fact.channel] = None
        contacts += legs.take(fact)
    if not legs.all:
        return None
    last_talk = max(fact.time for fact in facts if fact.what in _TALK)
    return CaseOutcome(
        legs.all[0].start,
        facts[-1].time,
        last_talk + FINAL_AFTER,
        contacts,
        (*channels,),
        _grade(facts, legs.all),
        not legs.all[-1].over,
    )


def _last_round(facts: tuple[CaseFact, ...]) -> list[CaseFact]:
    """Leave out what was final before the last contacts, and what was filed after the end."""
    found, deadline = list[CaseFact](), LONG_AGO
    for fact in facts:
        talks = fact.what in _TALK
        if found and deadline != LONG_AGO and fact.time >= deadline:
            if not talks:
                continue
            found = []
        found.append(fact)
        if talks:
            deadline = fact.time + FINAL_AFTER
    return found


def _grade(facts: list[CaseFact], legs: list[_Leg]) -> str:
    settled = max((fact for fact in facts if fact.what == "settled"), key=_place, default=None)
    undone = max((fact for fact in facts if fact.what == "unsettled"), key=_place, default=None)
    if settled is None or settled.time < legs[-1].start:
        return "failed"
    if undone is not None and _place(undone) > _place(settled):
        return "failed"
    if len(legs) == 1:
        return "best"
    asked = any(fact.what == "asked" for fact in facts)
    return "better" if not asked and all(leg.is_prepared for leg in legs[1:]) else "good"


class _Legs:
    """Tells contacts apart: on a channel where nobody spoke for a while, it is another one."""

    def __init__(self) -> None:
        self.all: list[_Leg] = []
        self._open: dict[str, Instant] = {}
        self._ended: dict[str, Instant] = {}

    def take(self, fact: CaseFact) -> bool:
        """Take the next fact; say whether a contact began with it."""
        began = self._begins(fact)
        if began:
            self.all.append(_Leg(fact.time))
        self._note(fact)
        return began

    def _begins(self, fact: CaseFact) -> bool:
        match fact.what:
            case "started" | "wrote" | "answered":
                return not (self._goes_on(fact) or self._takes_over(fact))
            case "ended":
                ended = self._ended.get(fact.channel, LONG_AGO)
                known = fact.channel in self._open or fact.time < ended + LONGEST_CONTACT
                return not (known or self._takes_over(fact))
            case "passed":
                return not self.all
            case _:
                return False

    def _goes_on(self, fact: CaseFact) -> bool:
        """Did they speak there just now? Who is answered may have waited."""
        spoke = self._open.get(fact.channel)
        if spoke is None:
            return False
        return fact.what == "answered" or fact.time < spoke + SAME_CONTACT

    def _takes_over(self, fact: CaseFact) -> bool:
        """Is this where somebody goes on with what was passed on?"""
        if not self.all or not self.all[-1].passed or self.all[-1].joined:
            return False
        return fact.time < self.all[-1].start + LONGEST_CONTACT

    def _note(self, fact: CaseFact) -> None:
        if fact.what == "passed":
            self.all.append(_Leg(fact.time, passed=True))
        if fact.what == "ended":
            self._open.pop(fact.channel, None)
            self._ended[fact.channel] = fact.time
        elif fact.what in _TALK:
            self._open[fact.channel] = fact.time
        if self.all:
            self.all[-1].note(fact)
