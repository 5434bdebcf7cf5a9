"""Every primitive does what it says of itself, those of this package and one from outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import pytest

from legato import Context, Harness, read_playbook
from legato.core.conditions.scope import Scope
from legato.core.events.event import Event
from legato.core.events.types import EVENT_TYPES
from legato.core.merge.merge import merge
from legato.core.situations.absence import Absence
from legato.core.situations.primitives import PRIMITIVES
from legato.core.situations.protocol import Primitive, Runs, Sample, Wake
from legato.core.values.time import Instant
from legato.testing import check_primitive
from legato.wire.state import read_context, write_context
from tests.outside.tally import Tally
from tests.unit.core.stories import added, at, event, looked

ALL: tuple[type[Primitive], ...] = (*PRIMITIVES, Tally)
THRICE = read_playbook(
    b"""
version: 1
situations:
  looks_around: {tally: {of: page.viewed, times: 3}}
  left: {absence: {of: cart, after: [1h]}}
""",
    ALL,
)


@pytest.mark.parametrize("primitive", ALL, ids=lambda each: each.word)
def test_it_holds_what_it_says_of_itself(primitive: type[Primitive]) -> None:
    check_primitive(primitive)


def test_what_is_written_under_a_word_is_of_one_kind() -> None:
    kinds = {(primitive.word, primitive.text) for primitive in ALL}
    assert len(kinds) == len({primitive.word for primitive in ALL})
    assert not any("|" in primitive.word for primitive in ALL)


class Forgetful(Tally, frozen=True):
    """Keeps nothing of a customer who turns out to be another as well."""

    @classmethod
    def merge(
        cls, situations: Mapping[str, Self], ours: Context, theirs: Context, since: Instant
    ) -> Runs:
        return {cls.word: ours.runs.get(cls.word, {})}


class Boastful(Tally, frozen=True):
    """Finds less than it says."""

    @classmethod
    def samples(cls) -> tuple[Sample, ...]:
        (first, second) = super().samples()
        return (second, Sample("more", first.written, first.events, 0, first.found * 2))


class Careless(Tally, frozen=True):
    """Passes over what it counts."""

    def passes_over(self, scope: Scope, event: Event) -> bool:
        return True

    @classmethod
    def samples(cls) -> tuple[Sample, ...]:
        (first, _) = super().samples()
        return (Sample("too few", {**first.written, "times": 9}, first.events, 0, ()),)


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (Forgetful, "a merge depends on which side"),
        (Boastful, "more, told once: found"),
        (Careless, "it keeps what it passes over"),
    ],
)
def test_one_that_does_not_is_named(broken: type[Primitive], told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        check_primitive(broken)


def test_one_from_outside_finds_its_situations_beside_the_others() -> None:
    harness = Harness(THRICE).feed(added(0), looked(1), looked(2), looked(3), looked(4))
    assert [(each.situation, each.time) for each in harness.situations] == [
        ("looks_around", at(3))
    ]
    harness.wait_until(at(61))
    assert [each.situation for each in harness.situations] == ["looks_around", "left"]


def test_its_runs_lie_under_its_own_name_and_come_back_from_bytes() -> None:
    context = Harness(THRICE).feed(looked(1), added(2)).wait_until(at(63)).contexts["ada"]
    assert context.runs.keys() == {"tally", "left|cart:-"}
    again = read_context(write_context(context))
    assert again.runs == {"left|cart:-": 1, "tally": {"looks_around": [[at(1)]]}}


def test_a_merge_unites_its_runs() -> None:
    first = Harness(THRICE).feed(looked(1)).contexts["ada"]
    second = Harness(THRICE).feed(looked(2)).contexts["ada"]
    for sides in ((first, second), (second, first)):
        united, _ = merge(THRICE, *sides)
        harness = Harness(THRICE)
        third = looked(3)
        scope = Scope(third.time, united, third)
        assert THRICE.situations[0].on_event(scope, third) is not None
        assert not united.runs
        assert not harness.situations


def test_runs_of_a_primitive_that_is_not_known_any_more_stay_as_they_are() -> None:
    without = read_playbook(b"version: 1\nsituations: {left: {absence: {after: [1h]}}}\n")
    kept = read_context(write_context(Harness(THRICE).feed(looked(1)).contexts["ada"]))
    for sides in ((kept, Context("eve")), (Context("eve"), kept)):
        united, _ = merge(without, *sides)
        assert united.runs == kept.runs


def test_only_types_that_nobody_waits_for_are_brief() -> None:
    assert not THRICE.by_type["page.viewed"].brief
    assert THRICE.by_type["product.viewed"].brief
    assert not THRICE.by_type["cart.item_added"].brief
    assert THRICE.by_type["page.viewed"].plain
    assert not THRICE.by_type["cart.item_added"].plain


def test_an_absence_of_carts_waits_for_no_event() -> None:
    absence = Absence("left", "cart", (1,))
    assert absence.wakes_on(EVENT_TYPES["cart.item_added"]) is Wake.NEVER


def test_a_late_event_of_the_last_instant_does_not_tell_a_silence_again() -> None:
    silent = read_playbook(
        b"version: 1\nsituations: {silent: {absence: {of: customer, after: [2h]}}}"
    )
    harness = Harness(silent).feed(looked(0)).wait_until(at(121))
    assert len(harness.situations) == 1
    harness.feed(event(0, "product.viewed", received=122)).wait_until(at(300))
    assert len(harness.situations) == 1
