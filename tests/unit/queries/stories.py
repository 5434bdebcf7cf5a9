"""Kim, whom links of several kinds make one customer, looked up as the topics would have it."""

from __future__ import annotations

from collections.abc import Mapping

from legato.core.events.event import Event
from legato.core.identity.events import names_in
from legato.core.values.time import MINUTE
from legato.harness import Harness
from legato.queries.identifier_lookup import IdentifierLookup
from legato.queries.identity_cluster import Cluster, identifiers_of
from legato.queries.identity_lookup import FoundIdentity, identity_of
from legato.settings import Settings

T0 = 1_772_438_400_000
SETTINGS = Settings()
WHO = IdentifierLookup(SETTINGS)
CARD, EMAIL = "loyalty:42", "email:kim@example.org"
COOKIE = "anonymous:c-1"


def event(minute: int, kind: str, known: Mapping[str, str], channel: str = "web") -> Event:
    at = T0 + minute * MINUTE
    return Event(
        id=f"e{minute}",
        type=kind,
        channel=channel,
        source=channel,
        time=at,
        identifiers=dict(known),
    )


def kim() -> Harness:
    """A visit, a login, a card with an address, and an order that shows it is all one."""
    return Harness().feed(
        event(0, "page.viewed", {"anonymous_id": "c-1"}),
        event(5, "account.logged_in", {"user_id": "kim", "anonymous_id": "c-1"}),
        event(20, "page.viewed", {"email": "kim@example.org"}, "email"),
        event(30, "loyalty.card_scanned", {"loyalty_id": "42", "email": "kim@example.org"}),
        event(60, "order.completed", {"user_id": "kim", "loyalty_id": "42"}, "store"),
    )


def found_in(harness: Harness, name: str) -> FoundIdentity:
    """Look a name up as the topics would have it."""
    way = [name]
    while forward := identity_of(harness.contexts.get(way[-1])).forward:
        way.append(forward)
    return FoundIdentity(tuple(way), None, harness.contexts.get(way[-1]))


def cluster_of(harness: Harness, text: str) -> Cluster:
    asked = WHO.ask(text)
    found = found_in(harness, asked.name)
    names = frozenset((*found.way, *found.members))
    kept = {name: slot for name, slot in harness.contexts.items() if name in names}
    log = tuple(told for told in harness.identity if names_in(told) & names)
    return Cluster(asked, found, identifiers_of(WHO, asked, found, kept), log)
