"""Prometheus' own checker."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def promtool(*words: str | Path) -> None:
    """Run promtool, and fail with what it says; skip where it is not, but never in CI."""
    binary = shutil.which("promtool")
    if binary is None:
        missing = "`promtool` is not installed, on Debian it comes with `prometheus`"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    run = subprocess.run([binary, *words], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
