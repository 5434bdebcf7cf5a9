"""One bad record, a registry that is away, a line that stands still."""

from __future__ import annotations

from legato.runtime.machine.commands import Commit, Fetch, LogWarning, Unassign
from legato.runtime.machine.pacing import Backoff, RateWindow
from legato.runtime.machine.task import TaskState
from tests.unit.runtime.bench import A, B, Bench, of


def test_a_bad_record_is_set_aside_and_its_neighbours_are_done_once() -> None:
    bench = Bench()
    bench.run(A, B)
    bench.batch(B, 0, b"untouched")
    commands = bench.batch(A, 0, b"x", b"bad", b"y")
    (warning,) = of(LogWarning, commands)
    assert "`a/0` offset 1 is set aside: ValueError" in warning.sentence
    assert "secret" not in warning.sentence
    assert of(Fetch, commands) == [Fetch({A: 0}, bench.epochs[A])]
    bench.batch(A, 0, b"x", b"bad", b"y")
    assert bench.rooms[A].taken == [b"x", b"y"]
    assert bench.rooms[A].aside == ["1: ValueError"]
    assert bench.rooms[B].taken == [b"untouched"]


def test_what_was_set_aside_is_forgotten_once_it_is_committed() -> None:
    bench = Bench()
    bench.run(A)
    bench.batch(A, 0, b"bad")
    assert of(Commit, bench.batch(A, 0, b"bad", later=200))
    bench.committed()
    (task,) = bench.machine.tasks
    assert task.quarantined == {A: {}}


def test_too_many_bad_records_stop_their_task_and_no_other() -> None:
    bench = Bench(mishaps=2)
    bench.run(A, B)
    for _ in range(2):
        bench.batch(A, 0, b"x", b"bad")
        bench.machine.tasks[0].quarantined.clear()
    commands = bench.batch(A, 0, b"x", b"bad")
    assert of(Unassign, commands) == [Unassign((A,))]
    assert "`a/0` is stopped" in of(LogWarning, commands)[0].sentence
    assert [task.state for task in bench.machine.tasks] == [
        TaskState.STOPPED,
        TaskState.RUNNING,
    ]
    (commit,) = of(Commit, bench.batch(B, 0, b"y", later=200))
    assert commit.checkpoint.offsets == {B: 1}


def test_a_minute_later_mishaps_are_forgotten() -> None:
    rate = RateWindow(1)
    assert [rate.exceeded(now) for now in (0, 59_999, 120_000)] == [False, True, False]


def test_patience_doubles_up_to_a_limit() -> None:
    patience = Backoff(100, 1_000)
    assert [patience.after(tries) for tries in range(6)] == [100, 200, 400, 800, 1_000, 1_000]
