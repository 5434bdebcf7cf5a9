"""How actions end."""

from __future__ import annotations

from enum import Enum, auto


class Ending(Enum):
    """How an action ended, as far as is known."""

    DELIVERED = auto()
    FAILED = auto()
    REVOKED = auto()
    UNKNOWN = auto()
