"""What one transaction makes visible: outputs, changelog and offsets, or none of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from legato.core.values.outputs import Output
from legato.runtime.machine.counts import Counts
from legato.runtime.machine.facts import TP, Metadata


class ProducerRecord(Struct, frozen=True, gc=False):
    """A record to produce; without `partition`, the key's hash says where."""

    topic: str
    key: bytes | None
    value: bytes | None
    partition: int = -1
    headers: tuple[tuple[str, bytes | None], ...] | None = None


class TaskCheckpoint(Struct, frozen=True):
    """What one task adds; `snapshots` go to this partition of the changelog."""

    records: Sequence[ProducerRecord] = ()
    snapshots: Mapping[str, bytes] = {}
    partition: int = -1
    counts: Counts = field(default_factory=Counts)
    outputs: Sequence[Output] = ()


class Checkpoint(Struct, frozen=True):
    """The parts of several tasks, the offsets that they reached, and who we are."""

    tasks: Sequence[TaskCheckpoint]
    offsets: Mapping[TP, int]
    metadata: Metadata

    @property
    def size(self) -> int:
        """How many records it writes."""
        return sum(len(part.records) + len(part.snapshots) for part in self.tasks)
