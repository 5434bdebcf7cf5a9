"""The limit: what reading the events costs before anything is done with them."""

from __future__ import annotations

import sys

from benchmarks.engines.engine import Engine, Job, Start
from benchmarks.engines.watch import said


def limit(config: str, mode: str) -> Engine:
    """Return the limit in one of its modes."""

    def start(job: Job) -> Start:
        return Start([sys.executable, "-m", "benchmarks.peers.limit", mode])

    return Engine(name="limit", config=config, start=start, progress=said, looked=None)


LIMITS = (limit("consume only", "consume"), limit("consume and decode", "decode"))
BARE_LOOP = limit("a bare loop by the rule", "follow")
"""What the gauge measures a worker by: it changes with the machine alone."""
