"""A compiled part of a condition."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from legato.core.conditions.operations import Run
from legato.core.conditions.shapes import Shape
from legato.core.conditions.turning import Clock

VARIES: Any = object()
"""Stands for the value of what is no constant."""


class Code(Struct):
    """A compiled part: what runs, what is known of its value, and how it is told of.

    `path` is what it reads, noted in `sink` once it is used as it is; a field of it reads more.
    `constant` is its value where nothing changes that, `clock` how it goes with time.
    """

    run: Run
    shape: Shape
    shown: str = "it"
    path: str = ""
    sink: set[str] | None = None
    constant: Any = VARIES
    is_count: bool = False
    clock: Clock | None = None
