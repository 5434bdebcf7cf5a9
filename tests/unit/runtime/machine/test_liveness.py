"""When a worker says that it stands still, and when it may not."""

from __future__ import annotations

import pytest

from legato.core.values.time import SECOND
from legato.runtime.machine.commands import Exit, LogInfo, LogWarning
from legato.runtime.machine.facts import (
    EndOffsets,
    KafkaSilent,
    PartitionsAssigned,
    WorldHeard,
)
from tests.unit.runtime.bench import A, B, Bench, of

PATIENCE = 45


def running(*tps: tuple[str, int]) -> Bench:
    bench = Bench()
    bench.run(*tps)
    return bench


def wait(bench: Bench, seconds: int, **ends: int) -> list[Exit]:
    """Let seconds pass in which Kafka answers; return what ended us."""
    told = {(topic, 0): end for topic, end in ends.items()}
    exits = []
    for _ in range(seconds):
        exits += of(Exit, bench.tick(SECOND))
        bench.answer(bench.now, told)
    return exits


def test_idleness_is_no_stall() -> None:
    bench = running(A)
    assert not wait(bench, 300, a=0)
    assert not bench.machine.watch.stall


def test_records_that_can_be_read_and_are_not_taken_are_one() -> None:
    bench = running(A)
    wait(bench, PATIENCE + 3, a=9)
    assert "`a/0` has had work for" in bench.machine.watch.stall


def test_nobody_ends_it_so_it_ends_itself() -> None:
    bench = running(A)
    (end, *_) = wait(bench, PATIENCE + 20, a=9)
    assert end.code == 70
    assert "`a/0`" in end.sentence


def test_records_below_somebody_elses_open_transaction_are_none() -> None:
    bench = running(A)
    for _ in range(300):
        assert not of(Exit, bench.tick(SECOND))
        bench.tell(EndOffsets(bench.now, {A: 9}, {A: 0}))
    assert not bench.machine.watch.stall


def test_one_partition_that_stands_is_seen_though_others_move() -> None:
    bench = running(A, B)
    for number in range(PATIENCE + 3):
        bench.tick(SECOND)
        bench.batch(B, number, b"x")
        bench.committed()
        bench.answer(bench.now, {A: 9, B: number + 1})
    assert "`a/0`" in bench.machine.watch.stall


def test_time_in_which_kafka_does_not_answer_does_not_count() -> None:
    bench = running(A)
    bench.answer(bench.now, {A: 9})
    bench.tell(KafkaSilent("timed out"))
    for _ in range(600):
        assert not of(Exit, bench.tick(SECOND))
        bench.tell(KafkaSilent("timed out"))
    assert not bench.machine.watch.stall
    wait(bench, PATIENCE - 2, a=9)
    assert not bench.machine.watch.stall
    wait(bench, 6, a=9)
    assert bench.machine.watch.stall


def test_after_a_silence_there_is_as_much_time_as_before_it() -> None:
    bench = running(A)
    assert not wait(bench, PATIENCE - 2, a=9)
    bench.tell(KafkaSilent("timed out"))
    wait(bench, PATIENCE - 2, a=9)
    assert not bench.machine.watch.stall
    wait(bench, 6, a=9)
    assert "`a/0` has had work for" in bench.machine.watch.stall


def test_a_checkpoint_that_kafka_cannot_take_does_not_count() -> None:
    bench = running(A)
    for _ in range(200):
        bench.batch(A, 0, b"x")
        bench.refused("not enough replicas")
        assert not wait(bench, 1, a=1)
    assert not bench.machine.watch.stall


def test_a_clock_that_stands_behind_a_source_of_ours_is_a_stall() -> None:
    bench = running(A, B)
    bench.rooms[A].clock = B
    bench.rooms[A].passed.append(bench.now)
    wait(bench, 1, a=0, b=0)
    bench.rooms[A].passed = [7]
    for _ in range(PATIENCE + 5):
        bench.tick(SECOND)
        bench.answer(bench.now, {B: 0})
    assert "the clock of `a/0` has stood for" in bench.machine.watch.stall


@pytest.mark.parametrize("cause", ["not ours", "no leader"])
def test_a_clock_that_stands_for_a_cause_is_none(cause: str) -> None:
    bench = running(A, B)
    bench.rooms[A].clock = ("c", 0) if cause == "not ours" else B
    bench.rooms[A].passed = [7]
    ends = {B: 0} if cause == "not ours" else {A: 5}
    for _ in range(300):
        bench.tick(SECOND)
        bench.tell(EndOffsets(bench.now, ends, {}))
        bench.rooms[A].passed = [7]
    assert not bench.machine.watch.stall


def test_references_that_are_not_read_on_are_a_stall_for_all_clocks_wait_for_them() -> None:
    bench = running(A)
    for _ in range(300):
        bench.tell(WorldHeard("references"))
        bench.tell(WorldHeard("playbooks"))
        assert not wait(bench, 1, a=0)
    for _ in range(PATIENCE + 3):
        bench.tell(WorldHeard("references"))
        wait(bench, 1, a=0)
    assert bench.machine.watch.stall.startswith("playbooks have not been read on for 4")
    bench.tell(WorldHeard("playbooks"))
    wait(bench, 1, a=0)
    assert not bench.machine.watch.stall


def test_references_are_not_waited_for_while_kafka_is_away() -> None:
    bench = running(A)
    bench.tell(WorldHeard("references"))
    for _ in range(300):
        assert not of(Exit, bench.tick(SECOND))
        bench.tell(KafkaSilent("timed out"))
    assert not wait(bench, PATIENCE - 2, a=0)
    assert not bench.machine.watch.stall


def test_a_restore_that_does_not_move_is_a_stall() -> None:
    bench = Bench()
    bench.renewed()
    bench.tell(PartitionsAssigned((A,)))
    wait(bench, PATIENCE + 3)
    assert bench.machine.watch.stall.startswith("restoring `a/0` has not moved")


def test_kafka_going_and_coming_back_is_told_once_and_a_reminder_each_half_minute() -> None:
    bench = running(A)
    said: list[LogWarning | LogInfo] = []
    for second in range(100):
        commands = bench.tick(SECOND)
        commands += bench.tell(
            KafkaSilent("timed out") if second < 75 else EndOffsets(bench.now, {A: 0}, {A: 0})
        )
        said += [*of(LogWarning, commands), *of(LogInfo, commands)]
    assert [each.sentence for each in said] == [
        "kafka does not answer: timed out; we wait for it",
        "kafka does not answer for 31 s: timed out",
        "kafka does not answer for 61 s: timed out",
        "kafka answers again after 77 s",
    ]


def test_what_waits_is_counted_from_what_is_committed() -> None:
    bench = running(A)
    (task,) = bench.machine.tasks
    bench.batch(A, 0, b"x", b"y", later=200)
    wait(bench, 1, a=2)
    assert task.lag(A) == 2
    since = bench.machine.uncommitted_since
    assert since is not None
    bench.committed()
    assert task.lag(A) == 0
    assert bench.machine.uncommitted_since is None


def test_a_silence_that_ends_at_once_is_told_too() -> None:
    bench = running(A)
    told = of(LogWarning, bench.tell(KafkaSilent("timed out")))
    assert [each.sentence for each in told] == [
        "kafka does not answer: timed out; we wait for it"
    ]
    bench.answer(bench.now, {A: 0})
    told_later = of(LogInfo, [*bench.tick(SECOND), *bench.tick(SECOND)])
    assert [each.sentence[:19] for each in told_later] == ["kafka answers again"]
