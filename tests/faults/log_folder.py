"""A small file system for the log of a broker, so that it can be full."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def small_log(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount one of so many megabytes; only root may."""
    place = folder / "small"
    place.mkdir()
    size = f"size={megabytes}m"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "legato", str(place)], check=True)
    try:
        yield place / "log"
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=False)
