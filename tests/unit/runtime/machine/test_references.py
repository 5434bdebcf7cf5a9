"""All partitions of a worker share what may be told of references in a second."""

from __future__ import annotations

from legato.runtime.machine.commands import Commit
from legato.runtime.machine.facts import ReferencesPassed, Stop
from legato.runtime.machine.intake import TOLD_MOST
from tests.unit.runtime.bench import A, B, Bench, of


def test_tasks_share_the_room_of_a_second_and_what_is_told_is_committed() -> None:
    bench = Bench()
    bench.run(A, B)
    bench.rooms[A].news, bench.rooms[B].news = TOLD_MOST - 1, 3
    bench.tell(ReferencesPassed(1))
    assert [bench.rooms[tp].news for tp in (A, B)] == [0, 2]
    (commit,) = of(Commit, [each for _ in range(20) for each in bench.tick()])
    assert commit.checkpoint.size == TOLD_MOST
    bench.tell(ReferencesPassed(2))
    assert bench.rooms[B].news == 0


def test_nothing_is_told_by_a_worker_that_ends() -> None:
    bench = Bench()
    bench.run(A)
    bench.rooms[A].news = 1
    bench.tell(Stop())
    bench.tell(ReferencesPassed(1))
    assert bench.rooms[A].news == 1
