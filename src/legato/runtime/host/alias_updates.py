"""What owners say of identifiers, told to all who send events of theirs."""

from __future__ import annotations

from collections.abc import Iterable

from legato.core.values.results import Unreadable
from legato.runtime.kafka.alias_consumer import Record
from legato.runtime.machine.task import Task
from legato.runtime.processors.identify import IdentifyProcessor
from legato.runtime.processors.job import Job
from legato.wire.topics.identity import read_alias


def apply_alias_updates(plan: Job, tasks: Iterable[Task], records: Iterable[Record]) -> None:
    """Take records of identity.aliases; what no owner can have written is passed over.

    So are names under a pepper that is no longer known: no event can bear them.
    """
    processors = [
        task.processor for task in tasks if isinstance(task.processor, IdentifyProcessor)
    ]
    for key, value in records:
        told = read_alias(key, value)
        if isinstance(told, Unreadable):
            continue
        if plan.identify.may_name(told[0]):
            plan.aliases.put(*told)
        for processor in processors:
            processor.hear(*told)
