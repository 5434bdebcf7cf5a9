"""Plays one row from its line's start to its verdict, within its deadline."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from msgspec.structs import replace

from tests.faults.judge import judge
from tests.faults.row import Result, Row
from tests.faults.stage import WARM_S, Stage

Say = Callable[[str], None]
BUSY_S, AFTER_S = 5.0, 5.0
MORE_S = 45.0
"""How much longer than allowed to wait, so that the table can say how long it took."""


def play(row: Row, say: Say, keep: Path | None = None) -> Result:
    """Play a row on a thread of its own, so that nothing that hangs there hangs the bench.

    `keep` is where the logs of a row that failed go.
    """
    folder = Path(tempfile.mkdtemp(prefix="legato-faults-"))
    began, playing = time.monotonic(), _Playing(row, folder, say)
    playing.start()
    playing.join(row.deadline_s)
    result = playing.result
    if playing.is_alive():
        result = playing.given_up()
    result = replace(result, took_s=round(time.monotonic() - began, 1))
    if keep is not None and not result.passed:
        shutil.copytree(folder, keep / row.name, dirs_exist_ok=True, ignore=_ignore_logs)
    shutil.rmtree(folder, ignore_errors=True)
    return result


def _ignore_logs(folder: str, names: list[str]) -> Iterable[str]:
    """Leave out what brokers keep, which is large."""
    return [name for name in names if name in ("log", "small", "legato-faust")]


class _Playing(threading.Thread):
    def __init__(self, row: Row, folder: Path, say: Say) -> None:
        super().__init__(name=f"row-{row.name}", daemon=True)
        self.result = Result(row.name)
        self._row, self._say = row, say
        self._stage = Stage(row.setting, folder)
        self._doing = "starting"

    def run(self) -> None:
        try:
            with self._stage:
                self._play()
        except Exception as error:  # noqa: BLE001 - whatever it is, the row failed
            self._fault(f"while {self._doing}: {type(error).__name__}: {error}")

    def given_up(self) -> Result:
        """End what is still there of a row that took too long."""
        self._stage.abandon()
        self._fault(f"while {self._doing}: {self._row.deadline_s:g} s were over")
        return self.result

    def _play(self) -> None:
        row, stage = self._row, self._stage
        self._do("warming up")
        stage.upstream.go()
        time.sleep(1)
        stage.probe().seen_at(WARM_S)
        time.sleep(BUSY_S)
        if row.setting.idle_s:
            self._do("idling")
            stage.upstream.rest()
            time.sleep(row.setting.idle_s)
        self._do("at fault")
        row.fault(stage)
        if not self._recovers():
            self._note_signals()
            return
        self._do("going on")
        stage.upstream.go()
        time.sleep(AFTER_S)
        if row.mend is not None:
            row.mend(stage)
        self._note_signals()
        self._do("coming to the end")
        stage.close()
        self._do("being judged")
        self._judge()

    def _recovers(self) -> bool:
        row, span = self._row, self._stage.span
        assert span is not None, "a fault that was not marked"
        self.result = replace(self.result, outage_s=round(span.lasted_s, 1))
        self._do("recovering")
        try:
            took_s = self._stage.probe().seen_at(row.within_s + MORE_S) - span.ended
        except TimeoutError as error:
            self._fault(str(error))
            return False
        self.result = replace(self.result, recovered_s=round(took_s, 1))
        if took_s > row.within_s:
            self._fault(f"went on after {took_s:.0f} s, not within {row.within_s:g} s")
        return True

    def _note_signals(self) -> None:
        stage = self._stage
        assert stage.span is not None
        stage.span = stage.span._replace(over=time.monotonic())
        complaints = tuple(self._row.signals(stage))
        self.result = replace(
            self.result, complaints=complaints, memory_mb=round(stage.watch.memory_mb)
        )

    def _judge(self) -> None:
        row, stage = self._row, self._stage
        ends = tuple(sorted(end for slot in stage.slots for end in slot.ends))
        if row.ends is not None and ends not in row.ends:
            self._fault(f"workers ended with {ends}, not {' or '.join(map(str, row.ends))}")
        codes = stage.leave()
        if any(codes):
            self._fault(f"workers ended with {codes} as they were told to end")
        acts = stage.upstream.told
        found = judge(stage.case, acts, live=row.setting.live)
        self.result = replace(
            self.result,
            events=len(acts),
            lost=found.lost,
            doubled=found.doubled,
            made_up=found.made_up,
            faults=(*self.result.faults, *found.faults),
        )

    def _do(self, what: str) -> None:
        self._doing = what
        self._say(what)

    def _fault(self, what: str) -> None:
        self.result = replace(self.result, faults=(*self.result.faults, what))
