"""Finds the customers of a partition to whom a change of a reference is to be told."""

from __future__ import annotations

from legato.core.context.codec import Codec, Naming, SnapshotCodec
from legato.core.events.event import Event
from legato.core.line.context_store import ContextStore
from legato.core.line.partition import Partition
from legato.core.references.index import NameIndex
from legato.core.references.names import names_in
from legato.core.references.versions import ReferenceChange
from legato.core.values.time import Instant


class ReferenceNews:
    """Who of a partition names what. Nothing is kept before the first change is heard of.

    From then on the partition notes which contexts change; they are looked at when the next
    change asks, and when a checkpoint is written.
    """

    def __init__(
        self,
        partition: Partition,
        store: ContextStore,
        codec: Codec,
        snapshots: SnapshotCodec,
    ) -> None:
        self._partition, self._store = partition, store
        self._codec, self._snapshots = codec, snapshots
        self._index: NameIndex | None = None

    @property
    def is_kept(self) -> bool:
        """Has a change been heard of?"""
        return self._index is not None

    def of(self, change: ReferenceChange) -> list[Event]:
        """Tell of a change to each customer who names its key, in order of their ids.

        A type that no situation asks about is told to nobody.
        """
        version, clock = change.version, self._partition.clock
        playbook = self._partition.playbook
        rules = playbook.by_type[change.event_type]
        if not (rules.always or rules.elsewhere or rules.ended):
            return []
        at, but = version.time, playbook.of_references
        return [
            change.told_to(customer_id, clock)
            for customer_id in self._kept().customers(version.key)
            if version.key in self._names(self._partition.context_of(customer_id), at, but)
        ]

    def look_again(self) -> None:
        """Look at the contexts that changed since the last time."""
        index, changed = self._index, self._partition.changed
        if index is None or not changed:
            return
        for customer_id, context in changed.items():
            index.put(customer_id, self._names(context))
        changed.clear()

    def keep(self) -> None:
        """Look at all contexts: those of the last checkpoint, and what changed since."""
        index = self._index = NameIndex()
        read = self._snapshots.read_naming
        for customer_id, blob in self._store.snapshots().items():
            index.put(customer_id, self._names(read(blob)))
        self._partition.changed = {**self._partition.dirty}
        self.look_again()

    def _kept(self) -> NameIndex:
        if self._index is None:
            self.keep()
        self.look_again()
        return self._index or NameIndex()

    def _names(
        self, context: Naming, at: Instant | None = None, but: frozenset[str] = frozenset()
    ) -> frozenset[str]:
        """List what a context names; one that is to be merged has set its own aside."""
        pending = None if context.identity is None else context.identity.pending
        if pending is not None and pending.image:
            return names_in(self._codec.read_context(pending.image), at, but)
        return names_in(context, at, but)
