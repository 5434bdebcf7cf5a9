"""A compiled part of a condition."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from legato.core.conditions.customer import KeptList
from legato.core.conditions.shapes import Shape
from legato.core.conditions.turning import Clock
from legato.core.conditions.writing import Part

VARIES: Any = object()
"""Stands for the value of what is no constant."""


class MacroVariable(Struct):
    """What a macro calls each element, `depth` counting from without.

    Elements of a list that is `kept` are read as they lie there, unless one is used whole.
    """

    depth: int
    kept: KeptList | None = None
    is_whole: bool = False

    @property
    def as_kept(self) -> KeptList | None:
        """The list whose elements it is, if nobody uses one whole; known once all is read."""
        return None if self.is_whole else self.kept


class Code(Struct):
    """A compiled part: how it is written, what is known of its value, and how it is told of.

    `path` is what it reads, noted in `sink` once it is used as it is; a field of it reads more.
    `read` gives null instead of an error if it is not there. It may be the `variable` of a
    macro, or a list that is `kept`.
    `constant` is its value where nothing changes that, `clock` how it goes with time.
    """

    part: Part
    shape: Shape
    shown: str = "it"
    path: str = ""
    sink: set[str] | None = None
    read: Part | None = None
    variable: MacroVariable | None = None
    kept: KeptList | None = None
    constant: Any = VARIES
    is_count: bool = False
    clock: Clock | None = None
