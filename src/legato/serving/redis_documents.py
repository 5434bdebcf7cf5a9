"""From records of customer.contexts to what shall stand in Redis."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from confluent_kafka import Message
from msgspec import Struct

from legato.serving.redis_keys import Keys
from legato.wire.context_view import context_view
from legato.wire.state import read_context

_encode = msgspec.json.Encoder().encode


class Document(Struct, frozen=True, gc=False):
    """A context as JSON; `keys` are its own, then those of its identifiers."""

    customer_id: str
    revision: int
    offset: int
    keys: list[str]
    json: bytes


class Erasure(Struct, frozen=True, gc=False):
    """A customer whom a tombstone in the log took away."""

    customer_id: str
    offset: int


class Batch:
    """The last word on each customer among some records; `records` counts them all.

    A customer may be erased and then return: such a one is in both lists, to be erased first.
    """

    def __init__(self, messages: Iterable[Message]) -> None:
        self.records = 0
        self._last: dict[bytes, Message] = {}
        self._erased: dict[bytes, int] = {}
        for message in messages:
            key = message.key()
            if key and key[0]:  # a key that starts with 0 is the line's own, no customer's
                self.records += 1
                self._note(key, message)

    @property
    def superseded(self) -> int:
        """How many records a later one of the same customer makes needless."""
        return self.records - len(self._last) - len(self._erased)

    def erasures(self) -> list[Erasure]:
        """List the customers who were erased."""
        return [Erasure(key.decode(), offset) for key, offset in self._erased.items()]

    def documents(self, keys: Keys) -> Iterator[Document]:
        """Write the contexts as JSON, one by one; raises StateError where bytes are none."""
        for key, message in self._last.items():
            value = message.value() or b""
            yield _document(keys, key.decode(), message.offset() or 0, value)

    def _note(self, key: bytes, message: Message) -> None:
        if message.value() is None:
            self._erased[key] = message.offset() or 0
            self._last.pop(key, None)
        else:
            self._last[key] = message


def _document(keys: Keys, customer_id: str, offset: int, value: bytes) -> Document:
    context = read_context(value)
    names = [keys.customer(customer_id)]
    for kind, values in context.identifiers.items():
        names += [keys.identifier(kind, value) for value in values]
    # The scripts in Redis read the revision off the first bytes.
    body = {"revision": context.revision, **context_view(context)}
    return Document(customer_id, context.revision, offset, names, _encode(body))


class _Known(Struct):
    identifiers: dict[str, list[str]] = {}


_known = msgspec.json.Decoder(_Known).decode


def identifier_keys(keys: Keys, json: bytes | None) -> list[str]:
    """Name the keys of the identifiers that a context in Redis has; none if there is none."""
    found = _known(json).identifiers if json else {}
    return [keys.identifier(kind, value) for kind in found for value in found[kind]]
