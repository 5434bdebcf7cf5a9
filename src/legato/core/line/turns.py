"""From an instant on, a partition goes by another version of the playbook."""

from __future__ import annotations

from collections.abc import Iterator

from legato.core.context.codec import SnapshotCodec
from legato.core.context.context import ActionRecord, Context
from legato.core.decisions.revocation import is_withdrawn, revoke_withdrawn
from legato.core.identity.state import HELD
from legato.core.line.context_store import ContextStore
from legato.core.line.partition import Partition
from legato.core.playbook.versions import PlaybookVersions
from legato.core.values.outputs import Output
from legato.core.values.time import Instant


class PlaybookTurns:
    """Lets a partition go by the version that counts at its clock, and then by the next.

    What is due to whom does not move by that (`core/situations/lineage.py`), so nobody's
    context is read, but those in which something waits that the new version does not do.
    """

    def __init__(
        self,
        partition: Partition,
        store: ContextStore,
        snapshots: SnapshotCodec,
        versions: PlaybookVersions,
    ) -> None:
        self._partition, self._store = partition, store
        self._snapshots, self._versions = snapshots, versions
        partition.turn, partition.withdraw = self._turn, self._withdrawn
        self.look()

    def look(self) -> None:
        """See when the next version counts, of those that are known by now."""
        partition = self._partition
        partition.turns_at = self._versions.next_after(partition.clock)

    def _turn(self, at: Instant) -> None:
        """Go by the version that counts from then on."""
        partition = self._partition
        former, newest = partition.playbook, self._versions.at(at)
        partition.follow_playbook(newest)
        self.look()
        if not former.action_names <= newest.action_names:
            for customer_id in sorted(self._waiting(at)):
                context = partition.context_of(customer_id)
                if revoked := self._withdrawn(context):
                    partition.tell(context, revoked)

    def _withdrawn(self, context: Context) -> tuple[Output, ...]:
        """Take back what the playbook does not do any more, unless the context is held."""
        if context.next_due == HELD or not context.actions:
            return ()
        partition = self._partition
        return revoke_withdrawn(context, partition.playbook.action_names, partition.clock)

    def _waiting(self, at: Instant) -> Iterator[str]:
        """Name the customers with something to take back."""
        cache, read = self._partition.cache, self._snapshots.read_acting
        names = self._partition.playbook.action_names
        for customer_id, blob in self._store.snapshots().items():
            if customer_id not in cache and _any_of(read(blob).actions, names, at):
                yield customer_id
        for customer_id, context in cache.items():
            if _any_of(context.actions, names, at):
                yield customer_id


def _any_of(actions: tuple[ActionRecord, ...], names: frozenset[str], at: Instant) -> bool:
    return any(is_withdrawn(taken, names, at) for taken in actions)
