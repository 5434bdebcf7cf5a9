"""Whose event it will be, by the same rules as the line's own."""

from __future__ import annotations

from legato.core.events.event import Event
from legato.core.identity.alias_index import Alias, AliasIndex
from legato.core.identity.rotation import resolver_of
from legato.core.identity.rules import Authenticates
from legato.core.values.results import Rejected
from legato.queries.identifier_lookup import IdentifierLookup
from legato.queries.identity_lookup import IdentityLookup
from legato.queries.topic_reader import TopicReader
from legato.settings import Settings
from legato.wire.blobs import TODAY


def customer_after(settings: Settings, topic: str, event: Event) -> str | Rejected:
    """Name the customer of an event on this topic, as far as identifiers are linked now."""
    if event.customer_id:
        return event.customer_id
    who = IdentifierLookup(settings)
    with TopicReader(settings) as reader:
        known = IdentityLookup(reader).aliases(_names(who, event))
    return resolved(who, known, event, _authenticates(settings, topic))


def resolved(
    who: IdentifierLookup,
    known: dict[str, Alias],
    event: Event,
    authenticates: Authenticates,
) -> str | Rejected:
    """Ask the line's own rules, with the aliases that are known."""
    aliases = AliasIndex()
    for name, alias in known.items():
        aliases.put(name, alias)
    whose = resolver_of(who.identify, who.rules, aliases, TODAY.write_event).resolve(
        event, authenticates
    )
    return whose[0].to if isinstance(whose, tuple) else whose


def _names(who: IdentifierLookup, event: Event) -> set[str]:
    return {
        name
        for pair in who.written(event.identifiers or {}).items()
        for name in who.identify.names_of(*pair)
    }


def _authenticates(settings: Settings, topic: str) -> Authenticates:
    """Say whether the source of a topic proves whose its identifiers are."""
    found = (source.authenticates for source in settings.sources if topic in source.topics)
    return next(found, "auto")
