"""The contexts of one partition as the bytes of the changelog, and which of them stay decoded.

A context that is not cached is decoded from the last checkpoint (`in_flight`, until it is
committed), else from `committed`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice

from legato.core.context.context import Context


class ContextStore:
    """Bytes as committed, and bytes on their way."""

    def __init__(self, read: Callable[[bytes], Context], most_cached: int) -> None:
        self.committed: dict[str, bytes] = {}
        self.in_flight: dict[str, bytes] = {}
        self._read, self._most_cached = read, most_cached

    def load(self, customer_id: str) -> Context | None:
        """Decode a context as the last checkpoint has it."""
        value = self.in_flight.get(customer_id) or self.committed.get(customer_id)
        return None if value is None else self._read(value)

    def snapshots(self) -> Mapping[str, bytes]:
        """Every context as the last checkpoint has it."""
        return self.committed | self.in_flight if self.in_flight else self.committed

    def __len__(self) -> int:
        return len(self.committed)

    def on_committed(self) -> None:
        """What was on its way is committed."""
        self.committed.update(self.in_flight)
        self.in_flight = {}

    def on_aborted(self) -> None:
        """What was on its way came to nothing."""
        self.in_flight = {}

    def evict(self, cached: dict[str, Context], written: dict[str, bytes]) -> None:
        """Let go of the decoded contexts that rested longest; those just written go last."""
        if len(cached) <= self._most_cached:
            return
        for customer_id in written:
            cached[customer_id] = cached.pop(customer_id)
        for customer_id in list(islice(cached, len(cached) - self._most_cached)):
            del cached[customer_id]
