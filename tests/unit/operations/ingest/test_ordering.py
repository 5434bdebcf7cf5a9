"""Rows in the order of their times: one file sorted in little memory, several merged."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from legato.operations.ingest.files import START, FilePosition
from legato.operations.ingest.ordering import (
    QueuedRow,
    RowStream,
    merge_streams,
    sort_rows,
)

TIMES = st.lists(st.integers(0, 20), max_size=60)


def queued(times: list[int], name: bytes = b"") -> list[QueuedRow]:
    return [
        QueuedRow(at, b"k", name + str(number).encode(), START)
        for number, at in enumerate(times)
    ]


@given(TIMES, st.integers(1, 40), st.integers(2, 4))
def test_sorting_by_runs_is_sorting(times: list[int], run_bytes: int, runs_most: int) -> None:
    rows = queued(times)
    found = list(sort_rows(rows, run_bytes, runs_most))
    expected = sorted(rows, key=lambda row: row.time)
    assert [(row.time, row.value) for row in found] == [(r.time, r.value) for r in expected]
    assert [row.after for row in found] == [FilePosition(n + 1) for n in range(len(rows))]


@given(st.lists(TIMES.map(sorted), max_size=5))
def test_merging_keeps_all_in_order_and_each_file_its_own(files: list[list[int]]) -> None:
    listed = [queued(times, f"{n}/".encode()) for n, times in enumerate(files)]
    streams = [RowStream(rows[0].time if rows else 0, rows.__iter__) for rows in listed]
    found = list(merge_streams(streams))
    assert [row.time for _, row in found] == sorted(row.time for _, row in found)
    for number, rows in enumerate(listed):
        assert [row for place, row in found if place == number] == rows


def test_a_file_is_opened_when_its_first_row_is_due() -> None:
    opened: list[str] = []

    def stream(name: str, times: list[int]) -> RowStream:
        def rows() -> Iterator[QueuedRow]:
            opened.append(name)
            yield from queued(times)

        return RowStream(times[0], rows)

    found = merge_streams([stream("may", [5, 6]), stream("june", [7, 9]), stream("march", [3])])
    seen = [(row.time, tuple(opened)) for _, row in found]
    assert seen == [
        (3, ("march",)),
        (5, ("march", "may")),
        (6, ("march", "may")),
        (7, ("march", "may", "june")),
        (9, ("march", "may", "june")),
    ]
