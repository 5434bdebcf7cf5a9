"""How many examples a property is tried on: half as many as it says, unless all are wanted."""

from __future__ import annotations

import os

THOROUGH = "THOROUGH"
"""Set by `make thorough`."""


def examples(count: int) -> int:
    """So many of `count` are tried; each run draws others."""
    return count if os.environ.get(THOROUGH) else max(count // 2, 1)
