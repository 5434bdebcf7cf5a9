"""How much one template may do and write: a bound that no loop and no doubling gets around."""

from __future__ import annotations

STEPS_MOST = 200_000
"""Turns of loops, calls, look-ups and outputs of one part."""
WRITTEN_MOST = 1_000_000
"""Characters that one part writes, what it throws away counted in."""


class Exhausted(Exception):
    """A template did more than it may; the message says of what."""


class Budget:
    """What is left for the part that is being rendered."""

    def __init__(self) -> None:
        self._steps, self._written = STEPS_MOST, WRITTEN_MOST

    def step(self, count: int = 1) -> None:
        """Do so much more; raises Exhausted."""
        self._steps -= count
        if self._steps < 0:
            raise Exhausted(f"it does more than {STEPS_MOST:,} things; let it do less")

    def write(self, characters: int) -> None:
        """Make a text of so many characters; raises Exhausted, before it is made."""
        self._written -= characters
        if self._written < 0:
            raise Exhausted(f"it writes more than {WRITTEN_MOST:,} characters; shorten it")
