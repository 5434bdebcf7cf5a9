"""What the log holds of the past of each customer, as the line would have kept it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from legato.core.conditions.past import entries_of
from legato.core.context.codec import Codec
from legato.core.context.context import Context
from legato.core.context.past import PAST, PastNeeds, PastStore, Stores
from legato.core.events.event import Event
from legato.core.identity.commands import FillPast
from legato.core.line.pipeline import kept_by_line
from legato.core.linking.owners import Owners
from legato.core.playbook.definition import Playbook
from legato.core.values.time import LONG_AGO, Instant


class LoggedPast(Struct):
    """What was read of one customer, and of when the latest event was."""

    stores: Stores
    latest: Instant = LONG_AGO


class PastOfLog:
    """Collects from the events of a log what some stores of a playbook keep."""

    def __init__(self, playbook: Playbook, needs: PastNeeds, owners: Owners) -> None:
        self._playbook, self._needs, self._owners = playbook, needs, owners
        self._pasts: dict[str, LoggedPast] = {}

    def __len__(self) -> int:
        """How many customers there are."""
        return len(self._pasts)

    def take(self, name: str, event: Event) -> None:
        """Read an event that lies under a name."""
        owner = self._owners.owner_of(name, event.time)
        past = self._pasts.setdefault(owner, LoggedPast({}))
        past.latest = max(past.latest, event.time)
        kept = [
            each for each in kept_by_line(self._playbook, event) if each.name in self._needs
        ]
        for each, entry in entries_of(kept, event):
            past.stores.setdefault(each.name, PastStore()).insert(entry)

    def commands(self, codec: Codec, since: Instant, until: Instant) -> Iterator[FillPast]:
        """Tell each customer; the log holds all `since` then, and all was read `until` then."""
        for name, past in sorted(self._pasts.items()):
            stores = {
                each: PastStore(since, past.stores.get(each, PastStore()).entries)
                for each in self._needs
            }
            image = codec.write_context(Context(name, runs={PAST: stores}))
            names = self._owners.names_of(name)
            yield FillPast(name, names, image, max(until, past.latest))
