"""Playing the tests of a playbook: identity and the line, as `legato replay` runs them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from copy import copy

from msgspec import Struct

from legato.core.playbook.definition import Playbook
from legato.core.values.outputs import Action, Decision, Retracted, Revoked, Situation
from legato.core.values.results import Rejected
from legato.harness import Harness
from legato.settings import IdentitySettings
from legato.testing.playbook_file import ExpectedText, PlaybookTest
from legato.wire.topics.references import ReferenceLine


class Miss(Struct, frozen=True):
    """One thing that was expected of a test, and what came instead: `what` is its key."""

    what: str
    expected: str
    came: tuple[str, ...] = ()


class PlayedTest(Struct, frozen=True):
    """What came of a test; it is passed if it has no `misses`."""

    test: PlaybookTest
    situations: tuple[Situation, ...]
    decisions: tuple[Decision, ...]
    actions: tuple[Action, ...]
    revoked: tuple[Revoked, ...]
    misses: tuple[Miss, ...]

    @property
    def passed(self) -> bool:
        """Did all come that was expected, and nothing that was not?"""
        return not self.misses


def play_test(
    playbook: Playbook, test: PlaybookTest, identity: IdentitySettings | None = None
) -> PlayedTest:
    """Tell the events of a test to the line, let time go on, and compare."""
    harness = Harness(playbook, identity)
    rejected: list[Miss] = []
    for given in test.given:
        if isinstance(given, ReferenceLine):
            harness.take_version(given.version, given.known)
        elif isinstance(answer := harness.take(copy(given)), Rejected):
            rejected.append(Miss("given", f"`{given.type}` is followed", (answer.message,)))
    harness.wait_until(test.until)
    came = Came(harness)
    return PlayedTest(
        test,
        tuple(harness.situations),
        tuple(harness.decisions),
        tuple(harness.actions),
        tuple(harness.revoked),
        (*rejected, *came.misses(test.expect)),
    )


class Came:
    """What came of a story, by the names that tests give it."""

    def __init__(self, harness: Harness) -> None:
        none = {each.situation_id for each in harness.outputs if isinstance(each, Retracted)}
        told = [each for each in harness.situations if each.situation_id not in none]
        self.situations = [situation_name(each) for each in told]
        self.actions = [action_name(each) for each in harness.actions]
        by_id = {each.action_id: action_name(each) for each in harness.actions}
        self.revoked = [by_id.get(each.action_id, each.action_id) for each in harness.revoked]
        self._decisions = harness.decisions

    def misses(self, expect: ExpectedText) -> Iterator[Miss]:
        """Name what is missing, and what came though it must not."""
        yield from _missing("situation", expect.situations, self.situations)
        yield from _missing("action", expect.actions, self.actions)
        yield from _missing("revoked", expect.revoked, self.revoked)
        for name in expect.not_:
            if found := [each for each in (*self.situations, *self.actions) if _is(each, name)]:
                yield Miss("not", name, tuple(found))
        for name, reason in expect.reasons.items():
            told = [*self._reasons(name)]
            if reason not in told:
                yield Miss("reason", f"{name}: {reason}", tuple(dict.fromkeys(told)))

    def _reasons(self, name: str) -> Iterator[str]:
        """Say what became of an action each time that it was weighed."""
        for decision in self._decisions:
            for each in decision.candidates:
                if _is(f"{each.action}@{each.channel}", name):
                    yield each.reason


def situation_name(situation: Situation | Decision) -> str:
    """Name a situation as tests do, with its stage."""
    stage = situation.stage
    return situation.situation if stage is None else f"{situation.situation} stage {stage}"


def action_name(action: Action) -> str:
    """Name an action as tests do, with its channel."""
    return f"{action.action}@{action.channel}"


def _is(came: str, name: str) -> bool:
    """Is it the one that is named, with or without its stage or channel?"""
    return came == name or came.partition(" stage ")[0].partition("@")[0] == name


def _missing(what: str, expected: Iterable[str] | None, came: Iterable[str]) -> Iterator[Miss]:
    """Find those that did not come as often as they are named; of none named, all that came."""
    if expected is None:
        return
    names, left = Counter(expected), [*came]
    if not names and left:
        yield Miss(what, "none", tuple(left))
    for name, times in names.items():
        found = sum(_is(each, name) for each in left)
        if found < times:
            often = f"{name}, {times} times" if times > 1 else name
            yield Miss(what, often, tuple(left))
