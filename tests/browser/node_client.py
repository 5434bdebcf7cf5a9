"""Segment's analytics-node, as a process of its own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import msgspec
from msgspec import Struct

from tests.browser.clients import HERE, tool

END_S = 150


class Report(Struct, frozen=True):
    """Which statuses the client was answered, and why it gave up what it gave up."""

    statuses: list[int]
    failed: list[str]


class NodeClient:
    """Identifies a user, tracks so many products, flushes and ends."""

    def __init__(self, modules: Path, host: str, key: str, *, user: str, count: int) -> None:
        self._process = subprocess.Popen(
            [tool("node"), HERE / "node_client.cjs", host, key, user, str(count)],
            env={**os.environ, "NODE_PATH": str(modules)},
            stdout=subprocess.PIPE,
            text=True,
        )

    def ends(self) -> Report:
        """Wait for its end."""
        try:
            told, _ = self._process.communicate(timeout=END_S)
        finally:
            self._process.kill()
        assert self._process.returncode == 0
        return msgspec.json.decode(told, type=Report)
