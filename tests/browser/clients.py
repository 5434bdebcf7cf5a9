"""Segment's own clients, fetched once by npm into the user's cache."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
LISTED = ("package.json", "package-lock.json")
FETCH = ("ci", "--ignore-scripts", "--no-audit", "--no-fund")
FETCH_S = 120
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


class ClientsUnavailable(RuntimeError):
    """The clients cannot be had here; the message is one sentence for a person."""


def tool(*names: str) -> str:
    """Find a program by one of its names; raises ClientsUnavailable."""
    for name in names:
        if found := shutil.which(name):
            return found
    raise ClientsUnavailable(f"`{names[0]}` is not on the PATH")


def client_modules() -> Path:
    """Find the folder `node_modules` of the lock file, fetching it the first time.

    Raises ClientsUnavailable without Node and npm, and CalledProcessError or TimeoutExpired
    where npm cannot fetch.
    """
    tool("node")
    npm = tool("npm")
    lock = (HERE / "package-lock.json").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "legato"
    home = cache / f"clients-{hashlib.sha256(lock).hexdigest()[:16]}"
    cache.mkdir(parents=True, exist_ok=True)
    with home.with_suffix(".lock").open("a") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        if not home.exists():
            _fetch(npm, home)
    return home / "node_modules"


def _fetch(npm: str, home: Path) -> None:
    half = home.with_suffix(".half")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir()
    for name in LISTED:
        shutil.copy(HERE / name, half)
    subprocess.run(
        [npm, *FETCH], cwd=half, check=True, capture_output=True, text=True, timeout=FETCH_S
    )
    half.rename(home)
