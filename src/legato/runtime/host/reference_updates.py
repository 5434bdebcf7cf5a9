"""What is said of references, kept where all partitions of a worker look it up."""

from __future__ import annotations

from collections.abc import Iterable

from legato.core.references.versions import ReferenceVersion
from legato.core.values.time import Instant
from legato.runtime.kafka.world_consumer import WorldRecord
from legato.runtime.machine.counts import WorkerStats
from legato.runtime.processors.job import Job
from legato.wire.topics.references import read_reference_record


def apply_reference_updates(
    job: Job, records: Iterable[WorldRecord], totals: WorkerStats | None = None
) -> None:
    """Take records of references; what is none is counted, and passed over."""
    counted = totals.counts if totals is not None else None
    for key, value, time in records:
        version = read_reference_record(key, value, time)
        if not isinstance(version, ReferenceVersion):
            if counted is not None:
                counted["references_rejected", version.reason] += 1
            continue
        _keep(job, version, time)
        if counted is not None:
            counted["reference_versions", version.kind] += 1


def _keep(job: Job, version: ReferenceVersion, known: Instant) -> None:
    change = job.references.take(version)
    if change is not None:
        job.changes.note(change, known)
