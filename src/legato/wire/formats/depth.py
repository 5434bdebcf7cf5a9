"""How deep a value is nested: one bound, so that what is readable here is so everywhere."""

from __future__ import annotations

import re

DEPTH_MAX = 250
SHALLOW_BYTES = 2 * DEPTH_MAX
"""A value of this many bytes or fewer cannot be nested deeper than DEPTH_MAX."""

# The closing quote may be missing, so that one open string does not make the scan quadratic.
_marks = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


def too_deep(value: bytes) -> bool:
    """Tell whether JSON nests deeper than DEPTH_MAX; most values only have brackets counted."""
    if value.count(b"{") + value.count(b"[") <= DEPTH_MAX:
        return False
    depth = 0
    for mark in _marks.finditer(value):
        first = value[mark.start()]
        if first in b"[{":
            depth += 1
            if depth > DEPTH_MAX:
                return True
        elif first in b"]}":
            depth -= 1
    return False
