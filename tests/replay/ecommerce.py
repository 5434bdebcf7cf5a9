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
    program = [sys.executable, str(EXAMPLE / "convert.py")]
    options = ["--out", str(events), "--profiles", str(profiles)]
    subprocess.run([*program, *options], check=True, capture_output=True)
    return events, profiles


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Read JSON lines."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
