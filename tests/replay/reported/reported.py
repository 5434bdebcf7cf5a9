"""Cases made after public bug reports of other systems: what is run in their folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from click.testing import CliRunner, Result

from legato.cli import main

Json = dict[str, Any]
FOLDER = Path(__file__).parent


def run(case: str, *words: str, **environ: str) -> Result:
    """Run `legato WORDS` with the settings of a case; names of its files become paths."""
    folder = FOLDER / case
    paths = [str(folder / word) if (folder / word).is_file() else word for word in words]
    settings = ["--settings", str(folder / "legato.toml")]
    return CliRunner(env=environ).invoke(main, [*settings, *paths])


def said(case: str, *words: str) -> list[Json]:
    """Replay the events of a case, and return all that is said."""
    result = run(case, "replay", "events.jsonl", "--identity", *words)
    assert result.exit_code == 0, result.output
    return [msgspec.json.decode(line) for line in result.stdout.splitlines()]


def of_kind(told: list[Json], kind: str) -> list[Json]:
    """Take what is of one kind: `action`, `decision`, `dead_letter`, `identity.linked`."""
    return [each for each in told if each["kind"] == kind]
