"""Rebuilding two customers from the log, after an identifier of one was split off."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from msgspec import Struct

from legato.core.context.context import Context
from legato.core.identity.commands import Rebuilt
from legato.core.identity.events import CustomerRebuilt
from legato.core.identity.split import SplitPlan
from legato.core.linking.rebuild import Log, SplitResult, rebuild
from legato.core.playbook.definition import Playbook
from legato.core.values.time import Instant
from legato.operations.errors import OperationFailed
from legato.operations.identity_commands import IdentityCommands
from legato.queries.event_log import LoggedEvents, clock_of
from legato.queries.identity_lookup import IdentityLookup
from legato.queries.references import read_references
from legato.queries.topic_reader import TopicReader
from legato.settings import Settings
from legato.wire.blobs import TODAY

ShowReading = Callable[[int], AbstractContextManager[Callable[[int], None]]]
"""Begins to show the reading of so many offsets; what it yields is told how many were read."""

TRIES = 5
"""How often a customer may do something while the log is read."""


class RebuildResult(Struct, frozen=True):
    """What was rebuilt: from when on (LONG_AGO: all), and how many events are whose."""

    start: Instant
    stayed: int
    went: int


def rebuild_both(
    settings: Settings,
    playbook: Playbook,
    owners: IdentityCommands,
    parting: SplitPlan,
    show: ShowReading,
) -> RebuildResult:
    """Rebuild the customer, then what was split off; raises OperationFailed.

    In this order, and with the log as it is, it may be done again whenever it was broken off.
    """
    with TopicReader(settings) as reader:
        logged = LoggedEvents(reader, parting.names)
        for _ in range(TRIES):
            context, halves = _halves(reader, playbook, parting, logged, show)
            if _tell(owners, parting, parting.customer_id, halves.customer, context.revision):
                _tell(owners, parting, parting.split, halves.other, 0)
                return RebuildResult(logged.start, halves.stayed, halves.went)
    raise OperationFailed(
        f"the customer did something each of the {TRIES} times that the log was read; "
        "the identifier is split off, so try again later: what comes meanwhile is kept apart"
    )


def _halves(
    reader: TopicReader,
    playbook: Playbook,
    parting: SplitPlan,
    logged: LoggedEvents,
    show: ShowReading,
) -> tuple[Context, SplitResult]:
    """Read the context first: what it has not followed by then is left out of the log."""
    context = IdentityLookup(reader).slots([parting.customer_id]).get(parting.customer_id)
    if context is None or (context.identity and context.identity.forward):
        raise OperationFailed(
            "the customer was merged into another meanwhile; split it from there"
        )
    clock = clock_of(reader, parting.customer_id)
    with show(logged.size()) as tell:
        events = logged.read(tell)
    log = Log(events, logged.start, clock, read_references(reader).table)
    return context, rebuild(playbook, TODAY, parting, context, log)


def _tell(
    owners: IdentityCommands, parting: SplitPlan, name: str, image: Context, revision: int
) -> bool:
    owners.tell(
        Rebuilt(name, parting.split, TODAY.write_context(image), revision, parting.time)
    )
    told = owners.answer(
        CustomerRebuilt,
        lambda said: (said.customer_id, said.identifier) == (name, parting.split),
        "do it again once there is one",
    )
    return told.done
