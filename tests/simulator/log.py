"""Partitions of a simulated Kafka: records, transactions over them, and what readers see."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from legato.core.values.time import Instant
from legato.runtime.machine.facts import TP


class Transaction:
    """Some records on some partitions; decided once, and then marked on each partition."""

    def __init__(self, producer: str, began: Instant) -> None:
        self.producer, self.began = producer, began
        self.committed: bool | None = None
        self.touched: set[TP] = set()
        self.offsets: dict[TP, int] = {}


class Entry(Struct, frozen=True):
    """One place in a log; a control record has no transaction of its own to show."""

    key: bytes | None
    value: bytes | None
    time: Instant
    transaction: Transaction | None = None
    control: bool = False


class Log:
    """One partition. An offset is a place in `entries`."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._open: dict[Transaction, int] = {}

    @property
    def end(self) -> int:
        """The high watermark: behind everything, whatever is open."""
        return len(self.entries)

    @property
    def stable_end(self) -> int:
        """Where the first transaction begins that is not marked here yet."""
        return min(self._open.values(), default=self.end)

    def append(self, entry: Entry) -> None:
        """Add a record; one of a transaction holds back readers until that is marked."""
        if entry.transaction is not None:
            self._open.setdefault(entry.transaction, self.end)
        self.entries.append(entry)

    def mark(self, transaction: Transaction, time: Instant) -> None:
        """Write the control record that ends a transaction on this partition."""
        self._open.pop(transaction, None)
        self.entries.append(Entry(None, None, time, control=True))

    def read(self, since: int, until: int) -> Iterator[tuple[int, Entry]]:
        """Read what is committed, from one offset up to another or to the stable end."""
        for offset in range(since, min(until, self.stable_end)):
            entry = self.entries[offset]
            transaction = entry.transaction
            if not entry.control and (transaction is None or transaction.committed):
                yield offset, entry
