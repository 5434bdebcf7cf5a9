"""Wait for something to become true, but never for ever."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PAUSE_S = 0.05


def wait_until(
    probe: Callable[[], T],
    what: str,
    *,
    deadline_s: float = 30.0,
    cancelled: threading.Event | None = None,
) -> T:
    """Ask `probe` until it answers something true, and hand that answer on.

    Raises TimeoutError naming `what` when `deadline_s` have passed, or as soon as
    `cancelled` is set: then no later answer can come.
    """
    cancelled = cancelled or threading.Event()
    ends = time.monotonic() + deadline_s
    while not (answer := probe()):
        if time.monotonic() > ends:
            raise TimeoutError(f"waited {deadline_s:g} s in vain for {what}")
        if cancelled.wait(PAUSE_S):
            raise TimeoutError(f"stopped waiting for {what}: it can no longer come")
    return answer
