"""What a worker does with what it is told, one fact at a time."""

from __future__ import annotations

from legato.runtime.machine.commands import (
    AckRevoke,
    CancelRestore,
    Commit,
    Exit,
    Fetch,
    InitProducer,
    LogWarning,
    QueryEndOffsets,
    Restore,
    Unassign,
)
from legato.runtime.machine.facts import (
    Batch,
    GroupMetadata,
    PartitionEof,
    PartitionsAssigned,
    PartitionsLost,
    PartitionsRevoked,
    Stop,
    WorkerFault,
)
from tests.unit.runtime.bench import A, B, Bench, of


def test_it_asks_for_a_producer_first_and_restores_only_then() -> None:
    bench = Bench()
    assert bench.producer == 1
    assert not of(Restore, bench.tell(PartitionsAssigned((A,))))
    (restore,) = of(Restore, bench.renewed())
    assert of(Fetch, bench.restored(restore, 5)) == [Fetch({A: 5}, bench.epochs[A])]


def test_a_checkpoint_holds_records_and_offsets_and_only_one_is_in_flight() -> None:
    bench = Bench()
    bench.run(A)
    (commit,) = of(Commit, bench.batch(A, 0, b"x", b"y", later=200))
    assert [record.value for record in commit.checkpoint.tasks[0].records] == [b"x", b"y"]
    assert commit.checkpoint.offsets == {A: 2}
    assert commit.checkpoint.metadata == b"me"
    assert not of(Commit, bench.batch(A, 2, b"z", later=200))
    (commit,) = of(Commit, bench.committed())
    assert commit.checkpoint.offsets == {A: 3}


def test_without_a_membership_nothing_is_committed() -> None:
    bench = Bench()
    bench.run(A)
    bench.tell(GroupMetadata(b""))
    assert not of(Commit, bench.batch(A, 0, b"x", later=200))
    assert of(Commit, bench.tell(GroupMetadata(b"me again")))


def test_a_refused_checkpoint_is_done_again_from_the_one_before() -> None:
    bench = Bench()
    bench.run(A, B)
    bench.batch(A, 0, b"x", later=200)
    bench.committed()
    bench.batch(A, 1, b"y", later=200)
    bench.batch(A, 2, b"z")
    commands = bench.refused("not enough replicas")
    assert of(Fetch, commands) == [Fetch({A: 1}, bench.epochs[A])]
    assert "not enough replicas" in of(LogWarning, commands)[0].sentence
    assert bench.rooms[A].pending == 0
    assert of(Commit, bench.batch(A, 1, b"y", b"z", later=500))[0].checkpoint.offsets == {A: 3}


def test_refusals_slow_down() -> None:
    bench = Bench()
    bench.run(A)
    bench.batch(A, 0, b"x", later=200)
    bench.refused("no")
    assert not of(Commit, bench.batch(A, 0, b"x", later=150))
    assert of(Commit, bench.tick(200))


def test_a_batch_that_was_fetched_for_another_time_is_void() -> None:
    bench = Bench()
    bench.run(A)
    stale = Batch(A, bench.epochs[A] - 1, 0, [0], [None], [b"x"], [0])
    bench.tell(stale)
    assert bench.rooms[A].pending == 0


def test_a_batch_that_does_not_follow_the_last_ends_the_worker() -> None:
    bench = Bench()
    bench.run(A)
    (end,) = of(Exit, bench.batch(A, 3, b"x"))
    assert end.code == 1
    assert "`a/0`" in end.sentence


def test_what_the_group_wants_back_is_committed_first() -> None:
    bench = Bench()
    bench.run(A, B)
    bench.batch(A, 0, b"x")
    bench.tell(GroupMetadata(b"me, a generation later"))
    commands = bench.tell(PartitionsRevoked((A,), 7))
    (commit,) = of(Commit, commands)
    assert commit.checkpoint.metadata == b"me, a generation later"
    assert not of(AckRevoke, commands)
    bench.batch(B, 0, b"busy")
    assert of(AckRevoke, bench.committed()) == [AckRevoke(7)]
    assert [task.name for task in bench.machine.tasks] == ["b/0"]


def test_a_worker_under_load_lets_go_of_what_it_did_not_touch_at_once() -> None:
    bench = Bench()
    bench.run(A, B)
    bench.batch(B, 0, b"x", later=200)
    assert of(AckRevoke, bench.tell(PartitionsRevoked((A,), 1))) == [AckRevoke(1)]


def test_a_leaving_task_whose_checkpoint_is_refused_is_left_to_its_heir() -> None:
    bench = Bench()
    bench.run(A)
    bench.batch(A, 0, b"x", later=200)
    bench.tell(PartitionsRevoked((A,), 1))
    commands = bench.refused("a new generation")
    assert of(AckRevoke, commands)
    assert not of(Fetch, commands)


def test_nothing_of_a_lost_task_is_committed() -> None:
    bench = Bench()
    bench.run(A, B)
    bench.batch(A, 0, b"x")
    bench.batch(B, 0, b"y")
    bench.tell(PartitionsLost((A,)))
    (commit,) = of(Commit, bench.tick(200))
    assert commit.checkpoint.offsets == {B: 1}


def test_a_task_that_is_lost_while_it_is_restored_is_forgotten() -> None:
    bench = Bench()
    bench.renewed()
    (restore,) = of(Restore, bench.tell(PartitionsAssigned((A,))))
    assert of(CancelRestore, bench.tell(PartitionsLost((A,)))) == [CancelRestore(restore.epoch)]
    assert not of(Fetch, bench.restored(restore, 0))


def test_a_fenced_producer_is_replaced_and_everything_restored() -> None:
    bench = Bench()
    bench.run(A)
    bench.batch(A, 0, b"x", later=200)
    commands = bench.fenced()
    assert of(InitProducer, commands)
    assert of(Unassign, commands) == [Unassign((A,))]
    (restore,) = of(Restore, bench.renewed())
    assert of(Fetch, bench.restored(restore, 1)) == [Fetch({A: 1}, bench.epochs[A])]
    assert bench.rooms[A].opened == 2


def test_fences_without_end_end_the_worker() -> None:
    bench = Bench()
    bench.run(A)
    for _ in range(5):
        assert not of(Exit, bench.fenced())
        bench.renewed()
    (end,) = of(Exit, bench.fenced())
    assert "worker.name" in end.sentence


def test_it_ends_when_its_last_checkpoint_is_committed() -> None:
    bench = Bench()
    bench.run(A)
    bench.batch(A, 0, b"x")
    commands = bench.tell(Stop())
    assert of(Commit, commands)
    assert not of(Exit, commands)
    bench.batch(A, 1, b"not any more")
    assert of(Exit, bench.committed()) == [Exit(0)]


def test_it_ends_at_once_when_there_is_nothing_to_commit() -> None:
    bench = Bench()
    assert of(Exit, bench.tell(Stop())) == [Exit(0)]


def test_a_part_that_broke_ends_the_worker_with_its_sentence() -> None:
    assert of(Exit, Bench().tell(WorkerFault("no disk"))) == [Exit(1, "no disk")]


def test_time_passes_where_nothing_is_left_as_far_as_when_we_asked() -> None:
    bench = Bench()
    bench.run(A)
    asked = bench.now
    assert of(QueryEndOffsets, bench.tick(1_000)) == [QueryEndOffsets((A,))]
    bench.answer(asked, {A: 3})
    assert bench.rooms[A].passed == []
    bench.batch(A, 0, b"x", b"y")
    bench.answer(asked, {A: 3})
    assert bench.rooms[A].passed == []
    bench.tell(PartitionEof(A, bench.epochs[A], 3))
    bench.answer(asked, {A: 3})
    assert bench.rooms[A].passed == [asked]
