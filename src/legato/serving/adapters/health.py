"""Whether an adapter is alive, and what it waits for."""

from __future__ import annotations

import logging
import time

log = logging.getLogger(__name__)

LIVENESS_S = 45.0
LOGGED = frozenset(("redis", "registry", "breaker"))
"""What the log tells of as well: nothing is sent meanwhile, and nobody else says so."""


class AdapterHealth:
    """What the loop last said of itself; asked from another thread."""

    def __init__(self) -> None:
        self._beat = time.monotonic()
        self._troubles: dict[str, str] = {"partitions": "no partition is ours yet"}
        self._stands = ""

    def beat(self) -> None:
        """Say that the loop turns."""
        self._beat = time.monotonic()

    def wait_for(self, what: str, trouble: str) -> None:
        """Say what is waited for; nothing, if the trouble is empty."""
        before = self._troubles.get(what, "")
        if what in LOGGED and trouble != before:
            log.warning(
                "%s", f"nothing is sent: {trouble}" if trouble else f"no more: {before}"
            )
        troubles = {name: told for name, told in self._troubles.items() if name != what}
        self._troubles = {**troubles, what: trouble} if trouble else troubles

    def stands(self, trouble: str) -> None:
        """Say which partition is not read on though there is more; empty if none."""
        self._stands = trouble

    def not_alive(self) -> str:
        """Say why the process should be started again; empty if it should not."""
        silent = time.monotonic() - self._beat
        if silent > LIVENESS_S:
            return f"the loop has not turned for {silent:.0f} s; start the adapter again"
        return self._stands

    def not_ready(self) -> str:
        """Say what it waits for; empty if for nothing but actions."""
        return "; ".join(self._troubles.values())
