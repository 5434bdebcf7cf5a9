"""Rows in which something befalls the workers, and Kafka is well."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from legato.local import wait_until
from tests.faults import worker_at_fault
from tests.faults.row import Fault, Row, Setting
from tests.faults.signals import back, lives
from tests.faults.slot import Slot
from tests.faults.stage import Stage
from tests.faults.worker_at_fault import POINTS, Mark

Deed = Literal["kill", "term", "hang"]
AT_FAULT = ("-m", worker_at_fault.__name__)
DEADLINE_S = 15.0
"""After so long a call is given up: the transaction timeout and 5 s."""
READING_S = 90.0
"""By then a thread that reads is given up, and with it the worker: after 60 looks at it, which
are a second apart and more on a busy machine."""
FORCED_S, SLACK_S = 25.0, 5.0
"""How long a worker that was told to end may take, whatever hangs; and how long we may."""
HANGS = (
    "a call to Kafka has not returned",
    "what its threads do",
    "has hung for",
    "and none is committed",
)
FORCED = 70
"""The exit code of a worker that left a call behind as it ended."""

Ends = tuple[tuple[int, ...], ...]
KILLED, TOLD = ((-9,),), ((0,),)
DEEDS: tuple[tuple[Deed, str, Ends], ...] = (
    ("kill", "killed", KILLED),
    ("term", "told to end", TOLD),
)


def nothing(stage: Stage) -> None:
    """Let all be well for a moment: who fails here fails for no fault of Kafka's."""
    with stage.fault():
        time.sleep(2)


def killed(stage: Stage) -> None:
    """Kill one worker in the middle of its work."""
    with stage.fault():
        stage.slots[0].kill()


def killed_while_restoring(stage: Stage) -> None:
    """Kill a worker, and kill the one that follows it as it begins to restore."""
    with stage.fault():
        _restoring(stage).kill()


def told_to_end_while_restoring(stage: Stage) -> None:
    """Kill a worker, and tell the one that follows it to end as it begins to restore."""
    with stage.fault():
        victim = _restoring(stage)
        victim.ask_to_end()
        wait_until(lambda: len(victim.ends) > 1, "its end", deadline_s=FORCED_S + SLACK_S)


def _restoring(stage: Stage) -> Slot:
    """Kill the first worker, and wait until the one that follows it begins to restore."""
    first = stage.slots[0]
    seen = first.said.count("to be restored")
    first.kill()
    wait_until(lambda: first.said.count("to be restored") > seen, "a restore", deadline_s=60)
    return first


def all_killed(stage: Stage) -> None:
    """Kill all workers at once."""
    with stage.fault():
        for slot in stage.slots:
            slot.kill()


def rolled(stage: Stage, times: int = 10) -> None:
    """Restart the workers one after the other, again and again."""
    with stage.fault():
        for number in range(times):
            slot = stage.slots[number % len(stage.slots)]
            ended = len(slot.ends)
            slot.ask_to_end()
            wait_until(lambda s=slot, n=ended: len(s.ends) > n, "its end", deadline_s=40)  # type: ignore[misc]
            wait_until(stage.ready, "all to be ready again", deadline_s=60)


def frozen(seconds: float) -> Fault:
    """Freeze a worker past its session, or past its transaction as well, then let it go on."""

    def fault(stage: Stage) -> None:
        with stage.fault():
            stage.slots[0].freeze()
            time.sleep(seconds)
            stage.slots[0].thaw()

    return fault


def of_one_name(stage: Stage) -> None:
    """Start a second worker of an index that is taken, and take it away again."""
    with stage.fault():
        twin = Slot(0, stage.folder, stage.environ)
        time.sleep(20)
        twin.leave()


def struck(stage: Stage) -> None:
    """Let the first worker that gets to the point come to harm there."""
    with stage.fault():
        victim = _strike(stage)
        wait_until(lambda: victim.ends, "the worker to end", deadline_s=60)


def hung(stage: Stage) -> None:
    """Let a call of one worker hang for ever; the fault has ended as the deadline is over."""
    with stage.fault():
        _strike(stage)
        time.sleep(DEADLINE_S)


def told_to_end_while_hung(stage: Stage) -> None:
    """Tell a worker to end while one of its calls hangs: it must end all the same."""
    with stage.fault():
        victim = _strike(stage)
        victim.ask_to_end()
        within_s = FORCED_S + SLACK_S
        wait_until(lambda: victim.ends, "the hung worker to end", deadline_s=within_s)


def hung_reading(stage: Stage) -> None:
    """Let a thread of one worker that reads hang for ever: the worker must end itself."""
    with stage.fault():
        victim = _strike(stage)
        what = "the hung worker to end itself"
        wait_until(lambda: victim.ends, what, deadline_s=READING_S)


def _strike(stage: Stage) -> Slot:
    mark = Mark(stage.mark)
    mark.set()
    pid = wait_until(lambda: mark.pid, "a worker to get to the point", deadline_s=30)
    return next(slot for slot in stage.slots if pid in slot.pids)


def _at_point(point: str, deed: Deed) -> Setting:
    environ = {"FAULT_POINT": point, "FAULT_DEED": deed}
    return Setting(program=AT_FAULT, environ=environ)


def alive_and_back(stage: Stage) -> Iterator[str]:
    """Nobody was to be started again, and all are ready."""
    assert stage.span is not None
    yield from lives(stage.watch, stage.span)
    yield from back(stage.watch, stage.span)


def says_why(stage: Stage) -> Iterator[str]:
    """A worker that was forced to end says that a call hung, or what its threads did."""
    said = "".join(slot.said for slot in stage.slots if slot.ends == [FORCED])
    if said and not any(words in said for words in HANGS):
        yield "the worker that was forced to end does not say why"


AT_POINTS = tuple(
    Row(
        f"worker-{deed}-{point}",
        f"A worker is {word} {point.replace('-', ' ')}",
        struck,
        _at_point(point, deed),
        within_s=15,
        ends=ends,
    )
    for point in POINTS
    for deed, word, ends in DEEDS
)
HUNG = Row(
    "hung-call",
    "A call of librdkafka hangs for ever",
    hung,
    _at_point("before-offsets", "hang"),
    within_s=15,
    signals=alive_and_back,
)
HUNG_LIVE = Row(
    "hung-call-live",
    "... and time is that of the broker",
    hung,
    replace(_at_point("before-offsets", "hang"), live=True),
    within_s=15,
    signals=alive_and_back,
)
HUNG_AND_TOLD = Row(
    "hung-call-sigterm",
    "SIGTERM comes while a call hangs",
    told_to_end_while_hung,
    _at_point("before-offsets", "hang"),
    within_s=15,
    signals=says_why,
    ends=((FORCED,), (0,)),
)
HUNG_READING = tuple(
    Row(
        f"hung-{point}",
        f"The thread that reads {what} hangs for ever",
        hung_reading,
        _at_point(point, "hang"),
        within_s=15,
        signals=says_why,
        ends=((FORCED,),),
    )
    for point, what in (("reading", "what it follows"), ("aliases", "aliases"))
)
ROWS = (
    Row("calm", "Nothing happens at all", nothing, within_s=5),
    Row("worker-kill", "A worker is killed with -9", killed, within_s=15, ends=KILLED),
    Row("workers-kill", "All workers are killed", all_killed, within_s=30, ends=((-9, -9),)),
    *AT_POINTS,
    Row(
        "worker-kill-restoring",
        "A worker is killed while it restores",
        killed_while_restoring,
        within_s=30,
        ends=((-9, -9),),
    ),
    Row(
        "worker-term-restoring",
        "A worker is told to end while it restores",
        told_to_end_while_restoring,
        within_s=30,
        ends=((-9, 0),),
    ),
    HUNG,
    HUNG_LIVE,
    HUNG_AND_TOLD,
    *HUNG_READING,
    Row("worker-frozen-9s", "A worker is frozen past its session", frozen(9), within_s=15),
    Row("worker-frozen-25s", "... and past its transaction", frozen(25), within_s=15),
    Row("worker-twin", "Two workers of one name and index", of_one_name, ends=None),
    Row("workers-rolled", "Ten restarts under load", rolled, within_s=15, ends=((0,) * 10,)),
)
