"""`python -m benchmarks.gauge.in_memory CASE FILE COUNT`: follow so many records of a file.

A process of its own, which an instrument can count: what it does besides is the same for any
count, so that two counts tell what lies between them.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from time import process_time

import msgspec

from benchmarks.engines.legato import PLAYBOOK
from benchmarks.engines.legato import SETTINGS as TRUSTED
from benchmarks.engines.legato_full import SETTINGS as FULL
from benchmarks.gauge.line import Case, InputRecord, Line, batches_of
from legato.settings import Settings, load

CASES: tuple[Case, ...] = ("trusted", "default", "full")


def settings_of(case: Case) -> Settings:
    """What a worker of that case is set to."""
    environ = {"LEGATO_PLAYBOOK": str(PLAYBOOK)} if case == "trusted" else {}
    return load(FULL if case == "full" else TRUSTED, environ)


def follow(case: Case, records: list[InputRecord]) -> float:
    """Follow records to the end, and say how much CPU time that took, in seconds."""
    line = Line(settings_of(case))
    batches = [*batches_of(records)]
    # As in a worker.
    gc.freeze()
    gc.set_threshold(50_000, 50, 1_000)
    before = process_time()
    for batch in batches:
        line.take(batch)
    line.checkpoint()
    return process_time() - before


def main() -> None:
    """Follow what the arguments name."""
    case, path, count = sys.argv[1:]
    if case not in CASES:
        raise SystemExit(f"no case `{case}`; name one of {', '.join(CASES)}")
    records = msgspec.msgpack.decode(Path(path).read_bytes(), type=list[InputRecord])
    print(follow(case, records[: int(count)]))


if __name__ == "__main__":
    main()
