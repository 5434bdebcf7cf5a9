"""Whose an event is by now that lies in the log under some name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from legato.core.identity.state import NO_IDENTITY, IdentityState
from legato.core.linking.forwarding import target
from legato.core.values.time import NEVER, Instant


class Owners:
    """Leads from names to customers, by what slots know of their identity."""

    def __init__(self, slots: Mapping[str, IdentityState]) -> None:
        self._slots = slots
        self._names: defaultdict[str, list[str]] = defaultdict(list)
        for name, identity in slots.items():
            if identity.forward:
                self._names[self.owner_of(name, NEVER)].append(name)

    def owner_of(self, name: str, time: Instant) -> str:
        """Name the customer whose an event of this time is: a device's are who had it then."""
        way = {name}
        while (to := self._next(name, time)) and to not in way:
            way.add(to)
            name = to
        return name

    def names_of(self, customer_id: str) -> tuple[str, ...]:
        """Name all that lead to a customer now, themselves among them."""
        return (customer_id, *sorted(self._names.get(customer_id, ())))

    def _next(self, name: str, time: Instant) -> str:
        identity = self._slots.get(name, NO_IDENTITY)
        if identity.forward:
            return target(identity, identity.device_logins, time)
        return identity.split_from if time <= identity.split else ""
