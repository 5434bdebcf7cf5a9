"""What the receiving channel needs, to go on where the customer left off."""

from __future__ import annotations

from msgspec import Struct

from legato.core.values.time import Instant


class HandoffItem(Struct, frozen=True, gc=False, omit_defaults=True):
    """One article the customer cares about."""

    sku: str
    quantity: float
    name: str | None = None
    size: str | None = None
    price: float | None = None
    currency: str | None = None
    image: str | None = None
    url: str | None = None


class Handoff(Struct, frozen=True, gc=False, omit_defaults=True):
    """A screen pop: the goal in one sentence, how far it got, and what not to ask again.

    `as_of` is epoch milliseconds; `value` is in `currency`; at most 4 KiB as JSON.
    """

    goal: str
    as_of: Instant
    items: tuple[HandoffItem, ...] = ()
    value: float = 0.0
    currency: str | None = None
    stopped_at: str = ""
    touchpoints: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()
    do_not_ask: tuple[str, ...] = ()
    language: str | None = None
