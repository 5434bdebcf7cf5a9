"""A compiled part of a condition."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from legato.core.conditions.shapes import Shape
from legato.core.conditions.turning import Clock
from legato.core.conditions.writing import Part

VARIES: Any = object()
"""Stands for the value of what is no constant."""


class Code(Struct):
    """A compiled part: how it is written, what is known of its value, and how it is told of.

    `path` is what it reads, noted in `sink` once it is used as it is; a field of it reads more.
    `read` gives null instead of an error if it is not there.
    `constant` is its value where nothing changes that, `clock` how it goes with time.
    """

    part: Part
    shape: Shape
    shown: str = "it"
    path: str = ""
    sink: set[str] | None = None
    read: Part | None = None
    constant: Any = VARIES
    is_count: bool = False
    clock: Clock | None = None
