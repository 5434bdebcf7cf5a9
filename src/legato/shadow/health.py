"""Whether a shadow is alive, and whether it is where the line is."""

from __future__ import annotations

import time

from legato.settings import ShadowSettings

NEAR = 2_000


class ShadowHealth:
    """What the loop of a shadow last said of itself; asked from another thread."""

    def __init__(self, settings: ShadowSettings) -> None:
        self._settings = settings
        self._beat = time.monotonic()
        self._behind: int | None = None
        self._caught_up = False

    def beat(self) -> None:
        """Say that the loop goes round, or that a step of the start is done."""
        self._beat = time.monotonic()

    def behind(self, behind: int) -> None:
        """Say how many records are still to be followed; near the end counts as caught up."""
        self._behind = behind
        self._caught_up = self._caught_up or behind <= NEAR

    def not_alive(self) -> str:
        """Say why the process should be started again; empty if it should not."""
        silent = time.monotonic() - self._beat
        if silent > self._settings.liveness_timeout_s:
            return f"the loop has not gone round for {silent:.0f} s; start the shadow again"
        return ""

    def not_ready(self) -> str:
        """Say why its summary is not that of now yet; empty if it is."""
        if self._behind is None:
            return "contexts are being read"
        return "" if self._caught_up else f"catching up: {self._behind:,} records to go"
