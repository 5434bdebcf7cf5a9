"""Each sample of a worker counts for the part of the line that was at work."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.gauge.stacks import OTHERS, PARTS, place_of, read_stacks

ROOT = Path(__file__).parents[2]
SRC = "/somewhere/src/legato/"
LOOP = f"WorkerLoop._handle ({SRC}runtime/host/loop.py:339)"
FOLLOW = f"FollowProcessor.take ({SRC}runtime/processors/follow.py:83)"
FEED = f"Partition.feed ({SRC}core/line/partition.py:159)"
WRITE = f"write_context ({SRC}wire/state.py:118)"


@pytest.mark.parametrize(
    ("frames", "part", "function"),
    [
        ([LOOP], "shell: threads and Kafka", "runtime/host/loop.py: WorkerLoop._handle"),
        (
            [LOOP, FOLLOW],
            "shell: batches and checkpoints",
            "runtime/processors/follow.py: FollowProcessor.take",
        ),
        ([LOOP, FOLLOW, FEED], "follow", "core/line/partition.py: Partition.feed"),
        (
            [LOOP, WRITE, "Encoder_encode (msgspec/_core.so)"],
            "write contexts",
            "wire/state.py: write_context",
        ),
        (
            [LOOP, FEED, "gc_collect_main (libpython3.11.so)"],
            "garbage collector",
            "core/line/partition.py: Partition.feed",
        ),
        (["BaseEventLoop._run_once (asyncio/base_events.py:1922)"], OTHERS, "elsewhere"),
        ([f"worker ({SRC}cli/worker.py:68)"], OTHERS, "elsewhere"),
    ],
)
def test_a_stack_belongs_to_what_is_deepest_in_it(
    frames: list[str], part: str, function: str
) -> None:
    assert place_of(frames) == (part, function)


def test_samples_are_summed_up_by_thread_and_those_of_the_main_one_by_part() -> None:
    stacks = read_stacks(
        [
            f"thread (7): MainThread;{LOOP} 3",
            f"thread (7): MainThread;{LOOP};{FEED} 2",
            f"thread (9): legato-feed;run ({SRC}runtime/kafka/consumer.py:108) 4",
            "thread (11);poll (libc.so.6) 1",
            "",
        ]
    )
    assert stacks.threads == {7: 5, 9: 4, 11: 1}
    assert stacks.names == {7: "MainThread", 9: "legato-feed", 11: ""}
    assert stacks.parts == {"shell: threads and Kafka": 3, "follow": 2}


def test_the_parts_are_rooms_that_there_are() -> None:
    places = [start for starts in PARTS.values() for start in starts]
    for place in places:
        found = ROOT / "src" / "legato" / place
        assert found.is_dir() or found.with_suffix(".py").is_file(), place
