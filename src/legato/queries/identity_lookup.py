"""What owners keep under the names of identifiers, as last committed: found by any of them."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct

from legato.core.context.context import Context
from legato.core.identity.alias_index import Alias
from legato.core.identity.events import CustomersMerged, IdentityOutput, names_in
from legato.core.identity.state import NO_IDENTITY, IdentityState, LinkedIdentifier
from legato.core.values.results import Unreadable
from legato.core.values.time import Instant
from legato.queries.topic_filter import topics_of
from legato.queries.topic_reader import TopicReader
from legato.wire.blobs import TODAY
from legato.wire.state import read_context
from legato.wire.topics.identity import read_alias, read_identity


class FoundIdentity(Struct, frozen=True):
    """The customer to whom a name leads: `way` begins with the name, and ends with theirs.

    `alias` is what the name's owner published, `slot` what is kept of the customer.
    """

    way: tuple[str, ...]
    alias: Alias | None
    slot: Context | None

    @property
    def asked(self) -> str:
        """The name that was looked for."""
        return self.way[0]

    @property
    def customer_id(self) -> str:
        """The customer, who may be the name itself."""
        return self.way[-1]

    @property
    def names(self) -> frozenset[str]:
        """All names that lead to this customer, as far as they know, and the one asked for."""
        return frozenset((*self.way, *self.members))

    @property
    def identity(self) -> IdentityState:
        """What is known of the customer's identity."""
        return identity_of(self.slot)

    @property
    def context(self) -> Context | None:
        """The customer's context; while they ask to be merged, as it was set aside."""
        pending = self.identity.pending
        if pending is None:
            return self.slot
        return TODAY.read_context(pending.image) if pending.image else None

    @property
    def members(self) -> dict[str, LinkedIdentifier]:
        """The identifiers that were linked; none before the first link."""
        pending = self.identity.pending
        return self.identity.members if pending is None else pending.members


class IdentityLookup:
    """Reads one partition for a name: of the aliases, then of the contexts where it leads."""

    def __init__(self, reader: TopicReader) -> None:
        self._reader, self._topics = reader, topics_of(reader.settings)

    def find(self, *names: str) -> FoundIdentity:
        """Follow the first of an identifier's names that is known to its customer.

        Raises KafkaAway and StateError.
        """
        name = self._first(names)
        alias = self.aliases([name]).get(name)
        to = name if alias is None or alias.blocked else alias.to
        way = [name] if to == name else [name, to]
        slot = self.slots([to]).get(to)
        while (forward := identity_of(slot).forward) and forward not in way:
            way.append(forward)
            slot = self.slots([forward]).get(forward)
        return FoundIdentity(tuple(way), alias, slot)

    def _first(self, names: tuple[str, ...]) -> str:
        """Pick the first name under which an owner keeps anything, else the first."""
        if len(names) == 1:
            return names[0]
        known = {*self.aliases(names), *self.slots(names)}
        return next((name for name in names if name in known), names[0])

    def aliases(self, names: Collection[str]) -> dict[str, Alias]:
        """Read what owners say of names; those that stand for themselves are left out."""
        found: dict[str, Alias | None] = {}
        for record in self._reader.read_keys(self._topics.identity_aliases, names):
            told = read_alias(record.key, record.value)
            if not isinstance(told, Unreadable):
                found.update([told])
        return {name: alias for name, alias in found.items() if alias is not None}

    def slots(self, names: Collection[str]) -> dict[str, Context]:
        """Read what is kept under names; raises StateError."""
        last: dict[str, bytes | None] = {}
        for record in self._reader.read_keys(self._topics.customer_contexts, names):
            last[(record.key or b"").decode()] = record.value
        return {name: read_context(value) for name, value in last.items() if value}

    def told_under(self, names: Collection[str]) -> list[IdentityOutput]:
        """Read what was told of identity under the names of customers."""
        records = self._reader.read_keys(self._topics.identity_events, names)
        read = (read_identity(record.value) for record in records)
        return [told for told in read if not isinstance(told, Unreadable)]

    def told_of(self, names: frozenset[str]) -> list[IdentityOutput]:
        """Read what was told of names, oldest first: the whole topic, since any may tell it."""
        topic = self._topics.identity_events
        numbers = self._reader.partitions(topic.__eq__).get(topic, [])
        read = (read_identity(record.value) for record in self._reader.read(topic, numbers))
        told = (each for each in read if not isinstance(each, Unreadable))
        return sorted((each for each in told if names_in(each) & names), key=_time)

    def names_of(self, found: FoundIdentity) -> frozenset[str]:
        """List the names under which something may have been said of this customer.

        Those are their own, and those of the customers who were merged into them.
        """
        names, members = {found.customer_id}, found.members.keys() - {found.customer_id}
        if not members:
            return frozenset(names)
        told = self.told_under(names | members)
        merged = {
            (each.customer_id, each.merged)
            for each in told
            if isinstance(each, CustomersMerged)
        }
        while more := {of for to, of in merged if to in names} & members - names:
            names |= more
        return frozenset(names)


def _time(told: IdentityOutput) -> Instant:
    return told.time


def identity_of(slot: Context | None) -> IdentityState:
    """Say what a slot knows of identity."""
    return (slot.identity if slot is not None else None) or NO_IDENTITY
