"""`python -m benchmarks.restore`: how fast contexts come back, and what a cold one takes."""

from __future__ import annotations

import sys
import tempfile
from operator import attrgetter
from pathlib import Path

import click
import msgspec
from rich.console import Console

from benchmarks.measure import await_quiet
from benchmarks.redis_view import PARTITIONS, Load, fill
from legato.local import Child, RealKafka

PATIENCE_S = 600.0
EXAMPLES = """
\b
Examples:
  python -m benchmarks.restore
  python -m benchmarks.restore --contexts 2000000 --out restore.json
"""


class Row(msgspec.Struct, frozen=True):
    """What one process did to get all partitions back; `rss` is what it grew by meanwhile.

    It is the median of the rounds on a broker that was read from before. `first_contexts_per_s`
    is what the round before these did, on a broker that just started: its Java is cold.
    """

    engine: str
    config: str
    contexts: int
    contexts_per_s: int
    first_contexts_per_s: int
    fetched_per_s: int
    cpu_us_per_context: float
    rss_bytes_per_context: int
    peak_rss_bytes_per_context: int
    mean_context_bytes: int
    counts_ok: bool


class RestoreMeasure(msgspec.Struct, frozen=True):
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
@click.option(
    "--rounds",
    type=click.IntRange(1),
    default=3,
    show_default=True,
    help="Restores after the first.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Write the row there as JSON.")
def main(count: int, most: int, rounds: int, out: Path | None) -> None:
    """Fill customer.contexts on a real Kafka, and time fresh processes that restore it.

    Each process runs the worker's own restorer and opens each partition as the worker does, up
    to where events would be fetched. Exits with 1 when contexts are missing.
    """
    console = Console(stderr=True)
    with RealKafka.start() as kafka:
        load = fill(kafka.bootstrap, count, console, most)
        await_quiet()
        first, *found = [restored(kafka.bootstrap) for _ in range(1 + rounds)]
    row = row_of(first, found, load)
    text = msgspec.json.format(msgspec.json.encode(row), indent=2).decode()
    if out:
        out.write_text(f"{text}\n")
    print(text)
    sys.exit(not row.counts_ok)


def row_of(first: RestoreMeasure, found: list[RestoreMeasure], load: Load) -> Row:
    """Return the median of the rounds, beside the first."""
    median = sorted(found, key=attrgetter("opened_s"))[len(found) // 2]
    count = load.contexts
    return Row(
        engine="legato",
        config=f"restorer and open of one worker, {PARTITIONS} partitions",
        contexts=count,
        contexts_per_s=round(count / median.opened_s),
        first_contexts_per_s=round(count / first.opened_s),
        fetched_per_s=round(count / median.fetched_s),
        cpu_us_per_context=round(median.cpu_s / count * 1e6, 2),
        rss_bytes_per_context=(median.rss_after - median.rss_before) // count,
        peak_rss_bytes_per_context=(median.rss_peak - median.rss_before) // count,
        mean_context_bytes=load.bytes // count,
        counts_ok=all(each.contexts == count for each in (first, *found)),
    )


def restored(bootstrap: str) -> RestoreMeasure:
    """Have another process restore all partitions, and return what it says."""
    with tempfile.TemporaryDirectory(prefix="bench-restore-") as folder:
        log = Path(folder) / "log"
        command = [sys.executable, "-m", "benchmarks.restore_child"]
        child = Child(command, log, {"LEGATO_KAFKA_BOOTSTRAP": bootstrap})
        ended = child.exited.wait(PATIENCE_S)
        child.stop()
        if not ended or child.returncode != 0:
            raise click.ClickException(f"the restore failed: `{child.last_words()}`")
        return msgspec.json.decode(log.read_bytes(), type=RestoreMeasure)


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.restore")
