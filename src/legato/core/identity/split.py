"""Whose a logged event is, now that an identifier is no longer its customer's.

An event is of whom its best person identifier leads to, else of who had its device then: as
identify has it, but by the links of now, and as if the one that was split off had never been.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from msgspec import Struct

from legato.core.events.event import Event
from legato.core.identity.customer_ids import Identify
from legato.core.identity.device_logins import had_device, latest_login
from legato.core.identity.rules import IdentityRules
from legato.core.identity.state import DeviceLogin
from legato.core.values.time import Instant


class SplitPlan(Struct, frozen=True, dict=True):
    """A customer with the names that lead there (and their types), and who was `split` off.

    `time` is when, `same` are its other names, under former peppers. `claims` are the logins
    on each device of the customer, as before the split.
    """

    customer_id: str
    members: Mapping[str, str]
    split: str
    time: Instant
    claims: Mapping[str, tuple[DeviceLogin, ...]]
    identify: Identify
    rules: IdentityRules
    same: frozenset[str] = frozenset()

    @cached_property
    def names(self) -> frozenset[str]:
        """All names under which something may have been logged of the two."""
        return frozenset((*self.members, self.customer_id, self.split, *self.same))

    @cached_property
    def devices(self) -> dict[str, str]:
        """The devices that go along: what was split off was the last to log in on them."""
        members = self.members
        return {name: members[name] for name in members if self._is_split_offs(name)}

    def owner_of(self, event: Event) -> str:
        """Name the one of the two whose event it is; empty if it is of neither."""
        kinds = self._named(event)
        devices = [name for name in kinds if self.rules.is_device(kinds[name])]
        known = [name for name in kinds if name in self.names]
        persons = [name for name in known if name not in devices]
        only_stated = event.authenticated is False and devices
        if persons and not only_stated:
            return self._side(min(persons))
        held = [name for name in known if name in devices]
        if held:
            return self._holder(min(held), event.time)
        return self._side(event.customer_id) if event.customer_id in self.names else ""

    def own(self, event: Event, side: str) -> dict[str, str]:
        """Take out of an event's identifiers what is the other's by now."""
        other = self.split if side == self.customer_id else self.customer_id
        kinds, given = self._named(event), event.identifiers or {}
        return {kinds[name]: given[kinds[name]] for name in kinds if self._now(name) != other}

    def stays(self, kind: str, value: str) -> bool:
        """Tell whether a value of the customer's does not go with the one split off."""
        return self._now(self._name_of(kind, value)) != self.split

    def _named(self, event: Event) -> dict[str, str]:
        given = (event.identifiers or {}).items()
        return {self._name_of(kind, value): kind for kind, value in given}

    def _name_of(self, kind: str, value: str) -> str:
        """Name an identifier as the two know it: under former peppers it has several names."""
        names = self.identify.names_of(kind, value)
        if self.split in names:
            return self.split
        return next((name for name in names if name in self.names), names[0])

    def _side(self, name: str) -> str:
        return self.split if name in (self.split, *self.same) else self.customer_id

    def _holder(self, device: str, time: Instant) -> str:
        claims = self.claims.get(device, ())
        if device == self.split or not claims:
            return self._side(device)
        by = had_device(claims, time)
        return self._side(by) if by in self.names else ""

    def _now(self, name: str) -> str:
        if name == self.split or self._is_split_offs(name):
            return self.split
        return self.customer_id if name in self.names else ""

    def _is_split_offs(self, device: str) -> bool:
        last = latest_login(self.claims.get(device, ()))
        return last is not None and last.by == self.split and device != self.split
