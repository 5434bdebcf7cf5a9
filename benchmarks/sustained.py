"""The highest rate that an arrangement sustains: a load that climbs until waiting grows.

Sustained is what Karimov et al. call so (Benchmarking Distributed Stream Data Processing
Systems, ICDE 2018): a load at which outputs do not come later and later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from msgspec import Struct

from benchmarks.open_load import Load, Stretch

STEP = 1.25
"""Each stair is so many times as high as the one below."""
STAIRS = 8
STAIR_S = 10.0
MOST_MS = 1_000.0
"""Where half of a stair's outputs take longer than that, the load waits somewhere."""


class Delay(Struct, frozen=True, gc=False):
    """When an event was to be sent, and how long its output took from then on; ms."""

    instant: float
    took: float


class Unsustained(RuntimeError):
    """No rate was found; the message says what to do."""


def stairs(lowest: int) -> list[Stretch]:
    """Return a climb from the lowest rate on."""
    return [Stretch(round(lowest * STEP**number), STAIR_S) for number in range(STAIRS)]


def highest_sustained(load: Load, delays: Iterable[Delay]) -> int:
    """Return the highest rate below the first that was not sustained, in events a second.

    The first stretch is the warm-up. Raises Unsustained when even the lowest
    stair was too high.
    """
    climb, starts = load.stretches[1:], load.starts()[1:]
    known, highest = list(delays), 0
    for stretch, start in zip(climb, starts, strict=False):
        if not _is_sustained(stretch, start, known):
            break
        highest = stretch.per_s
    if not highest:
        raise Unsustained(f"{climb[0].per_s:,} events/s were too much: lower `--lowest`")
    return highest


def _is_sustained(stretch: Stretch, start: float, delays: Sequence[Delay]) -> bool:
    """Look at the second half of a stair, when what waited before has had time to go."""
    length = stretch.seconds * 1000
    took = [each.took for each in delays if start + length / 2 <= each.instant < start + length]
    return bool(took) and median(took) <= MOST_MS
