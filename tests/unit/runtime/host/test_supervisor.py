"""Workers that end in every way, as small real processes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from legato.local import wait_until
from legato.runtime.host.restarts import RestartPolicy
from legato.runtime.host.supervisor import Supervisor
from legato.runtime.machine.commands import Exit

HASTY = RestartPolicy(soon_s=0.001, late_s=0.002, grace_s=20)
WORKER = """
import os, pathlib, signal, sys, time
folder, index = pathlib.Path(sys.argv[1]), sys.argv[3]

def say(word):
    with (folder / f"{word}-{index}").open("a") as said:
        said.write(f"{os.getpid()}\\n")

def wait_for(path):
    while not path.exists():
        time.sleep(0.01)

def until_told(signum=None, frame=None):
    say("told")
    sys.exit(0)

signal.signal(signal.SIGTERM, until_told)
say("up")
"""
STAYS = "wait_for(folder / 'never')"


class Bench:
    """A supervisor of small workers, what each does, and what they said."""

    def __init__(self, folder: Path, *stories: str, patience: RestartPolicy = HASTY) -> None:
        self.folder = folder
        told = "".join(
            f"if index == '{n}':\n" + "".join(f"    {line}\n" for line in story.splitlines())
            for n, story in enumerate(stories)
        )
        command = [sys.executable, "-c", WORKER + told, str(folder)]
        self.supervisor = Supervisor(command, len(stories), patience)

    def said(self, word: str, index: int) -> list[int]:
        """The pids of those who said it, in order."""
        path = self.folder / f"{word}-{index}"
        return [int(line) for line in path.read_text().split()] if path.exists() else []

    async def hears(self, word: str, index: int) -> int:
        """Wait until the worker of an index says something; return its pid."""
        what = f"worker {index} to say {word}"
        return (await asyncio.to_thread(wait_until, lambda: self.said(word, index), what))[0]


async def test_what_will_not_pass_stops_all_at_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path, STAYS, "wait_for(folder / 'up-0')\nsys.exit(2)")
    end = await bench.supervisor.run()
    assert end == Exit(
        2,
        "worker 1 ended with code 2, and would do so again, so all were stopped; "
        "do what it says above, then start them again",
    )
    assert len(bench.said("up", 1)) == 1
    assert bench.said("told", 0) == bench.said("up", 0)


async def test_a_worker_that_fails_again_and_again_is_given_up(tmp_path: Path) -> None:
    bench = Bench(tmp_path, STAYS, "wait_for(folder / 'up-0')\nsys.exit(1)")
    end = await bench.supervisor.run()
    assert end == Exit(
        1,
        "worker 1 failed 5 times within 10 minutes, so all were stopped; "
        "do what it says above, then start them again",
    )
    assert len(bench.said("up", 1)) == 5
    assert bench.said("told", 0) == bench.said("up", 0)


async def test_one_that_is_told_to_end_by_somebody_else_comes_back(tmp_path: Path) -> None:
    story = (
        "if len((folder / 'up-0').read_text().split()) > 6: say('seventh')\nelse: sys.exit(0)"
    )
    bench = Bench(tmp_path, f"{story}\n{STAYS}")
    running = asyncio.create_task(bench.supervisor.run())
    await bench.hears("seventh", 0)
    bench.supervisor.stop()
    assert await running == Exit(0)


async def test_a_hung_worker_is_told_in_words(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    end = await Bench(tmp_path, "sys.exit(70)").supervisor.run()
    assert end.code == 1
    hung = "worker 0 hung, and its own watchdog ended it (code 70)"
    assert caplog.messages == [
        *(f"{hung}; again in {pause} s" for pause in (0.001, 0.002, 0.002, 0.002)),
        f"{hung}; all are stopped",
    ]


async def test_all_are_told_once_and_a_second_word_changes_nothing(tmp_path: Path) -> None:
    slow = "signal.signal(signal.SIGTERM, lambda *_: say('told'))\nsay('ready')"
    slow = f"{slow}\nwait_for(folder / 'go')"
    bench = Bench(tmp_path, slow, slow)
    running = asyncio.create_task(bench.supervisor.run())
    for index in (0, 1):
        await bench.hears("ready", index)
    bench.supervisor.stop()
    for index in (0, 1):
        await bench.hears("told", index)
    bench.supervisor.stop(Exit(1, "too late"))
    (tmp_path / "go").touch()
    assert await running == Exit(0)
    assert [len(bench.said("told", index)) for index in (0, 1)] == [1, 1]


async def test_one_that_does_not_end_is_killed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    deaf = f"signal.signal(signal.SIGTERM, signal.SIG_IGN)\nsay('deaf')\n{STAYS}"
    bench = Bench(tmp_path, STAYS, deaf, patience=RestartPolicy(grace_s=0.5))
    running = asyncio.create_task(bench.supervisor.run())
    await bench.hears("up", 0)
    await bench.hears("deaf", 1)
    bench.supervisor.stop()
    assert await running == Exit(1, "worker 1 did not end in order; see above what came last")
    assert "worker 1 is still there 0.5 s after SIGTERM, and is killed" in caplog.messages


async def test_one_that_is_frozen_hears_it_too(tmp_path: Path) -> None:
    bench = Bench(tmp_path, STAYS)
    running = asyncio.create_task(bench.supervisor.run())
    os.kill(await bench.hears("up", 0), signal.SIGSTOP)
    bench.supervisor.stop()
    assert await running == Exit(0)


@pytest.mark.parametrize("turns", range(1, 8))
async def test_one_that_is_being_started_is_told_as_well(tmp_path: Path, turns: int) -> None:
    bench = Bench(tmp_path, STAYS)
    running = asyncio.create_task(bench.supervisor.run())
    for _ in range(turns):
        await asyncio.sleep(0)
    bench.supervisor.stop()
    assert await asyncio.wait_for(running, HASTY.grace_s / 2) == Exit(0)


async def test_one_that_cannot_be_started_has_failed(caplog: pytest.LogCaptureFixture) -> None:
    longer_than_any_command = "x" * 4_000_000
    end = await Supervisor([longer_than_any_command], 1, HASTY).run()
    assert end.code == 1
    assert caplog.messages[0] == "worker 0 could not be started: Argument list too long"
