"""The contexts of one partition: all as the bytes of the changelog, the warm ones as values.

A context is found in `live`, else decoded from the last cut (`flight`, until it is committed),
else from `committed`. Whoever changes a live context hands it to `write` at the next cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from legato.core.context import Context
from legato.wire.state import read_context, write_context


class Table:
    """Bytes as committed, bytes on their way, and values in order of their last change."""

    def __init__(self, most_live: int) -> None:
        self.committed: dict[str, bytes] = {}
        self.flight: dict[str, bytes] = {}
        self.live: dict[str, Context] = {}
        self._most_live = most_live

    def find(self, customer_id: str) -> Context | None:
        """The context as of now; decoded at its first touch."""
        context = self.live.get(customer_id)
        if context is None:
            value = self.flight.get(customer_id) or self.committed.get(customer_id)
            if value is None:
                return None
            context = self.live[customer_id] = read_context(value)
        return context

    def images(self) -> Iterator[tuple[str, bytes]]:
        """Every context as the last cut has it."""
        flight = self.flight
        yield from (item for item in self.committed.items() if item[0] not in flight)
        yield from flight.items()

    def __len__(self) -> int:
        return len(self.committed)

    def write(self, dirty: dict[str, Context]) -> dict[str, bytes]:
        """Cut: these contexts as bytes."""
        return {customer_id: write_context(context) for customer_id, context in dirty.items()}

    def send(self, images: dict[str, bytes], dirty: dict[str, Context]) -> None:
        """These bytes are on their way; their contexts are the youngest of the live ones."""
        live = self.live
        if len(live) + len(dirty) > self._most_live:
            for customer_id in dirty:
                live.pop(customer_id, None)
            for customer_id in list(islice(live, len(live) + len(dirty) - self._most_live)):
                del live[customer_id]
        live.update(dirty)
        self.flight = images

    def keep(self) -> None:
        """What was on its way is committed."""
        self.committed.update(self.flight)
        self.flight = {}

    def drop(self) -> None:
        """What was on its way came to nothing."""
        self.flight = {}

    def forget(self) -> None:
        """Values may have changed since the last cut: only bytes count now."""
        self.live = {}
