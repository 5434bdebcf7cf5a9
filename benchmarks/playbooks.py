"""`python -m benchmarks.playbooks`: what a playbook costs, at load and an event, by its size.

In memory: events by identifier go through both hops and on to actions, and contexts are
written as at checkpoints. All playbooks follow the same events side by side, some hundred at a
time, so that what else the machine does meets all of them alike.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from time import process_time

import click
import msgspec
from rich.console import Console
from rich.table import Table

from benchmarks.full_events import told_events
from benchmarks.many_situations import SITUATIONS, many_situations
from legato.core.events.event import Event
from legato.core.playbook.compile import read_playbook
from legato.harness import Harness, playbook_text
from legato.settings import IdentitySettings

TWO = Path(__file__).with_name("two_situations.yaml")
CHUNK = 250
CHECKPOINT = 5_000
"""So many events lie between two checkpoints."""


class Side:
    """One playbook's line, and what it took: seconds of CPU, bytes of contexts."""

    def __init__(self, text: bytes) -> None:
        before = process_time()
        self.playbook = read_playbook(text)
        self.load_s = process_time() - before
        self.took_s, self.written = 0.0, 0
        self._harness = Harness(self.playbook, IdentitySettings(pepper="0" * 32))

    def follow(self, chunk: list[bytes], *, checkpoint: bool) -> None:
        """Follow events, each received as it happened."""
        events = msgspec.json.decode(b"[" + b",".join(chunk) + b"]", type=list[Event])
        for event in events:
            event.received = event.time
        before = process_time()
        for event in events:
            self._harness.take(event)
        if checkpoint:
            self.written += sum(map(len, self._harness.engine.checkpoint().values()))
            self._harness.engine.committed()
        self.took_s += process_time() - before
        self._harness.drain()


def sides() -> dict[str, Side]:
    """The playbooks that are compared, the first with itself."""
    return {
        "two situations": Side(TWO.read_bytes()),
        "default": Side(playbook_text("")),
        f"{SITUATIONS} situations": Side(many_situations()),
    }


def chunks(count: int) -> Iterator[list[bytes]]:
    """The events as a source has them, some at a time."""
    told = [*map(msgspec.json.encode, told_events(count, spread=True))]
    return (told[at : at + CHUNK] for at in range(0, count, CHUNK))


@click.command()
@click.option("--events", "count", default=50_000, show_default=True, help="Events to follow.")
def main(count: int) -> None:
    """Compare playbooks by the CPU an event, and by what it takes to load them."""
    compared = sides()
    gc.collect()
    gc.freeze()
    gc.disable()
    for number, chunk in enumerate(chunks(count), 1):
        checkpoint = number * CHUNK % CHECKPOINT == 0
        for side in compared.values():
            side.follow(chunk, checkpoint=checkpoint)
        if checkpoint:
            gc.collect()
    table = Table("playbook", "load s", "CPU µs an event", "×", "bytes an event", box=None)
    base = next(iter(compared.values())).took_s
    for name, side in compared.items():
        table.add_row(
            name,
            f"{side.load_s:.2f}",
            f"{side.took_s / count * 1e6:.1f}",
            f"{side.took_s / base:.2f}",
            f"{side.written / count:.0f}",
        )
    Console(width=100).print(table)


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.playbooks")
