"""The e-commerce example, converted by its own program."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "ecommerce"


def convert(folder: Path) -> tuple[Path, Path]:
    """Write events and profiles into a folder, as the README says to."""
    events, profiles = folder / "events.jsonl", folder / "profiles.jsonl"
    run(sys.executable, EXAMPLE / "convert.py", "--out", events, "--profiles", profiles)
    return events, profiles


def replay(events: Path, found: Path) -> Path:
    """Run the line over a file, as the README says to."""
    run(Path(sys.executable).with_name("legato"), "replay", events, "--out", found)
    return found


def summarize(found: Path) -> str:
    """Count what was found, as the README does."""
    return run(sys.executable, EXAMPLE / "summary.py", found)


def run(*words: str | Path) -> str:
    """Run a program to its end, and return what it said."""
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Read JSON lines."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
