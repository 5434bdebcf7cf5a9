"""Give each Python peer an environment of its own, so that none decides for another."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path


def python_with(*requirements: str) -> str:
    """Return the interpreter of a cached environment that has exactly these requirements."""
    name = hashlib.sha256("\n".join((sys.version, *requirements)).encode()).hexdigest()[:12]
    home = cache_folder() / name
    interpreter, ready = home / "bin" / "python", home / "ready"
    if not ready.exists():
        shutil.rmtree(home, ignore_errors=True)
        install(home, interpreter, requirements)
        ready.touch()
    return str(interpreter)


def install(home: Path, interpreter: Path, requirements: tuple[str, ...]) -> None:
    """Make the environment by uv where there is one, by pip otherwise."""
    if uv := shutil.which("uv"):
        make = [uv, "venv", "-q", "--python", sys.executable, str(home)]
        fill = [uv, "pip", "install", "-q", "--python", str(interpreter), *requirements]
    else:
        make = [sys.executable, "-m", "venv", str(home)]
        fill = [str(interpreter), "-m", "pip", "install", "-q", *requirements]
    subprocess.run(make, check=True)
    subprocess.run(fill, check=True)


def cache_folder() -> Path:
    """Return where the environments are kept from run to run."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "legato-bench"
