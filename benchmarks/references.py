"""What a million references cost: bytes a key beside its own, and time to take and read one.

`python -m benchmarks.references`, on an idle machine; each kind of value in its own process.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from time import perf_counter

from legato.core.references.as_of import ReferencesAsOf
from legato.core.references.table import VERSIONS_MOST, ReferenceTable
from legato.core.references.versions import ReferenceVersion

KEYS = 1_000_000
NOW = 1_760_000_000_000
KINDS = {
    "stock": '{{"pieces":{0}}}',
    "price": '{{"amount":{0}.95,"currency":"EUR"}}',
    "offer": '{{"amount":{0}.95,"currency":"EUR","until":"2026-03-02T10:00:00Z","code":"S1"}}',
}


def measure(kind: str) -> str:
    """Fill a table with three versions of a million keys, and read some."""
    table, own = ReferenceTable(), 0
    before = _resident()
    started = perf_counter()
    for number in range(KEYS):
        key = f"SHOE-{number:07d}"
        own += len(key)
        for age in range(VERSIONS_MOST):
            value = KINDS[kind].format(number % 500 + age).encode()
            own += len(value)
            table.take(ReferenceVersion(kind, key, NOW + age, value))
    took = perf_counter() - started
    beside = (_resident() - before - own) / KEYS
    taking = took / KEYS / VERSIONS_MOST * 1e6
    reading = _reading(table, kind)
    return f"{kind:6} {own / KEYS:5.0f} own {beside:6.1f} beside {taking:6.2f} {reading:6.2f}"


def _reading(table: ReferenceTable, kind: str) -> float:
    """Time a read, in microseconds."""
    seen = ReferencesAsOf(table, NOW + VERSIONS_MOST)[kind]
    started = perf_counter()
    for number in range(0, KEYS, 10):
        seen[f"SHOE-{number:07d}"]
    return (perf_counter() - started) / (KEYS / 10) * 1e6


def _resident() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    """Measure each kind in a process of its own, so that none finds the memory of another."""
    if len(sys.argv) > 1:
        print(measure(sys.argv[1]))
        return
    print(
        "bytes a key: its own, beside; µs to take a version (and to write it), to read a value"
    )
    for kind in KINDS:
        subprocess.run([sys.executable, "-m", "benchmarks.references", kind], check=True)


if __name__ == "__main__":
    main()
