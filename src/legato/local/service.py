"""What all local services have in common: started ready, stopped always."""

import shutil
import signal
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from legato.local.child import Child
from legato.local.unavailable import ServiceUnavailable
from legato.local.waiting import wait_until


class Folder:
    """Where a service keeps its data: a given folder, which is kept, or one of its own."""

    def __init__(self, given: Path | None) -> None:
        """Use `given`, created where it is missing, else a temporary folder."""
        self.own = given is None
        self.path = given or Path(tempfile.mkdtemp(prefix="legato-"))
        self.path.mkdir(parents=True, exist_ok=True)

    def clean(self) -> None:
        """Remove it, if it is the service's own."""
        if self.own:
            shutil.rmtree(self.path, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Leave nothing behind of a service that did not come up."""
        if kind:
            self.clean()


@dataclass(frozen=True)
class Launch:
    """How to start a service, and how to see that it is ready."""

    name: str
    command: Sequence[str]
    folder: Folder
    ready: Callable[[], bool]
    environment: Mapping[str, str] = field(default_factory=dict)
    deadline_s: float = 60.0


class Service:
    """A server on 127.0.0.1: use it in a `with`, and it is stopped at its end."""

    def __init__(self, launch: Launch) -> None:
        """Start it, and wait until it answers. Raises ServiceUnavailable."""
        self.launch = launch
        self.child = self._spawn()
        try:
            self._wait()
        except BaseException:
            self.child.kill()
            raise

    def _spawn(self) -> Child:
        log = self.folder / f"{self.launch.name}.log"
        return Child(self.launch.command, log, self.launch.environment)

    def _wait(self) -> None:
        launch, child = self.launch, self.child
        try:
            wait_until(
                launch.ready,
                f"`{launch.name}` to answer",
                deadline_s=launch.deadline_s,
                cancelled=child.exited,
            )
        except TimeoutError as error:
            end = "did not answer" if self.alive else f"ended with code `{child.returncode}`"
            raise ServiceUnavailable(
                f"`{launch.name}` {end}, its last words were `{child.last_words()}`"
            ) from error

    @property
    def folder(self) -> Path:
        """The folder of its data and its log."""
        return self.launch.folder.path

    @property
    def pid(self) -> int:
        """The id of its process, a new one after a restart."""
        return self.child.pid

    @property
    def alive(self) -> bool:
        """Is its process there?"""
        return not self.child.exited.is_set()

    def kill(self) -> None:
        """End it as a power cut would; `restart` brings it back on the same folder and port."""
        self.child.kill()

    def end(self) -> None:
        """End it in order; `restart` brings it back on the same folder and port."""
        self.child.stop()

    def pause(self) -> None:
        """Freeze it, as a long garbage collection or a lost network would."""
        self.child.send(signal.SIGSTOP)

    def resume(self) -> None:
        """End a pause."""
        self.child.send(signal.SIGCONT)

    def restart(self) -> None:
        """Stop it if it runs, and start it again on the same folder and port."""
        self.child.stop()
        self.child = self._spawn()
        self._wait()

    def stop(self) -> None:
        """End it in order, and remove its folder if that was a temporary one."""
        self.child.stop()
        self.launch.folder.clean()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
