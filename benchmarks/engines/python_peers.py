"""Plain Faust and Quix Streams: Python engines without event-time timers."""

from __future__ import annotations

from benchmarks.engines.engine import Engine, Job, Start
from benchmarks.engines.venv import python_with
from benchmarks.engines.watch import said
from benchmarks.oracle import Looked


def python_peer(name: str, config: str, *requirements: str) -> Engine:
    """Return the peer `benchmarks/peers/NAME_app.py`, in an environment of its own."""

    def start(job: Job) -> Start:
        return Start([python_with(*requirements), "-m", f"benchmarks.peers.{name}_app"])

    return Engine(
        name=name,
        config=f"{config}, at-least-once, no timers: due carts found at the next event",
        start=start,
        progress=said,
        looked=Looked.AT_NEXT_EVENT,
        at_most=250_000,
    )


FAUST = python_peer(
    "faust",
    "faust-streaming 0.15.3, Table in memory",
    "faust-streaming[cython]==0.15.3",
    "orjson",
    "cramjam",
)
QUIX = python_peer("quix", "Quix Streams 3.28, RocksDB", "quixstreams==3.28.0", "orjson")
