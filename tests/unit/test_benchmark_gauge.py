"""The gauge follows all that it is given, and is red when an event costs more than it did."""

from __future__ import annotations

import pytest

from benchmarks.gauge.baseline import Baseline
from benchmarks.gauge.check import compared
from benchmarks.gauge.in_memory import CASES, settings_of
from benchmarks.gauge.line import Case, Line, batches_of, input_of

COUNT = 600


@pytest.mark.parametrize("case", CASES)
def test_the_line_in_memory_follows_all_that_the_source_has(case: Case) -> None:
    line = Line(settings_of(case))
    for batch in batches_of(input_of(case, COUNT)):
        line.take(batch)
    line.checkpoint()
    assert line.followed == COUNT
    assert line.contexts >= COUNT // 20


@pytest.mark.parametrize(
    ("instructions", "ratio", "red"),
    [
        (1_000, 4.0, []),
        (1_049, 4.59, []),
        (1_051, 4.0, ["trusted"]),
        (1_000, 4.61, ["one process"]),
        (500, 2.0, []),
    ],
)
def test_what_grew_by_more_than_it_may_is_red(
    instructions: int, ratio: float, red: list[str]
) -> None:
    before = Baseline("this", {"trusted": 1_000}, {"one process": 4.0})
    now = Baseline("this", {"trusted": instructions}, {"one process": ratio})
    assert [cost.name for cost in compared(before, now) if cost.red] == red


def test_instructions_of_another_interpreter_are_not_compared() -> None:
    before = Baseline("that", {"trusted": 1_000}, {"one process": 4.0})
    now = Baseline("this", {"trusted": 2_000}, {"one process": 5.0})
    assert [cost.name for cost in compared(before, now) if cost.red] == ["one process"]


def test_what_is_measured_for_the_first_time_is_not_red() -> None:
    now = Baseline("this", {"trusted": 2_000}, {"one process": 5.0})
    assert not [cost for cost in compared(Baseline("this", {}, {}), now) if cost.red]
