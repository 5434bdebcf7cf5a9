"""Types of events by name or glob: `order.completed`, `cart.*`."""

from __future__ import annotations

import re
from fnmatch import translate
from functools import lru_cache

from legato.core.events.types import MOST_EVENT_TYPES


@lru_cache(maxsize=MOST_EVENT_TYPES)
def fits_type(types: tuple[str, ...], event_type: str) -> bool:
    """Is this type one of these, or does a glob of them fit it?"""
    return any(
        re.match(translate(each), event_type) is not None if "*" in each else each == event_type
        for each in types
    )
