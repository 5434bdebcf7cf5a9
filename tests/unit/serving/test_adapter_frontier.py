"""The frontier of a partition: what is open is told by the commit, and nothing else is."""

from __future__ import annotations

from base64 import urlsafe_b64decode

from hypothesis import given
from hypothesis import strategies as st

from legato.serving.adapters.machine.frontier import METADATA_MOST, Frontier, read_progress
from legato.serving.adapters.machine.tries import FIRST_WAIT, LONGEST_WAIT, wait_before


@given(
    start=st.integers(0, 1 << 40),
    records=st.lists(st.tuples(st.integers(1, 300), st.booleans()), max_size=200),
    more=st.integers(0, 5),
)
def test_a_successor_knows_of_each_record_whether_it_is_done(
    start: int, records: list[tuple[int, bool]], more: int
) -> None:
    frontier, offset, told = Frontier(start), start - 1, {}
    for gap, is_open in records:
        offset += gap
        frontier.read(offset, is_open=True)
        told[offset] = is_open
    frontier.pass_to(offset + 1 + more)
    for at, is_open in told.items():
        if not is_open:
            frontier.close(at)
    progress = read_progress(frontier.offset, frontier.metadata())
    assert frontier.offset == min((at for at in told if told[at]), default=frontier.next)
    assert {at: not progress.is_done(at) for at in told} == told
    assert not progress.is_done(frontier.next)


@given(
    start=st.integers(0, 1 << 40),
    opened=st.lists(st.booleans(), max_size=60),
    tries=st.dictionaries(st.integers(-500, 59), st.integers(1, 9)),
)
def test_a_successor_knows_how_often_each_was_tried(
    start: int, opened: list[bool], tries: dict[int, int]
) -> None:
    """Also those on `adapter.holds`, which lie before the offset that is committed."""
    start += 500
    frontier = Frontier(start)
    for number in range(len(opened)):
        frontier.read(start + number, is_open=True)
    for number, is_open in enumerate(opened):
        if not is_open:
            frontier.close(start + number)
    told = {start + at: count for at, count in tries.items() if at < len(opened)}
    progress = read_progress(frontier.offset, frontier.metadata(told))
    plain = read_progress(frontier.offset, frontier.metadata())
    assert progress.tries == told
    assert (progress.next, progress.starts, progress.ends) == (
        plain.next,
        plain.starts,
        plain.ends,
    )


def test_a_release_that_knows_nothing_of_tries_reads_what_is_open_all_the_same() -> None:
    """It took each pair of numbers for a run; those of tries lie where it asks nothing."""
    frontier = Frontier(5)
    for offset in range(5, 20):
        frontier.read(offset, is_open=offset in (7, 8, 15))
    text = frontier.metadata({3: 2, 8: 1, 15: 7})
    span, *numbers = urlsafe_b64decode(text.removeprefix("1:"))
    at, runs = frontier.offset, list[tuple[int, int]]()
    for done, opened in zip(numbers[::2], numbers[1::2], strict=True):
        runs.append((at + done, at + done + opened))
        at += done + opened
    end = frontier.offset + span
    assert [run for run in runs if run[0] < end] == [(7, 9), (15, 16)]
    assert end == frontier.next


def test_the_markers_of_transactions_part_no_run() -> None:
    frontier = Frontier(0)
    for number in range(10_000):
        frontier.read(number * 3, is_open=True)
    assert [*frontier.runs()] == [(0, 29_998)]
    assert len(frontier.metadata()) < 20


def test_without_the_older_half_of_what_is_open_it_is_short_again() -> None:
    frontier = Frontier(0)
    for number in range(6_000):
        frontier.read(number, is_open=number % 3 == 0)
    assert len(frontier.metadata()) > METADATA_MOST
    for offset in frontier.crowding():
        frontier.close(offset)
    assert len(frontier.metadata()) < METADATA_MOST
    assert len(frontier) == 1_000


def test_metadata_that_say_nothing_leave_all_open() -> None:
    assert not read_progress(17, "").is_done(17)
    assert read_progress(17, "").is_done(16)


@given(st.text(), st.integers(1, 40))
def test_waits_double_with_jitter_and_have_an_end(action_id: str, tries: int) -> None:
    wait = wait_before(action_id, tries)
    longest = min(FIRST_WAIT * 2 ** (tries - 1), LONGEST_WAIT)
    assert longest / 2 <= wait <= longest
    assert wait == wait_before(action_id, tries)
    assert wait_before(action_id, tries, LONGEST_WAIT * 2) == LONGEST_WAIT * 2
