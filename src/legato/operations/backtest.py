"""A log replayed by one playbook, or by two side by side, and what each would have done.

The log is read and its events are identified once, since no playbook has a say in that; then
each playbook has a line of its own. Customers that share nothing go to different processes.
"""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from multiprocessing import get_all_start_methods, get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import TypeAlias

import msgspec
from msgspec import Struct

from legato.core.playbook.definition import Playbook
from legato.core.values.results import Rejected
from legato.core.values.time import LONG_AGO, Instant
from legato.harness import SharedHarness
from legato.operations.errors import OperationFailed
from legato.operations.shares import Share, shares_of, whole
from legato.operations.tally import OutputCount, PlaybookTally
from legato.replay import Entry
from legato.settings import IdentitySettings
from legato.wire.topics.references import ReferenceLine

WORTH_A_PROCESS = 20_000
"""So many events are worth a process of their own."""
OFTEN = 1_000
Tell: TypeAlias = Callable[[int], None]


class BacktestJob(Struct, frozen=True):
    """What is to be played: the playbooks, by whose rules it is identified, and until when."""

    playbooks: tuple[Playbook, ...]
    identity: IdentitySettings
    until: Instant


class Counting:
    """One playbook's line over a share of the log, and a count of what it says."""

    def __init__(self, playbook: Playbook, identity: IdentitySettings) -> None:
        self.harness = SharedHarness(playbook, identity)
        self._count = OutputCount()

    def count(self) -> None:
        """Count what was said since the last time."""
        self._count.take(self.harness.outputs)
        self.harness.forget()

    def tally(self) -> PlaybookTally:
        """Return all that was counted."""
        return self._count.tally(self.harness.root_of)


def play_share(share: Share, job: BacktestJob, tell: Tell) -> list[PlaybookTally]:
    """Follow a share of the log with each playbook; tell how many events were followed."""
    lines = [Counting(playbook, job.identity) for playbook in job.playbooks]
    first, *others = [line.harness for line in lines]
    number = 0
    for number, (entry, clock) in enumerate(share, 1):
        if entry.at > job.until:
            break
        if clock != LONG_AGO:
            _catch_up(lines, clock)
        _follow(first, others, entry)
        for line in lines:
            if line.harness.outputs:
                line.count()
        if number % OFTEN == 0:
            tell(number)
    for line in lines:
        line.harness.wait_until(job.until)
        line.count()
    tell(number)
    return [line.tally() for line in lines]


def _catch_up(lines: Iterable[Counting], clock: Instant) -> None:
    """Let time pass to where events of other shares have brought it."""
    for line in lines:
        if line.harness.engine.next_due <= clock:
            line.harness.wait_until(clock)


def _follow(first: SharedHarness, others: Sequence[SharedHarness], entry: Entry) -> None:
    event = entry.event
    if isinstance(entry.reading, ReferenceLine):
        for harness in (first, *others):
            harness.take_version(entry.reading.version, entry.at)
    if event is None:
        return
    whose = first.whose(event, entry.authenticates)
    if isinstance(whose, Rejected):
        return
    copies = [copy(event) for _ in others]
    first.take_of(event, whose)
    for harness, each in zip(others, copies, strict=True):
        harness.take_of(each, whose)


class RunningBacktest:
    """A backtest under way; `collect` waits for it, and the end of its block ends it."""

    def __init__(self, entries: Sequence[Entry], job: BacktestJob, processes: int = 0) -> None:
        self._job = job
        count = processes or min(cores(), max(1, len(entries) // WORTH_A_PROCESS))
        # Where channels have a rate, what is done for one customer may keep another waiting.
        if "fork" not in get_all_start_methods() or any(each.rates for each in job.playbooks):
            count = 1
        self.processes = count
        self._share = whole(entries) if count == 1 else []
        shares = shares_of(entries, job.identity, count) if count > 1 else []
        gc.collect()
        gc.freeze()
        self._children = [_begin(share, job) for share in shares]

    def collect(self, tell: Tell) -> list[PlaybookTally]:
        """Wait until all is played, and tell how many events were; raises OperationFailed."""
        if not self._children:
            return play_share(self._share, self._job, tell)
        done = [PlaybookTally() for _ in self._job.playbooks]
        followed: dict[object, int] = {pipe: 0 for _, pipe in self._children}
        left = {pipe for _, pipe in self._children}
        while left:
            ready = wait([*left])
            for pipe in [each for each in left if each in ready]:
                said = _heard(pipe)
                if isinstance(said, int):
                    followed[pipe] = said
                    tell(sum(followed.values()))
                    continue
                left.discard(pipe)
                for tally, other in zip(done, said, strict=True):
                    tally.add(other)
        return done

    def __enter__(self) -> RunningBacktest:
        return self

    def __exit__(self, *_: object) -> None:
        for process, pipe in self._children:
            pipe.close()
            process.terminate()
            process.join(10)
        gc.unfreeze()


def cores() -> int:
    """Count the processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def _begin(share: Share, job: BacktestJob) -> tuple[BaseProcess, Connection]:
    """Start a process that has its share in memory already, as a copy of this one."""
    ours, theirs = get_context("fork").Pipe(duplex=False)
    process = get_context("fork").Process(target=_run, args=(share, job, theirs), daemon=True)
    process.start()
    theirs.close()
    return process, ours


def _run(share: Share, job: BacktestJob, pipe: Connection) -> None:
    """Play a share; Ctrl-C goes to all processes, and the one that began this ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tallies = play_share(share, job, lambda count: pipe.send_bytes(msgspec.json.encode(count)))
    pipe.send_bytes(msgspec.json.encode(tallies))
    pipe.close()


def _heard(pipe: Connection) -> int | list[PlaybookTally]:
    """Hear how far a process is, or what it counted."""
    try:
        return msgspec.json.decode(pipe.recv_bytes(), type=int | list[PlaybookTally])
    except EOFError:
        raise OperationFailed(
            "a process of the backtest ended before its time; try `--processes 1`"
        ) from None
