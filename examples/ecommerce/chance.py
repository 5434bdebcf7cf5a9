"""Chance that repeats: what the data set does not tell is drawn from names."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

SEED = "ecommerce-1"

T = TypeVar("T")


def draw(below: int, *reasons: object) -> int:
    """Draw a whole number below `below` from the reasons for asking."""
    text = "|".join(map(str, (SEED, *reasons)))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") % below


def pick(choices: Sequence[T], *reasons: object) -> T:
    """Draw one of the choices; write a choice twice to make it twice as likely."""
    return choices[draw(len(choices), *reasons)]
