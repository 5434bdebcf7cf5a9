"""Touchpoints kept as bytes, and how they are taken apart again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legato.core.context.retention import MOST_TOUCHPOINTS
from legato.core.context.timeline import rows, touches, write_timeline
from legato.core.events.touchpoint import Touchpoint

WORDS = st.text(max_size=12) | st.text(st.sampled_from("aд€"), min_size=20, max_size=120)
TIMES = st.integers(0, 2**63) | st.integers(0x0194CF000000, 0x0194CFFFFFFF)
TOUCHES = st.lists(st.builds(Touchpoint, TIMES, WORDS, WORDS, WORDS), max_size=MOST_TOUCHPOINTS)


@given(TOUCHES, st.integers(-1, MOST_TOUCHPOINTS + 1))
def test_rows_are_the_touchpoints_whoever_counts_them(
    told: list[Touchpoint], count: int
) -> None:
    trail = write_timeline(told)
    kept = [(touch.time, touch.type, touch.channel, touch.note) for touch in touches(trail)]
    assert list(rows(trail, len(told))) == kept
    assert list(rows(trail, count)) == kept


@pytest.mark.parametrize("length", range(300))
def test_a_touchpoint_may_be_of_any_length(length: int) -> None:
    touch = Touchpoint(1_000, "page.viewed", "web", "n" * length)
    row = (1_000, "page.viewed", "web", "n" * length)
    assert list(rows(write_timeline([touch] * 3), 3)) == [row] * 3
