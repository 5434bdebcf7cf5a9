"""What one process serves beside the API, such as the pages of the desk."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from msgspec import Struct
from starlette.routing import BaseRoute

from legato.serving.api.state import ApiState


class Refreshed(Protocol):
    """A file that is read anew when it changes."""

    def refresh(self) -> bool:
        """Look whether it changed; says whether it was read."""
        ...


class ServedBeside(Struct, frozen=True):
    """Its routes, its files, and what runs for as long as the process does."""

    routes: Sequence[BaseRoute] = ()
    files: Sequence[Refreshed] = ()
    running: Sequence[Callable[[], Awaitable[None]]] = ()


MakeBeside = Callable[[ApiState], ServedBeside]
