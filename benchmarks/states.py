"""What RULES-FULL.md wants to be known of a customer in the end, and a digest of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec

Touchpoint = tuple[int, str, str, str]
"""Time, type, channel, note."""
Visit = tuple[str, str, int]
"""Channel, name, beginning."""
Line = tuple[str, int, int, int]
"""SKU, pieces, price of one in cents, when it last changed."""


class CartState(msgspec.Struct, frozen=True):
    """A cart with something to finish: its last touch, and how many stages were told since."""

    touched: int
    checkout: int | None
    told: int
    lines: tuple[Line, ...]


class State(msgspec.Struct, frozen=True):
    """What is known of one customer."""

    customer_id: str
    touched: int
    channel: str
    present: int
    stage: str
    stage_since: int
    touchpoints: tuple[Touchpoint, ...]
    visit: Visit | None
    visits: tuple[Visit, ...]
    journeys: tuple[str, ...]
    cart: CartState | None
    orders: tuple[tuple[str, int], ...]


read_state = msgspec.json.Decoder(State).decode
write_state = msgspec.json.Encoder().encode


def digest_of(states: Iterable[State]) -> str:
    """Hash what is known of all customers, in whatever order it is told."""
    digest = hashlib.sha256()
    for line in sorted(map(write_state, states)):
        digest.update(line + b"\n")
    return digest.hexdigest()
