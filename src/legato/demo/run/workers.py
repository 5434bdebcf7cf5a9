"""The processes of a run: workers that may be killed and come back, and those beside them."""

from __future__ import annotations

import secrets
import sys
import urllib.request
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path
from typing import Literal

from msgspec import Struct

from legato.demo.run.stage import PARTITIONS, Stage
from legato.local import Child, free_port
from legato.serving.api.trial import TrialApi

State = Literal["starting", "restoring", "following", "killed", "gone"]
LANES = 3 * PARTITIONS
"""The partitions that the workers share: of the source, of the customers, of the outcomes."""
ANSWER_S = 0.5


class WorkersLost(RuntimeError):
    """A process ended that nobody had told to."""


class Sight(Struct, frozen=True):
    """A worker as it looks from outside."""

    index: int
    pid: int
    state: State
    partitions: int = 0
    contexts: int = 0


class DemoWorker:
    """The worker of one index, and its process at the moment."""

    def __init__(self, stage: Stage, index: int) -> None:
        self.index = index
        self.killed = False
        self._stage = stage
        self._port = free_port()
        self.child = self._start()

    def kill(self) -> int:
        """End it by SIGKILL, as a power cut would; return the id that it had."""
        self.killed = True
        self.child.kill()
        return self.child.pid

    def revive(self) -> None:
        """Start a new process in its place."""
        self.child = self._start()
        self.killed = False

    def look(self) -> Sight:
        """Ask it how it is."""
        pid = self.child.pid
        if self.child.exited.is_set():
            return Sight(self.index, pid, "killed" if self.killed else "gone")
        seen = _metrics(self._port)
        running = int(seen.get('legato_tasks{state="running"}', 0))
        restoring = int(seen.get('legato_tasks{state="restoring"}', 0))
        state: State = "restoring" if restoring else "following" if running else "starting"
        contexts = int(seen.get("legato_contexts", 0))
        return Sight(self.index, pid, state, running, contexts)

    def _start(self) -> Child:
        # The worker of index N listens on `port + N`.
        port = {"LEGATO_METRICS_PORT": str(self._port - self.index)}
        words = ("worker", "--index", str(self.index))
        file = self._stage.settings_file
        return _child(self._stage, f"worker-{self.index}", file, words, port)


class Workers:
    """All processes of a run."""

    def __init__(self, stage: Stage) -> None:
        self.workers: list[DemoWorker] = []
        self._stage = stage
        self._beside: dict[str, Child] = {}
        self._links: dict[str, str] = {}
        self._eyes = ThreadPoolExecutor(thread_name_prefix="look")

    def start(self, workers: int) -> TrialApi:
        """Start so many workers, view and API; `stop` ends as many as were started."""
        for index in range(workers):
            self.workers.append(DemoWorker(self._stage, index))
        stage = self._stage
        view, api = "the Redis view", "the API"
        self._beside[view] = _child(stage, "view", stage.view_file, ("view", "redis"))
        trial = TrialApi.prepare(stage.folder, free_port())
        self._links = {
            "LEGATO_UNSUBSCRIBE_URL": f"{trial.address}/v1/unsubscribe/{{token}}",
            "LEGATO_UNSUBSCRIBE_SECRET": secrets.token_hex(32),
        }
        told = {**trial.environ, **self._links}
        self._beside[api] = _child(stage, "api", stage.settings_file, ("api",), told)
        return trial

    def start_adapter(self) -> None:
        """Start what sends emails; later than all else, which nobody has to wait for."""
        stage, words = self._stage, ("adapter", "run", "email")
        child = _child(stage, "adapter", stage.mail_file, words, self._links)
        self._beside["the email adapter"] = child

    def look(self) -> list[Sight]:
        """Look at all workers; raises WorkersLost if a process has ended by itself."""
        sights = list(self._eyes.map(DemoWorker.look, self.workers))
        for worker, sight in zip(self.workers, sights, strict=True):
            if sight.state == "gone":
                raise _lost(f"worker {worker.index}", worker.child)
        for name, child in [*self._beside.items()]:  # one more may be started meanwhile
            if child.exited.is_set():
                raise _lost(name, child)
        return sights

    def stop(self) -> None:
        """End all, in order and at the same time."""
        children = [worker.child for worker in self.workers]
        list(self._eyes.map(Child.stop, [*children, *self._beside.values()]))


def complete(sights: Iterable[Sight]) -> bool:
    """Is every partition followed, with a part for each worker?"""
    sights = list(sights)
    busy = all(sight.state == "following" for sight in sights)
    return busy and covered(sights)


def covered(sights: Iterable[Sight]) -> bool:
    """Is every partition followed, be it that a worker is not back yet?"""
    return sum(sight.partitions for sight in sights) == LANES


def _child(
    stage: Stage,
    name: str,
    settings: Path,
    words: Iterable[str],
    environment: dict[str, str] | None = None,
) -> Child:
    command = [sys.executable, "-m", "legato", "--settings", str(settings), *words]
    # Whatever they leave in the folder for temporary things goes with the stage.
    environment = {"TMPDIR": str(stage.folder), **(environment or {})}
    return Child(command, stage.folder / f"{name}.log", environment)


def _lost(who: str, child: Child) -> WorkersLost:
    return WorkersLost(
        f"{who} ended by itself with code `{child.returncode}`; its last words were "
        f"`{child.last_words()}`"
    )


def _metrics(port: int) -> dict[str, float]:
    """Ask for /metrics; nothing while nobody answers."""
    try:
        address = f"http://127.0.0.1:{port}/metrics"
        with urllib.request.urlopen(address, timeout=ANSWER_S) as answer:
            lines = answer.read().decode().splitlines()
    except (OSError, HTTPException):
        return {}
    told = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(value) for name, _, value in told}
