"""Whether a channel has room for one more: a number of a reference is below what is set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from legato.core.playbook.rules import Capacity
from legato.core.references.as_of import ReferencesAsOf

UNKNOWN = "unknown"
"""What is not known is no room: a channel is not filled because nobody counts."""


def lacks(capacity: Capacity, references: ReferencesAsOf | None) -> str | None:
    """Name the first number that is too high, or `unknown`; None if there is room."""
    value = _value(capacity, references)
    for field, limit in capacity.below.items():
        number = value.get(field) if isinstance(value, Mapping) else None
        if isinstance(number, bool) or not isinstance(number, int | float):
            return UNKNOWN
        if number >= limit:
            return field
    return None


def _value(capacity: Capacity, references: ReferencesAsOf | None) -> Any:  # noqa: ANN401 - JSON
    kind = None if references is None else references.get(capacity.reference)
    return None if kind is None else kind.get(capacity.key)
