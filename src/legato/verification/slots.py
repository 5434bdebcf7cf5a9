"""The contexts as a run left them: where a name leads, who has an event, who could have it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from xxhash import xxh3_64_digest

from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.identity.normalize import NormalizedIdentifier, normalize_identifier
from legato.core.identity.rules import is_authenticating
from legato.core.identity.state import NO_IDENTITY, IdentityState
from legato.settings import IdentitySettings


class ContextSlots:
    """Looks through contexts by name."""

    def __init__(self, contexts: Mapping[str, Context], identity: IdentitySettings) -> None:
        self._kin = {name: each.identity or NO_IDENTITY for name, each in contexts.items()}
        self._identify = identity.identify
        self._rules = identity.rules
        self._names: dict[tuple[str, str], str] = {}
        self._holders: defaultdict[bytes, list[str]] = defaultdict(list)
        for name, context in contexts.items():
            for digest in context.digests:
                self._holders[digest].append(name)

    def root(self, name: str) -> str:
        """Follow forwarders to a customer; each leads on to another, or it is a fault."""
        for _ in self._kin:
            if not (to := self._of(name).forward):
                break
            name = to
        return name

    def holders(self, event: Event) -> list[str]:
        """Name the contexts in which an event is counted."""
        return self._holders.get(xxh3_64_digest(event.id.encode()), [])

    def rightful(self, event: Event) -> Collection[str]:
        """Name who may have an event: one customer, unless a device had several."""
        persons, devices = self.names(event)
        if persons and (self.proves(event) or not devices):
            return {self.root(min(persons))}
        owners = {claim.by for name in devices for claim in self._of(name).device_logins}
        return {self.root(name) for name in (*devices, *owners)}

    def proves(self, event: Event) -> bool:
        """Does an event show that its identifiers are one customer's?"""
        return is_authenticating(self._rules, event, "auto")

    def names(self, event: Event) -> tuple[list[str], list[str]]:
        """Name the identifiers of an event: a person's, and devices."""
        persons: list[str] = []
        devices: list[str] = []
        for kind, value in (event.identifiers or {}).items():
            if name := self._name(kind, value):
                (devices if self._rules.is_device(kind) else persons).append(name)
        return persons, devices

    def _name(self, kind: str, value: str) -> str:
        """Name an identifier; empty if it points at nobody."""
        name = self._names.get((kind, value))
        if name is None:
            written = normalize_identifier(self._rules, kind, value)
            name = ""
            if isinstance(written, NormalizedIdentifier):
                name = self._identify.name_of(kind, written.value)
            self._names[kind, value] = name
        return name

    def _of(self, name: str) -> IdentityState:
        return self._kin.get(name, NO_IDENTITY)
