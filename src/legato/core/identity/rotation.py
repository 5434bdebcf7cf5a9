"""Whose event it is while a pepper is replaced: each identifier has a name under each.

An identifier's newest name and its former ones are, by nature, the same. Until a former one is
known to lead where the newest does, the one acts that is somebody's: whose the event is and
what it proves is found out as ever, by the names that owners know. Beside that, a `Link` asks
the former name to join the newest, with the event as its proof. Nobody waits for that: the
former name has all that there is, and takes it along.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from legato.core.events.event import Event
from legato.core.identity.alias_index import BLOCKED, Alias, AliasIndex, place_of
from legato.core.identity.commands import Command, Link
from legato.core.identity.customer_ids import Identify
from legato.core.identity.normalize import NormalizedIdentifier
from legato.core.identity.resolver import (
    ASK_AGAIN,
    ASKED_MOST,
    IdentifierSet,
    ResolvedIdentifier,
    Resolver,
    WriteEvent,
    formers_of,
)
from legato.core.identity.rules import Authenticates, IdentityRules
from legato.core.identity.state import LinkEvidence
from legato.core.values.results import Rejected
from legato.core.values.time import Instant


def resolver_of(
    identify: Identify, rules: IdentityRules, aliases: AliasIndex, write_event: WriteEvent
) -> Resolver:
    """Make what names customers; while there are former peppers, by these names as well."""
    kind = RotatingResolver if identify.formers else Resolver
    return kind(identify, rules, aliases, write_event)


class RotatingResolver(Resolver):
    """Names the customer of each event, and lets identifiers get their newest name."""

    def __init__(
        self,
        identify: Identify,
        rules: IdentityRules,
        aliases: AliasIndex,
        write_event: WriteEvent,
    ) -> None:
        super().__init__(identify, rules, aliases, write_event)
        self._told: dict[str, Instant] = {}
        self._via: dict[str, str] = {}

    def resolve(
        self, event: Event, authenticates: Authenticates, group: IdentifierSet | None = None
    ) -> str | tuple[Command, ...] | Rejected:
        """Name the customer, or the commands that say it and rename what decided it."""
        group = group or self._seen(event)
        late = {each.name: former for each in group.known if (former := self._late(each))}
        if not late:
            return super().resolve(event, authenticates, group)
        acting = [self._acting(each, late.get(each.name, ())) for each in group.known]
        known = self._group_of(acting, group.written, group.why)
        proven = self._proves(event, known, authenticates)
        found = super().resolve(event, authenticates, known)
        if isinstance(found, Rejected):
            return found
        customer = found if isinstance(found, str) else found[0].to
        news = [
            newest
            for newest, one in zip(group.known, acting, strict=True)
            if newest.name in late and (proven or (self._alias_of(one) or one.name) == customer)
        ]
        if links := self._renames(event, news):
            follow = (self._follow(event, found, ()),) if isinstance(found, str) else found
            return (*follow[:1], *links, *follow[1:])
        return found

    def forget(self) -> None:
        """What was asked since the last cut was undone."""
        super().forget()
        self._told.clear()
        self._via.clear()

    def answered(self, name: str, alias: Alias | None) -> None:
        """Go by way of a device's former name until the newer one shows what was asked there.

        What was told to the former is on its way to the newer, and must not be overtaken.
        """
        if alias is None or not alias.renamed:
            super().answered(name, alias)
            if (former := self._via.get(name)) is not None:
                self.answered(former, alias)
        elif name in self._asked:
            if len(self._via) >= ASKED_MOST:
                self._via.clear()
            self._via[alias.to] = name

    def _late(self, newest: ResolvedIdentifier) -> tuple[ResolvedIdentifier, ...]:
        """List the former names that may lead elsewhere than the newest does.

        What was asked of the newest since then is not known elsewhere.
        """
        if newest.name in self._asked or self._alias_of(newest) == BLOCKED:
            return ()
        return tuple([each for each in newest.older if not self._is_bound(newest, each)])

    def _acting(
        self, newest: ResolvedIdentifier, late: tuple[ResolvedIdentifier, ...]
    ) -> ResolvedIdentifier:
        """Say which name an identifier's events go by: the newest that is somebody's.

        One that was asked comes before, and the oldest where none leads to anybody.
        """
        if not late:
            return newest
        asked = next((each for each in late if each.name in self._asked), None)
        if asked is not None:
            return asked
        return next((x for x in (newest, *late) if self._alias_of(x) is not None), late[-1])

    def _is_bound(self, newest: ResolvedIdentifier, former: ResolvedIdentifier) -> bool:
        """Does a former name lead where the newest does, as far as this worker knows?"""
        where = self._alias_of(former)
        if where is None or where == BLOCKED:
            return False
        return where == self._alias_of(newest) or where == newest.name or _has(newest, where)

    def _renames(self, event: Event, news: Iterable[ResolvedIdentifier]) -> list[Link]:
        """Ask former names to join the newest, unless they were asked just now."""
        proof = LinkEvidence(event.id, event.type, event.source, event.time)
        return [
            Link(
                former.name,
                former.kind,
                newest.name,
                newest.kind,
                "",
                "",
                proof,
                formers=formers_of(newest, former),
            )
            for newest in news
            for former in newest.older
            if not self._is_bound(newest, former) and self._is_due(former.name, event.time)
        ]

    def _is_due(self, name: str, time: Instant) -> bool:
        """Note that a name is asked now; False if it was asked just now."""
        told = self._told.get(name)
        if told is not None and time - told < ASK_AGAIN:
            return False
        self._told.pop(name, None)
        while len(self._told) >= ASKED_MOST:
            del self._told[next(iter(self._told))]
        self._told[name] = time
        return True

    def _named(self, kind: str, written: NormalizedIdentifier) -> ResolvedIdentifier:
        known = super()._named(kind, written)
        older: tuple[ResolvedIdentifier, ...] = ()
        for former in reversed(self._identify.formers):
            name = former.name_of(kind, written.value)
            drawer, key = place_of(name)
            renamed = replace(known, name=name, bucket=drawer, key=key, older=older)
            older = (renamed, *older)
        return replace(known, older=older)


def _has(newest: ResolvedIdentifier, name: str) -> bool:
    return any(each.name == name for each in newest.older)
