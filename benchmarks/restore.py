"""`python -m benchmarks.restore`: how fast contexts come back, and what a cold one takes."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click
import msgspec
from rich.console import Console

from benchmarks.measure import await_quiet
from benchmarks.redis_view import PARTITIONS, fill
from legato.local import Child, RealKafka

PATIENCE_S = 600.0
EXAMPLES = """
\b
Examples:
  python -m benchmarks.restore
  python -m benchmarks.restore --contexts 2000000 --out restore.json
"""


class Row(msgspec.Struct, frozen=True):
    """What one process did to get all partitions back; `rss` is what it grew by meanwhile."""

    engine: str
    config: str
    contexts: int
    contexts_per_s: int
    fetched_per_s: int
    cpu_us_per_context: float
    rss_bytes_per_context: int
    peak_rss_bytes_per_context: int
    mean_context_bytes: int
    counts_ok: bool


class Restored(msgspec.Struct, frozen=True):
    """What the child says of itself: seconds until all was read, and until all was open."""

    contexts: int
    fetched_s: float
    opened_s: float
    cpu_s: float
    rss_before: int
    rss_after: int
    rss_peak: int


@click.command(epilog=EXAMPLES)
@click.option("--contexts", "count", default=500_000, show_default=True, help="Customers.")
@click.option("--most", default=10, show_default=True, help="5 to so many touchpoints each.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the row there as JSON.")
def main(count: int, most: int, out: Path | None) -> None:
    """Fill customer.contexts on a real Kafka, and time a fresh process that restores it.

    The process runs the worker's own restorer and opens each partition as the worker does, up
    to where events would be fetched. Exits with 1 when contexts are missing.
    """
    console = Console(stderr=True)
    with RealKafka.start() as kafka:
        load = fill(kafka.bootstrap, count, console, most)
        await_quiet()
        found = restored(kafka.bootstrap)
    row = Row(
        engine="legato",
        config=f"restorer and open of one worker, {PARTITIONS} partitions",
        contexts=found.contexts,
        contexts_per_s=round(found.contexts / found.opened_s),
        fetched_per_s=round(found.contexts / found.fetched_s),
        cpu_us_per_context=round(found.cpu_s / found.contexts * 1e6, 2),
        rss_bytes_per_context=(found.rss_after - found.rss_before) // found.contexts,
        peak_rss_bytes_per_context=(found.rss_peak - found.rss_before) // found.contexts,
        mean_context_bytes=load.bytes // load.contexts,
        counts_ok=found.contexts == count,
    )
    text = msgspec.json.format(msgspec.json.encode(row), indent=2).decode()
    if out:
        out.write_text(f"{text}\n")
    print(text)
    sys.exit(not row.counts_ok)


def restored(bootstrap: str) -> Restored:
    """Have another process restore all partitions, and return what it says."""
    with tempfile.TemporaryDirectory(prefix="bench-restore-") as folder:
        log = Path(folder) / "log"
        command = [sys.executable, "-m", "benchmarks.restore_child"]
        child = Child(command, log, {"LEGATO_KAFKA_BOOTSTRAP": bootstrap})
        ended = child.exited.wait(PATIENCE_S)
        child.stop()
        if not ended or child.returncode != 0:
            raise click.ClickException(f"the restore failed: `{child.last_words()}`")
        return msgspec.json.decode(log.read_bytes(), type=Restored)


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.restore")
