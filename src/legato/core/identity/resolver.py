"""Whose event it is, as far as this worker knows, and which links it proves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from legato.core.events.event import Event
from legato.core.events.payloads import SuccessionPayload
from legato.core.events.types import EVENT_TYPES
from legato.core.events.vocabulary import SUCCESSIONS
from legato.core.identity.alias_index import BLOCKED, Alias, AliasIndex, place_of
from legato.core.identity.commands import Command, DeferredEvent, Link, Split
from legato.core.identity.customer_ids import Identify
from legato.core.identity.normalize import NormalizedIdentifier, normalize_identifier
from legato.core.identity.rules import Authenticates, IdentityRules, is_authenticating
from legato.core.identity.state import LinkEvidence
from legato.core.values.ids import derive_id
from legato.core.values.results import Rejected
from legato.core.values.time import MINUTE, Instant, Span

WriteEvent: TypeAlias = Callable[[Event], bytes]
KNOWN_MOST = 200_000
ASKED_MOST = 4_096
ASK_AGAIN: Span = MINUTE
"""What was asked so long ago came to nothing, or its answer was."""
TOKEN_LENGTH = 12
LOGGED_OUT = "account.logged_out"
_NAMELESS = Rejected("no_identifier", "no identifier; send at least one", "identify")
_ABOUT_ACCOUNTS = frozenset((*SUCCESSIONS, LOGGED_OUT))
"""The types that say what becomes of accounts, cards and the devices on them."""
LATE: Span = MINUTE
"""What comes so late of a device goes by way of its owner, who knows who had it then."""
SINCE_MOST = 16_384
"""Of so many names it is known since when they lead where they do."""


class ResolvedIdentifier(Struct, frozen=True, gc=False):
    """An identifier that points at somebody: its type, its value as it is written, its name.

    `drawer` and `key` say where its alias would lie, `older` are its names under former
    peppers, the newest first.
    """

    kind: str
    value: str
    name: str
    linkable: bool
    device: bool
    bucket: int
    key: bytes
    older: tuple[ResolvedIdentifier, ...] = ()


class IdentifierSet(Struct, frozen=True, gc=False):
    """Identifiers that came together, looked at once: those that point at somebody.

    `alone` is the only one, `target` is the best of a person's, `written` how the event should
    have them, if otherwise.
    """

    known: tuple[ResolvedIdentifier, ...]
    alone: ResolvedIdentifier | None
    devices: tuple[ResolvedIdentifier, ...]
    target: ResolvedIdentifier | None
    names_account: bool
    written: dict[str, str] | None
    why: Rejected | None


class Resolver:
    """Names the customer of each event; one or two lookups where nothing new is proven.

    `aliases` are as new as what this worker has read; what it asked itself since then is
    remembered, and goes by way of the owner until the answer shows.
    """

    def __init__(
        self,
        identify: Identify,
        rules: IdentityRules,
        aliases: AliasIndex,
        write_event: WriteEvent,
    ) -> None:
        self._identify, self._rules, self._aliases = identify, rules, aliases
        self._write_event = write_event
        self._groups: dict[tuple[tuple[str, str], ...], IdentifierSet] = {}
        self._asked: dict[str, tuple[str, Instant]] = {}
        self._since: dict[str, Instant] = {}
        self._authenticating = frozenset(rules.authenticating_events)

    def resolve(
        self, event: Event, authenticates: Authenticates, group: IdentifierSet | None = None
    ) -> str | tuple[Command, ...] | Rejected:
        """Name the customer, or the commands that say it; writes identifiers anew.

        `group` are the event's identifiers, if they were looked at before.
        """
        group = group or self._seen(event)
        if group.written is not None:
            event.identifiers = dict(group.written)
        if event.type in _ABOUT_ACCOUNTS:
            return self._settle_accounts(event, group, authenticates)
        return self._find(event, group, authenticates)

    def _find(
        self, event: Event, group: IdentifierSet, authenticates: Authenticates
    ) -> str | tuple[Command, ...] | Rejected:
        if group.alone is not None:
            return self._holder_of(group.alone, event)
        if group.why is not None:
            return group.why
        target = group.target
        if target is not None and (
            not group.devices or self._proves(event, group, authenticates)
        ):
            customer = self._alias_of(target)
            if customer != BLOCKED:
                customer = customer or target.name
                return self._link(event, group, customer, authenticates)
        return self._of_what_counts(event, group, authenticates)

    def _settle_accounts(
        self, event: Event, group: IdentifierSet, authenticates: Authenticates
    ) -> str | tuple[Command, ...] | Rejected:
        """Name the customer; end or make the links that an event of this type is about."""
        if event.type == LOGGED_OUT:
            return self._log_out(event, group)
        found = self._find(event, group, authenticates)
        if isinstance(found, Rejected) or not self._proves(event, group, authenticates):
            return found
        customer = found if isinstance(found, str) else found[0].to
        links = self._successions(event, group, customer)
        if not links:
            return found
        tokens = tuple(link.token for link in links)
        if isinstance(found, str):
            return (self._follow(event, found, tokens), *links)
        follow, *others = found
        if isinstance(follow, DeferredEvent):
            follow = replace(follow, tokens=(*follow.tokens, *tokens))
        return (follow, *[_with_formers(each, links) for each in others], *links)

    def _log_out(
        self, event: Event, group: IdentifierSet
    ) -> str | tuple[Command, ...] | Rejected:
        """Name the customer; the devices of the event are nobody's from then on."""
        if group.why is not None:
            return group.why
        target = group.target
        whose = None if target is None else self._alias_of(target) or target.name
        if whose is None or whose == BLOCKED:
            whose = self._of_devices(event, group)
        for each in group.devices:
            self._note(each.name, whose, event.time)
        ends = [
            Split(name, each.kind, event.time, "logged_out")
            for each in group.devices
            for name in names_of(each)
        ]
        return (self._follow(event, whose, ()), *ends) if ends else whose

    def _successions(self, event: Event, group: IdentifierSet, customer: str) -> list[Link]:
        """Link what goes on under a new name: the former is one more name of it."""
        told = EVENT_TYPES.read_payload(event)
        previous = told.previous if isinstance(told, SuccessionPayload) else {}
        proof = LinkEvidence(event.id, event.type, event.source, event.time)
        links: list[Link] = []
        for newer in group.known:
            former = self._former(newer, previous.get(newer.kind, ""))
            if former is None:
                continue
            formers = formers_of(former, newer)
            formers[newer.name] = (*formers.get(newer.name, ()), *names_of(former))
            for name in names_of(former):
                token = derive_id(event.id, name)[:TOKEN_LENGTH]
                names = name, former.kind, newer.name, newer.kind, customer
                links.append(Link(*names, token, proof, formers=formers))
        return links

    def _former(self, newer: ResolvedIdentifier, value: str) -> ResolvedIdentifier | None:
        """Look at a former value; None if it points at nobody, or at the same."""
        written = normalize_identifier(self._rules, newer.kind, value) if value else None
        if written is None or isinstance(written, Rejected):
            return None
        former = self._named(newer.kind, written)
        return None if former.name in names_of(newer) else former

    def _proves(self, event: Event, group: IdentifierSet, authenticates: Authenticates) -> bool:
        """The same as `core/identity/rules.py` says, of identifiers that were looked at."""
        if event.authenticated is None and authenticates == "auto":
            return group.names_account or event.type in self._authenticating
        return is_authenticating(self._rules, event, authenticates)

    def _link(
        self, event: Event, group: IdentifierSet, customer: str, authenticates: Authenticates
    ) -> str | tuple[Command, ...]:
        """Name the customer; if the event proves it, link the others that lead elsewhere."""
        target = group.target
        login = group.devices and event.type in self._authenticating
        if target is None or not target.linkable:
            return customer
        news = [
            each
            for each in group.known
            if each is not target
            and (where := self._alias_of(each)) != BLOCKED
            and ((where or each.name) != customer or (login and each.device))
        ]
        links = (
            self._links(event, target, customer, news)
            if news and self._proves(event, group, authenticates)
            else []
        )
        if not links:
            self._leave_out_accounts(event, news)
            return customer
        tokens = tuple(link.token for link in links)
        return (self._follow(event, customer, tokens), *links)

    def _leave_out_accounts(self, event: Event, news: list[ResolvedIdentifier]) -> None:
        """Let nobody learn an account or a card that is not known to be theirs."""
        strange = {each.kind for each in news if self._rules.is_account(each.kind)}
        if strange:
            given = event.identifiers or {}
            event.identifiers = {
                kind: value for kind, value in given.items() if kind not in strange
            }

    def _of_what_counts(
        self, event: Event, group: IdentifierSet, authenticates: Authenticates
    ) -> str | tuple[Command, ...]:
        """Take the best device, or look at what is left without the blocked identifiers."""
        left = [each for each in group.known if self._alias_of(each) != BLOCKED]
        if not left or len(left) == len(group.known):
            return self._of_devices(event, group)
        smaller = self._group_of(left, None, None)
        if len(left) == 1:
            return self._alias_of(left[0]) or left[0].name
        if smaller.target is not None and (
            not smaller.devices or self._proves(event, smaller, authenticates)
        ):
            customer = self._alias_of(smaller.target) or smaller.target.name
            return self._link(event, smaller, customer, authenticates)
        return self._of_devices(event, smaller)

    def _of_devices(self, event: Event, group: IdentifierSet) -> str:
        """Give it to whoever has a device; what it states of a person is only said of nobody.

        `authenticated` says so to the owner of the device, who may know better whose it is.
        """
        devices = group.devices or group.known
        customer = min(self._holder_of(each, event) for each in devices)
        if group.target is not None and group.devices:
            event.authenticated = False
            if all(each.name != customer for each in devices):
                event.identifiers = {each.kind: each.value for each in devices}
        return customer

    def _holder_of(self, known: ResolvedIdentifier, event: Event) -> str:
        """Whose event it is; of a device that may have been another's then, its owner knows."""
        if known.device and (
            event.received - event.time > LATE or event.time < self._since.get(known.name, 0)
        ):
            return known.name
        return self._alias_of(known) or known.name

    def heard(self, name: str, alias: Alias | None) -> None:
        """Learn from an owner where a name leads now."""
        self._aliases.put(name, alias)
        self._since.pop(name, None)
        if alias is not None:
            self._since[name] = alias.since
            if len(self._since) > SINCE_MOST:
                del self._since[next(iter(self._since))]
        self.answered(name, alias)

    def answered(self, name: str, alias: Alias | None) -> None:
        """The aliases say by now where a name leads; go by way of its owner no longer."""
        if alias is not None and name in self._asked:
            device = alias.since < self._asked[name][1] and not alias.blocked
            if not device:
                del self._asked[name]

    def forget(self) -> None:
        """What was asked since the last cut was undone."""
        self._asked.clear()

    def _links(
        self,
        event: Event,
        target: ResolvedIdentifier,
        customer: str,
        news: list[ResolvedIdentifier],
    ) -> list[Link]:
        """Ask each identifier to join, unless it was asked just now and was no login."""
        proof = LinkEvidence(event.id, event.type, event.source, event.time)
        links: list[Link] = []
        for each in news:
            if each.linkable and not self._is_asked(event, target, each):
                token = derive_id(event.id, each.name)[:TOKEN_LENGTH]
                formers = formers_of(target, each)
                names = each.name, each.kind, target.name, target.kind, customer
                links.append(Link(*names, token, proof, formers=formers))
                self._note(each.name, target.name, event.time)
        return links

    def _is_asked(
        self, event: Event, target: ResolvedIdentifier, each: ResolvedIdentifier
    ) -> bool:
        asked = self._asked.get(each.name)
        if asked is None or (each.device and event.type in self._authenticating):
            return False
        return asked[0] == target.name and event.time - asked[1] < ASK_AGAIN

    def _note(self, name: str, target: str, time: Instant) -> None:
        self._asked.pop(name, None)
        while len(self._asked) >= ASKED_MOST:
            del self._asked[next(iter(self._asked))]
        self._asked[name] = target, time

    def _alias_of(self, known: ResolvedIdentifier) -> str | None:
        """Where it leads: BLOCKED, another name, or None for itself or for its owner."""
        if self._asked and known.name in self._asked:
            return None
        return self._aliases.find_at(known.bucket, known.key)

    def _seen(self, event: Event) -> IdentifierSet:
        given = tuple((event.identifiers or {}).items())
        return self._groups.get(given) or self._look_at(given)

    def _look_at(self, given: tuple[tuple[str, str], ...]) -> IdentifierSet:
        """Look at identifiers for the first time."""
        if len(self._groups) >= KNOWN_MOST:
            self._groups.clear()
        why = _NAMELESS
        known: list[ResolvedIdentifier] = []
        for kind, value in given:
            written = normalize_identifier(self._rules, kind, value)
            if isinstance(written, NormalizedIdentifier):
                known.append(self._named(kind, written))
            else:
                why = written
        clean = {each.kind: each.value for each in known}
        as_given = tuple(clean.items()) == given
        group = self._group_of(known, None if as_given else clean, None if known else why)
        self._groups[given] = group
        return group

    def _group_of(
        self,
        known: list[ResolvedIdentifier],
        written: dict[str, str] | None,
        why: Rejected | None,
    ) -> IdentifierSet:
        devices = tuple([each for each in known if each.device])
        persons = [each for each in known if not each.device] if devices else known
        target = (
            min(persons, key=_name) if len(persons) > 1 else persons[0] if persons else None
        )
        names_account = any([self._rules.is_account(each.kind) for each in known])
        alone = known[0] if len(known) == 1 else None
        return IdentifierSet(tuple(known), alone, devices, target, names_account, written, why)

    def _named(self, kind: str, written: NormalizedIdentifier) -> ResolvedIdentifier:
        name = self._identify.name_of(kind, written.value)
        device = self._rules.is_device(kind)
        return ResolvedIdentifier(
            kind, written.value, name, written.linkable, device, *place_of(name)
        )

    def _follow(self, event: Event, customer: str, tokens: tuple[str, ...]) -> DeferredEvent:
        """Let a customer follow an event once these links are settled."""
        event.customer_id = customer
        return DeferredEvent(customer, tokens, self._write_event(event))


def formers_of(*known: ResolvedIdentifier) -> dict[str, tuple[str, ...]]:
    """List the names under former peppers of those identifiers that have any."""
    return {each.name: tuple([old.name for old in each.older]) for each in known if each.older}


def names_of(known: ResolvedIdentifier) -> tuple[str, ...]:
    """List the names of an identifier, the newest first."""
    return (known.name, *[old.name for old in known.older])


def _with_formers(command: Command, links: list[Link]) -> Command:
    """Tell with a link of the same event which accounts and cards are one."""
    if not isinstance(command, Link):
        return command
    formers = {name: each for link in links for name, each in link.formers.items()}
    return replace(command, formers={**command.formers, **formers})


def _name(known: ResolvedIdentifier) -> str:
    return known.name
