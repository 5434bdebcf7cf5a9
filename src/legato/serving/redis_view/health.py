"""Whether a view is alive, and whether its readers can rely on it."""

from __future__ import annotations

import time

from legato.settings import ViewSettings


class ViewHealth:
    """What the loop of a view last said of itself; asked from another thread."""

    def __init__(self, settings: ViewSettings) -> None:
        self._settings = settings
        self._beat = time.monotonic()
        self._behind: int | None = None
        self._caught_up = False
        self._trouble = ""

    def beat(self) -> None:
        """Say that the loop goes round."""
        self._beat = time.monotonic()

    def behind(self, behind: int) -> None:
        """Say how many records are still to be written; near the end counts as caught up."""
        self._behind = behind
        self._caught_up = self._caught_up or behind <= self._settings.batch_size

    def recovered(self) -> None:
        """Say that Redis took a batch."""
        self._trouble = ""

    def failed(self, trouble: str) -> None:
        """Say why a batch is not in Redis yet."""
        self._trouble = trouble

    def not_alive(self) -> str:
        """Say why the process should be started again; empty if it should not."""
        silent = time.monotonic() - self._beat
        if silent > self._settings.liveness_timeout_s:
            return f"the loop has not gone round for {silent:.0f} s; start the view again"
        return ""

    def not_ready(self) -> str:
        """Say why readers of Redis should not rely on it yet; empty if they can."""
        if self._trouble:
            return self._trouble
        if self._behind is None:
            return "no partition has been read yet"
        if not self._caught_up:
            return f"catching up: {self._behind:,} records to go"
        return ""
