"""What the machine of an adapter is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from msgspec import Struct

from legato.adapter import Delivered, Failed, Retry
from legato.core.values.outputs import Action, Revoked
from legato.core.values.results import Unreadable
from legato.core.values.time import Instant
from legato.serving.adapters.machine.ending import Ending
from legato.serving.adapters.machine.frontier import ReadingProgress
from legato.wire.record import RawRecord
from legato.wire.topics.holds import Hold, HoldKey

TP: TypeAlias = tuple[str, int]
"""A topic and the number of a partition."""


class ActionsRecord(Struct, frozen=True):
    """A record of a topic of actions: what it says, and the bytes that said it.

    `redriven` names the dead letter that it was: it is done again, although its id is known.
    """

    offset: int
    said: Action | Revoked | Unreadable
    raw: RawRecord
    time: Instant
    redriven: str = ""


class SeenId(Struct, frozen=True, array_like=True):
    """An id in a record before the frontier: taken back, or sent once more as this letter."""

    action_id: str
    revoked: bool = False
    redriven: str = ""


class PartitionOpened(Struct, frozen=True):
    """A partition is ours: what its last holder committed, what is held, which ids were seen.

    `stale` are holds that somebody wrote who had lost the partition; they are taken away.
    `reported` tells of actions that were reported lately, which no commit may tell yet.
    `epoch` is later than that of whoever held it before: epoch ms of when it became ours.
    """

    tp: TP
    epoch: int
    start: int
    progress: ReadingProgress
    holds: Sequence[Hold] = ()
    stale: Sequence[HoldKey] = ()
    seen: Sequence[SeenId] = ()
    reported: Mapping[str, Ending] = {}


class RecordsRead(Struct, frozen=True):
    """What was read of a partition, up to `next`; `at_end` if the last fetch saw no more."""

    tp: TP
    epoch: int
    records: Sequence[ActionsRecord]
    next: int
    at_end: bool


class Crashed(Struct, frozen=True):
    """The adapter raised, or did not answer in time: nobody knows what became of the try."""

    error: str


class Refused(Struct, frozen=True):
    """The view says that it must not be sent: `no_consent`, or `erased`."""

    reason: str


class Unchecked(Struct, frozen=True):
    """The view could not be asked; nothing was tried."""


class NotBegun(Struct, frozen=True):
    """Right before it was to be sent, the machine said that it must not be."""


Answer: TypeAlias = Delivered | Failed | Retry | Crashed | Refused | Unchecked | NotBegun


class TryEnded(Struct, frozen=True):
    """What came of a `Send`."""

    ticket: int
    answer: Answer


class Stored(Struct, frozen=True):
    """All that a `Store` asked for is in Kafka."""

    ticket: int


class CommitDue(Struct, frozen=True):
    """Offsets may be committed now."""


class PlacesCommitted(Struct, frozen=True):
    """Kafka took these offsets: partition -> offset and metadata."""

    places: dict[TP, tuple[int, str]]


class PartitionsLeaving(Struct, frozen=True):
    """These are to be given back: nothing of them is begun any more."""

    tps: tuple[TP, ...]


class PartitionsGone(Struct, frozen=True):
    """These are another's: what comes back of them is void."""

    tps: tuple[TP, ...]


class TimePassed(Struct, frozen=True):
    """Nothing but time."""


AdapterFact: TypeAlias = (
    PartitionOpened
    | RecordsRead
    | TryEnded
    | Stored
    | CommitDue
    | PlacesCommitted
    | PartitionsLeaving
    | PartitionsGone
    | TimePassed
)
