"""What the machine of an adapter wants done."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from legato.core.values.outputs import Action, Revoked
from legato.core.values.results import Rejected, Unreadable
from legato.core.values.time import Instant
from legato.serving.adapters.machine.facts import TP
from legato.wire.record import RawRecord
from legato.wire.topics.dead_letters import Coordinates
from legato.wire.topics.holds import Hold, Release
from legato.wire.topics.outcomes import Outcome

What = Literal[
    "held", "delivered", "failed", "expired", "revoked", "revoked_too_late", "retried"
]


class Send(Struct, frozen=True):
    """Try to send an action; answer `TryEnded`."""

    ticket: int
    action: Action


class Letter(Struct, frozen=True):
    """A record that is to become a dead letter, and why."""

    raw: RawRecord
    at: Coordinates
    why: Unreadable | Rejected


class Store(Struct, frozen=True):
    """Write these, and only once they are in Kafka take the hold away; answer `Stored`."""

    ticket: int
    outcomes: tuple[Outcome, ...] = ()
    letter: Letter | None = None
    hold: Hold | None = None
    release: Release | None = None


class CommitPlaces(Struct, frozen=True):
    """Commit these offsets with their metadata; answer `PlacesCommitted` if that works."""

    places: dict[TP, tuple[int, str]]


class PauseReading(Struct, frozen=True):
    """Read this partition no further for now."""

    tp: TP


class ResumeReading(Struct, frozen=True):
    """Read this partition on."""

    tp: TP


class DeliveryResult(Struct, frozen=True):
    """What became of an action, by itself or by its revocation."""

    what: What
    of: Action | Revoked
    time: Instant


class TellResult(Struct, frozen=True):
    """Tell whoever watches what became of an action, or that one cannot be read."""

    result: DeliveryResult | Unreadable


AdapterCommand: TypeAlias = (
    Send | Store | CommitPlaces | PauseReading | ResumeReading | TellResult
)
