"""What may become of a message besides being followed."""

from __future__ import annotations

from typing import final

from msgspec import Struct


class Unreadable(Struct, frozen=True):
    """The bytes could not be read: `reason` is a word, `message` says why."""

    reason: str
    message: str
    stage: str = "read"


@final
class Rejected(Struct, frozen=True):
    """The event was read, but makes no sense; nothing of it was applied."""

    reason: str
    message: str
    stage: str = "follow"


class Ignored(Struct, frozen=True):
    """The event was read, and changes nothing."""

    reason: str


DUPLICATE = Ignored("duplicate")
WAITING = Ignored("waiting")
