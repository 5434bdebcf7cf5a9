"""Touchpoints kept as bytes, and how they are taken apart again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple

from legato.core.context.retention import MOST_TOUCHPOINTS
from legato.core.context.timeline import rows, touches, write_timeline
from legato.core.events.touchpoint import Touchpoint, encode_touchpoint

WORDS = st.text(max_size=12) | st.text(st.sampled_from("aд€"), min_size=20, max_size=120)
TIMES = st.integers(0, 2**63) | st.integers(0x0194CF000000, 0x0194CFFFFFFF)
BRANDS = st.just("") | WORDS
TOUCHES = st.lists(
    st.builds(Touchpoint, TIMES, WORDS, WORDS, WORDS, BRANDS), max_size=MOST_TOUCHPOINTS
)


@given(TOUCHES, st.integers(-1, MOST_TOUCHPOINTS + 1))
def test_rows_are_the_touchpoints_whoever_counts_them(
    told: list[Touchpoint], count: int
) -> None:
    trail = write_timeline(told)
    assert touches(trail) == sorted(told, key=lambda touch: touch.time)
    kept = [astuple(touch)[: 5 if touch.brand else 4] for touch in touches(trail)]
    assert list(rows(trail, len(told))) == kept
    assert list(rows(trail, count)) == kept


@pytest.mark.parametrize("length", range(300))
@pytest.mark.parametrize("brand", ["", "north"])
def test_a_touchpoint_may_be_of_any_length(length: int, brand: str) -> None:
    touch = Touchpoint(1_000, "page.viewed", "web", "n" * length, brand)
    row = (1_000, "page.viewed", "web", "n" * length, *filter(None, [brand]))
    assert list(rows(write_timeline([touch] * 3), 3)) == [row] * 3


def test_one_without_brand_is_written_as_it_was_before_there_were_any() -> None:
    written = encode_touchpoint(1_000, "x", "web", "n")
    assert written.hex() == "001294cf00000000000003e8a178a3776562a16e"
    assert touches(written) == [Touchpoint(1_000, "x", "web", "n")]
