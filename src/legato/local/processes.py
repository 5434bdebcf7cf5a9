"""Children that are of use only together: stopped together, and missed when one is gone."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

from legato.local.child import Child


class ProcessGone(RuntimeError):
    """One has ended by itself; the message says which, and its last words."""


class Processes:
    """All that were started, by what people call them; their logs are in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, Child] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Stop all, at the same time."""
        with ThreadPoolExecutor() as hands:
            list(hands.map(Child.stop, self._running.values()))

    def start(
        self, name: str, command: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> None:
        """Start one more."""
        log = self._folder / f"{name.replace(' ', '-')}.log"
        self._running[name] = Child(command, log, environment)

    def see(self) -> None:
        """See that all are there; raises ProcessGone."""
        for name, child in self._running.items():
            if child.exited.is_set():
                raise ProcessGone(f"the {name} is gone: {child.last_words()}")
