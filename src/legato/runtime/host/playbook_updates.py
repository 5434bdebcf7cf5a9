"""Versions of the playbook as they are published, for all partitions of a worker."""

from __future__ import annotations

from collections.abc import Iterable

from legato.core.playbook.versions import PlaybookVersion, PlaybookVersions
from legato.core.values.time import NEVER, Instant
from legato.runtime.kafka.world_consumer import WorldRecord
from legato.runtime.machine.counts import WorkerStats
from legato.runtime.machine.task import Task
from legato.runtime.processors.follow import FollowProcessor
from legato.wire.topics.playbooks import read_playbook_record


def apply_playbook_updates(
    versions: PlaybookVersions,
    records: Iterable[WorldRecord],
    totals: WorkerStats | None = None,
) -> list[PlaybookVersion]:
    """Take records of versions, and return them; what is none is counted, and passed over."""
    taken = []
    for key, value, time in records:
        version = read_playbook_record(key, value, time)
        if isinstance(version, PlaybookVersion):
            versions.take(version)
            taken.append(version)
        elif totals is not None:
            totals.counts["playbooks_rejected", version.reason] += 1
    return taken


def compile_from(versions: PlaybookVersions, now: Instant) -> None:
    """Compile what counts now and later, so that it cannot fail when it does.

    Raises PlaybookError.
    """
    versions.at(now)
    while (now := versions.next_after(now)) != NEVER:
        versions.at(now)


def tell_of_versions(tasks: Iterable[Task]) -> None:
    """Let all partitions see when another version counts."""
    for task in tasks:
        if isinstance(task.processor, FollowProcessor):
            task.processor.engine.look_for_versions()
