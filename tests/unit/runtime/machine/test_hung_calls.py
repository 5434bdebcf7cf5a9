"""Calls to Kafka that do not return: who is left behind, and how the line goes on."""

from __future__ import annotations

from legato.core.values.time import SECOND
from legato.runtime.machine.commands import (
    AckRevoke,
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
    Cause,
    Committed,
    KafkaSilent,
    PartitionsRevoked,
    ProducerFailed,
    ProducerFenced,
    ProducerHung,
    ProducerStale,
    Stop,
)
from legato.runtime.machine.task import TaskState
from tests.unit.runtime.bench import A, B, Bench, of

DEADLINE = 15


def hang(bench: Bench, seconds: int = DEADLINE) -> list[InitProducer]:
    """Let time pass, second by second, and return the producers that were asked for."""
    return [each for _ in range(seconds) for each in of(InitProducer, bench.tick(SECOND))]


def begun(*tasks: tuple[str, int]) -> Bench:
    """A machine whose checkpoint of these tasks is in flight."""
    bench = Bench()
    bench.run(*tasks)
    for task in tasks:
        bench.batch(task, 0, b"x")
    assert of(Commit, bench.tick(200))
    return bench


def test_a_checkpoint_that_hangs_is_left_behind_and_everything_restored() -> None:
    bench = begun(A)
    (renew,) = hang(bench)
    assert renew == InitProducer(2, hung=True)
    assert [task.state for task in bench.machine.tasks] == [TaskState.RESTORING]
    (restore,) = of(Restore, bench.renewed())
    assert of(Fetch, bench.restored(restore, 1)) == [Fetch({A: 1}, bench.epochs[A])]


def test_it_says_once_that_a_call_hangs() -> None:
    bench = begun(A)
    said = [warn for _ in range(20) for warn in of(LogWarning, bench.tick(SECOND))]
    assert ["has not returned for 15 s" in warn.sentence for warn in said] == [True]


def test_what_a_producer_says_that_was_left_behind_is_void() -> None:
    bench = begun(A)
    hang(bench)
    for late in (Committed(1), ProducerFenced(1, "late"), ProducerStale(1)):
        assert not bench.tell(late)
    (restore,) = of(Restore, bench.renewed())
    bench.restored(restore, 0)
    assert of(Commit, bench.batch(A, 0, b"x", later=200))
    assert not bench.tell(Committed(1))
    assert bench.machine.flown_at is not None


def test_a_new_producer_that_hangs_is_left_behind_too() -> None:
    bench = begun(A)
    assert [each.producer for each in hang(bench, 31)] == [2, 3]
    assert of(Restore, bench.renewed())


def test_five_left_behind_within_ten_minutes_end_the_worker() -> None:
    bench = begun(A)
    ends = [end for _ in range(80) for end in of(Exit, bench.tick(SECOND))]
    assert ends[0].code == 70
    assert "5 producers" in ends[0].sentence
    assert bench.producer == 5


def test_while_kafka_is_away_any_number_may_be_left_behind() -> None:
    bench = begun(A)
    bench.tell(KafkaSilent("timed out"))
    ends = [end for _ in range(300) for end in of(Exit, bench.tick(SECOND))]
    assert not ends
    assert bench.producer > 10


def test_a_process_that_was_frozen_leaves_nobody_behind() -> None:
    bench = begun(A)
    assert not of(InitProducer, bench.tick(60 * SECOND))
    assert of(Fetch, bench.committed()) == []
    assert bench.machine.tasks[0].state is TaskState.RUNNING


def test_after_an_abort_another_producer_commits_and_nothing_is_restored() -> None:
    bench = begun(A, B)
    commands = bench.refused("not enough replicas")
    assert of(InitProducer, commands) == [InitProducer(2)]
    assert not of(Restore, commands)
    assert not of(Unassign, commands)
    commits = of(Commit, bench.batch(A, 0, b"x", later=500))
    assert [commit.producer for commit in commits] == [2]


def test_a_checkpoint_that_was_not_begun_is_committed_by_the_next_producer() -> None:
    bench = Bench()
    bench.run(A)
    (commit,) = of(Commit, bench.batch(A, 0, b"x", b"y", later=200))
    assert of(InitProducer, bench.tell(ProducerStale(1))) == [InitProducer(2)]
    assert not of(Commit, bench.batch(A, 2, b"z", later=200))
    commands = bench.renewed()
    assert of(Commit, commands) == [Commit(2, commit.checkpoint)]
    assert not of(Restore, commands)
    (following,) = of(Commit, bench.committed())
    assert following.checkpoint.offsets == {A: 3}


def test_a_producer_that_grew_stale_while_idle_is_replaced_before_the_next_checkpoint() -> None:
    bench = Bench()
    bench.run(A)
    bench.tell(ProducerStale(1))
    assert not of(Commit, bench.batch(A, 0, b"x", later=200))
    (commit,) = of(Commit, bench.renewed())
    assert commit.producer == 2


def test_a_producer_that_does_not_come_to_stand_is_tried_again_ever_later() -> None:
    bench = Bench()
    pauses = []
    for _ in range(9):
        bench.tell(ProducerFailed(bench.producer, "timed out"))
        before = bench.now
        while not of(InitProducer, bench.tick(50)):
            pass
        pauses.append(bench.now - before)
    assert pauses == [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]


def test_a_checkpoint_whose_end_kafka_does_not_tell_is_looked_up_there() -> None:
    bench = begun(A)
    commands = bench.tell(ProducerHung(1, "timed out"))
    assert of(InitProducer, commands) == [InitProducer(2)]
    assert of(Unassign, commands) == [Unassign((A,))]
    assert bench.machine.watch.away is not None
    (restore,) = of(Restore, bench.renewed())
    bench.restored(restore, 1)
    bench.tick(SECOND)
    assert bench.machine.watch.away is None


def test_told_to_end_while_a_call_hangs_it_ends_and_says_what_it_does_not_know() -> None:
    bench = begun(A)
    assert not of(Exit, bench.tell(Stop()))
    ends = [end for _ in range(DEADLINE) for end in of(Exit, bench.tick(SECOND))]
    assert ends[0].code == 70
    assert "not known" in ends[0].sentence


def test_told_to_end_while_kafka_is_away_it_ends_at_once_and_in_order() -> None:
    bench = Bench()
    bench.run(A)
    bench.tell(KafkaSilent("timed out"))
    bench.batch(A, 0, b"x")
    assert of(Exit, bench.tell(Stop())) == [Exit(0)]


def test_told_to_end_while_a_producer_is_replaced_it_commits_first() -> None:
    bench = Bench()
    bench.run(A)
    bench.batch(A, 0, b"x")
    bench.tell(ProducerStale(1))
    assert not of(Exit, bench.tell(Stop()))
    assert of(Commit, bench.renewed())
    assert of(Exit, bench.committed()) == [Exit(0)]


def test_what_is_asked_back_while_a_call_hangs_goes_once_that_is_left_behind() -> None:
    bench = begun(A, B)
    assert not bench.tell(PartitionsRevoked((A,), 7))
    released = [command for _ in range(DEADLINE) for command in bench.tick(SECOND)]
    assert AckRevoke(7) in released
    assert [task.name for task in bench.machine.tasks] == ["b/0"]


def test_an_expected_refusal_is_no_warning() -> None:
    bench = begun(A)
    assert not of(LogWarning, bench.refused("illegal generation", Cause.MOVED_ON))


def test_a_question_that_does_not_come_back_is_asked_by_another_client() -> None:
    bench = Bench()
    bench.run(A)
    asked = [ask for _ in range(30) for ask in of(QueryEndOffsets, bench.tick(SECOND))]
    assert [ask.asker for ask in asked] == [0, 1]
    bench.tell(KafkaSilent("late", asker=0))
    assert bench.machine.watch.away is None
    bench.tell(KafkaSilent("timed out", asker=1))
    assert bench.machine.watch.away is not None
