"""Segments: who is in them, what they may ask, and what is said if they cannot be meant."""

from __future__ import annotations

import pytest

from legato.core.playbook.compile import PlaybookError
from legato.core.playbook.review import review
from legato.harness import Harness
from tests.unit.core.stories import DAYS, at, event, looked, ordered, playbook

TEXT = """
version: 1
segments:
  regular: {{about: often here, when: 'in_segment("vip") || count("page.viewed", "1d") > 2'}}
  vip: {{when: ['sum("order.completed", "30d", e, e.data.total, "EUR") > 100', "{vip}"]}}
situations:
  seen: {{match: {{on: page.viewed, where: 'in_segment("{asked}")'}}}}
"""


def harness_of(asked: str, vip: str = "true") -> Harness:
    return Harness(playbook(TEXT.format(asked=asked, vip=vip)))


def test_who_is_in_one_is_asked_as_it_stands() -> None:
    harness = harness_of("vip")
    harness.feed(looked(0), ordered(1, "A", total=60, currency="EUR"), looked(2))
    harness.feed(ordered(3, "B", total=60, currency="CHF"), looked(4))
    harness.feed(ordered(5, "C", total=60, currency="EUR"), looked(6), looked(31 * DAYS))
    assert [each.time for each in harness.situations] == [at(6)]


def test_one_may_ask_for_another() -> None:
    harness = harness_of("regular")
    harness.feed(*(looked(minute) for minute in range(5)))
    harness.feed(ordered(9, "A", total=101, currency="EUR"), looked(2 * DAYS))
    assert [each.time for each in harness.situations] == [at(3), at(4), at(2 * DAYS)]


def test_an_error_in_one_is_an_error_where_it_is_asked() -> None:
    text = TEXT.format(asked="vip", vip="customer.profile.traits.age > 3").replace(
        "'in_segment(\"vip\")'", "'!in_segment(\"vip\")'"
    )
    harness = Harness(playbook(text))
    harness.feed(ordered(1, "A", total=101), looked(2))
    assert harness.situations == []
    harness.feed(event(3, "customer.updated", traits={"age": 2}), looked(4))
    assert [each.time for each in harness.situations] == [at(4)]


def test_a_variable_outside_is_not_touched() -> None:
    text = TEXT.format(asked="vip", vip="true").replace(
        "'in_segment(\"vip\")'",
        '\'[1, 2].exists(x, !in_segment("vip") && x == 2 && !in_segment("regular"))\'',
    )
    harness = Harness(playbook(text)).feed(looked(0))
    assert len(harness.situations) == 1


@pytest.mark.parametrize(
    ("asked", "vip", "told"),
    [
        ("vipp", "true", "situations, `seen`: .*unknown segment `vipp`: did you mean `vip`"),
        (
            "vip",
            'in_segment(\\"regular\\")',
            "segments, `regular`: it asks for itself: `regular` → `vip` → `regular`; take",
        ),
        ("vip", 'in_segment(\\"vip\\")', "it asks for itself: `vip` → `vip`"),
        ("vip", "in_segment('vib')", "segments, `vip`: .*column 12: unknown segment `vib`"),
        ("vip", "event.channel == 'web'", "segments, `vip`: `event.channel`: a segment is ab"),
        ("vip", "customer.age > 3", "segments, `vip`: .*unknown field `age` of `customer`"),
    ],
)
def test_what_cannot_be_meant_is_said(asked: str, vip: str, told: str) -> None:
    with pytest.raises(PlaybookError, match=told):
        harness_of(asked, vip)


def test_what_asks_for_a_broken_segment_is_not_told_of_as_well() -> None:
    text = TEXT.format(asked="vip", vip="customer.age > 3")
    (fault,) = review(text.encode())
    assert "segments, `vip`" in fault.message or "`age`" in fault.message
    assert fault.line == 5
