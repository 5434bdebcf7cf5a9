"""Instructions an event, counted by callgrind: the same on a busy machine as on a quiet one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from benchmarks.engines.engine import ROOT
from benchmarks.gauge.in_memory import CASES
from benchmarks.gauge.line import Case, input_of

SOME = 2_000
"""So many records warm the line up, and what it takes to start is in them."""
ALL: dict[Case, int] = {"trusted": 22_000, "default": 12_000, "full": 12_000}
CORES = 2
_PATH = os.pathsep.join((str(ROOT), str(ROOT / "src")))
"""A checkout counts its own code, whichever is installed."""


class Uncounted(RuntimeError):
    """Instructions cannot be counted; the message says why and what to do."""


def count_all(done: Callable[[], None]) -> dict[str, int]:
    """Count the instructions an event of each case; `done` is called after each run.

    Raises Uncounted.
    """
    if shutil.which("valgrind") is None:
        raise Uncounted("no `valgrind`: install it, on Debian by `apt-get install valgrind`")
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(CORES) as pool:
        counts = {
            (case, number): pool.submit(
                _count, case, _written(Path(folder), case), number, done
            )
            for case in CASES
            for number in (ALL[case], SOME)
        }
        return {
            case: (counts[case, ALL[case]].result() - counts[case, SOME].result())
            // (ALL[case] - SOME)
            for case in CASES
        }


def runs() -> int:
    """How many runs `count_all` takes."""
    return 2 * len(CASES)


def _written(folder: Path, case: Case) -> Path:
    path = folder / case
    if not path.exists():
        path.write_bytes(msgspec.msgpack.encode(input_of(case, ALL[case])))
    return path


def _count(case: Case, path: Path, number: int, done: Callable[[], None]) -> int:
    """Follow so many records under callgrind, and return all instructions of that process."""
    ran = subprocess.run(
        [
            *_without_chance(),
            "valgrind",
            "--tool=callgrind",
            "--callgrind-out-file=/dev/null",
            sys.executable,
            "-m",
            "benchmarks.gauge.in_memory",
            case,
            str(path),
            str(number),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": _PATH},
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"Collected : (\d+)", ran.stderr)
    if ran.returncode or found is None:
        words = ran.stderr.strip().splitlines()[-1:] or ["nothing"]
        raise Uncounted(f"the line under callgrind ended with {ran.returncode}: {words[0]}")
    done()
    return int(found[1])


def _without_chance() -> list[str]:
    """Addresses that differ from run to run make hashes of objects differ."""
    setarch = shutil.which("setarch")
    return [setarch, "--addr-no-randomize"] if setarch else []
