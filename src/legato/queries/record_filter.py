"""Which records of a topic are about one customer."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec import Struct

from legato.queries.identifier_lookup import IdentifierLookup
from legato.queries.identity_lookup import IdentityLookup
from legato.queries.topic_reader import TopicReader, TopicRecord
from legato.settings import Settings

Theirs = Callable[[TopicRecord], bool]


class _Whose(Struct):
    identifiers: dict[str, str | int] = {}


_read_label = msgspec.json.Decoder(_Whose).decode


def everybodys(_: TopicRecord) -> bool:
    """Leave nobody out."""
    return True


def records_of(settings: Settings, what: str, customer: str | None) -> Theirs:
    """Return a test for the records about a customer: by their key, as known now.

    A dead letter is also theirs if its payload is an envelope with an identifier of theirs.
    """
    if customer is None:
        return everybodys
    who = IdentifierLookup(settings)
    with TopicReader(settings) as reader:
        slots = IdentityLookup(reader)
        found = slots.find(*who.ask(customer).names)
        keys = {name.encode() for name in slots.names_of(found)}
    if what == "dead-letters":
        return lambda record: is_letter_of(record, found.names, who)
    return lambda record: record.key in keys


def is_letter_of(record: TopicRecord, names: frozenset[str], who: IdentifierLookup) -> bool:
    """Is a dead letter about one of these names?"""
    if (record.key or b"").decode(errors="replace") in names:
        return True
    try:
        known = _read_label(record.value or b"").identifiers
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    written = who.written({kind: str(value) for kind, value in known.items()})
    return any(not names.isdisjoint(who.identify.names_of(*pair)) for pair in written.items())
