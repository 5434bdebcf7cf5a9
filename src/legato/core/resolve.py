"""Whose event it is, as far as this worker knows, and which links it proves."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from legato.core.aliases import BLOCKED, Alias, Aliases
from legato.core.command import Command, Follow, Link
from legato.core.event import Event
from legato.core.guard import Authenticates, Rules, proves
from legato.core.identify import Identify
from legato.core.ids import derive_id
from legato.core.instant import Instant
from legato.core.kin import Proof
from legato.core.normalise import Written, write_identifier
from legato.core.outcome import Rejected

KNOWN_MOST = 200_000
ASKED_MOST = 4_096
TOKEN_LENGTH = 12

_write_event = msgspec.json.Encoder().encode


class Known(Struct, frozen=True, gc=False):
    """An identifier that points at somebody: its type, its value as it is written, its name."""

    kind: str
    value: str
    name: str
    sound: bool
    device: bool


class Resolver:
    """Names the customer of each event; one or two lookups where nothing new is proven.

    `aliases` are as new as what this worker has read; what it asked itself since then is
    remembered, and goes by way of the owner until the answer shows.
    """

    def __init__(self, identify: Identify, rules: Rules, aliases: Aliases) -> None:
        self._identify, self._rules, self._aliases = identify, rules, aliases
        self._known: dict[tuple[str, str], Known | Rejected] = {}
        self._asked: dict[str, tuple[str, Instant]] = {}

    def resolve(
        self, event: Event, authenticates: Authenticates
    ) -> str | tuple[Command, ...] | Rejected:
        """Name the customer, or the commands that say it; writes identifiers anew."""
        given = event.identifiers or {}
        if len(given) != 1:
            return self._of_many(event, authenticates)
        ((kind, value),) = given.items()
        known = self._known.get((kind, value)) or self._look_at(kind, value)
        if isinstance(known, Rejected):
            return known
        if known.value != value:
            event.identifiers = {kind: known.value}
        return self._where(known.name) or known.name

    def heard(self, name: str, alias: Alias | None) -> None:
        """Learn that an owner has said where a name leads; it stands in the aliases."""
        if alias is not None and name in self._asked:
            device = alias.since < self._asked[name][1] and not alias.blocked
            if not device:
                del self._asked[name]

    def forget(self) -> None:
        """What was asked since the last cut was undone."""
        self._asked.clear()

    def _of_many(
        self, event: Event, authenticates: Authenticates
    ) -> str | tuple[Command, ...] | Rejected:
        """Choose the best identifier that counts, and link the others if that is proven."""
        known = self._usable(event)
        if isinstance(known, Rejected):
            return known
        persons = [each for each in known if not each.device]
        proven = len(known) > 1 and bool(persons) and proves(self._rules, event, authenticates)
        if not persons or (not proven and len(persons) < len(known)):
            return min(self._where(each.name) or each.name for each in known if each.device)
        hub = min(persons, key=_name)
        customer = self._where(hub.name) or hub.name
        links = self._links(event, hub, customer, known) if proven and hub.sound else []
        if not links:
            return customer
        event.customer_id = customer
        tokens = tuple(link.token for link in links)
        return (Follow(customer, tokens, _write_event(event)), *links)

    def _usable(self, event: Event) -> list[Known] | Rejected:
        """Leave out what points at nobody, and write the others the one way."""
        found: list[Known] = []
        why = Rejected("no_identifier", "no identifier; send at least one", "identify")
        for kind, value in (event.identifiers or {}).items():
            known = self._known.get((kind, value)) or self._look_at(kind, value)
            if isinstance(known, Rejected):
                why = known
            else:
                found.append(known)
        if not found:
            return why
        event.identifiers = {each.kind: each.value for each in found}
        return [each for each in found if self._where(each.name) != BLOCKED] or found

    def _links(self, event: Event, hub: Known, customer: str, known: list[Known]) -> list[Link]:
        """Ask each identifier to join that leads elsewhere; a login claims its devices anew."""
        proof = Proof(event.id, event.type, event.source, event.time)
        links: list[Link] = []
        for each in known:
            if each is hub or not each.sound or not self._is_news(event, hub, customer, each):
                continue
            token = derive_id(event.id, each.name)[:TOKEN_LENGTH]
            links.append(Link(each.name, each.kind, hub.name, hub.kind, customer, token, proof))
            self._note(each.name, hub.name, event.time)
        return links

    def _is_news(self, event: Event, hub: Known, customer: str, each: Known) -> bool:
        if each.device and event.type in self._rules.proving:
            return True
        asked = self._asked.get(each.name)
        if asked is not None and asked[0] == hub.name:
            return False
        return (self._where(each.name) or each.name) != customer

    def _note(self, name: str, hub: str, time: Instant) -> None:
        self._asked.pop(name, None)
        while len(self._asked) >= ASKED_MOST:
            del self._asked[next(iter(self._asked))]
        self._asked[name] = hub, time

    def _where(self, name: str) -> str | None:
        """Where a name leads: BLOCKED, another name, or None for itself or for its owner."""
        return None if name in self._asked else self._aliases.find(name)

    def _look_at(self, kind: str, value: str) -> Known | Rejected:
        if len(self._known) >= KNOWN_MOST:
            self._known.clear()
        written = write_identifier(self._rules, kind, value)
        known = written if isinstance(written, Rejected) else self._named(kind, written)
        self._known[kind, value] = known
        return known

    def _named(self, kind: str, written: Written) -> Known:
        name = self._identify.name_of(kind, written.value)
        device = self._rules.is_device(kind)
        return Known(kind, written.value, name, written.sound, device)


def _name(known: Known) -> str:
    return known.name
