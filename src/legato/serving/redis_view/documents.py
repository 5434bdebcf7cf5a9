"""From records of customer.contexts to what shall stand in Redis."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from confluent_kafka import Message
from msgspec import Struct

from legato.core.context.context import Context
from legato.core.events.event import FUTURE
from legato.core.values.time import Instant
from legato.serving.redis_view.keys import Keys
from legato.serving.redis_view.open_actions import Closing, OpenRule
from legato.serving.redis_view.presence import Placing, placings_in
from legato.wire.context_view import context_view
from legato.wire.state import read_context

_json = msgspec.json.Encoder()


class Document(Struct, array_like=True, frozen=True, gc=False):
    """What shall stand under a customer's key, in the order in which the script takes it.

    `index` names the entries that shall lead to the customer, and no others; `told` is how the
    JSON tells that, behind its revision. `forward` is as whom one goes on who was merged,
    `closed` are the actions that the context says are closed, `placings` the sets of venues
    and queues that it stands in; None if there are none.
    """

    customer_id: str
    revision: int
    offset: int
    index: list[str]
    told: str
    json: str
    forward: str | None
    closed: list[Closing] | None
    placings: list[Placing] | None = None


class Forwarder(Struct, frozen=True, gc=False):
    """What is left of a customer who was merged: as whom they go on."""

    revision: int
    index: list[str]
    forward: str


class Erasure(Struct, array_like=True, frozen=True, gc=False):
    """A customer whom a tombstone in the log took away.

    Void is what was said of them up to `void`: what happened before they were erased may bear
    a time as far ahead as that of an event.
    """

    customer_id: str
    offset: int
    void: Instant


class DocumentBatch:
    """The last word on each customer among some records; `records` counts them all.

    A customer may be erased and then return: such a one is in both lists, to be erased first.
    """

    def __init__(self, messages: Iterable[Message], rule: OpenRule, now: Instant) -> None:
        """Take records of contexts; `rule` says which actions are closed, as of `now`."""
        self.records = 0
        self._rule, self._now = rule, now
        self._told: dict[bytes, list[Message]] = {}
        self._erased: dict[bytes, Message] = {}
        for message in messages:
            key = message.key()
            if key and key[0]:  # a key that starts with 0 is the line's own, no customer's
                self.records += 1
                self._note(key, message)

    @property
    def superseded(self) -> int:
        """How many records a later one of the same customer makes needless."""
        return self.records - len(self._told) - len(self._erased)

    def erasures(self) -> list[Erasure]:
        """List the customers who were erased."""
        return [
            Erasure(key.decode(), message.offset() or 0, message.timestamp()[1] + FUTURE)
            for key, message in self._erased.items()
        ]

    def documents(self, keys: Keys) -> Iterator[Document]:
        """Write the contexts as JSON, one by one; raises StateError where bytes are none.

        All are written into one buffer, since to grow one for each costs more than to copy.
        """
        buffer = bytearray()
        for messages in self._told.values():
            for message in reversed(messages):
                context = read_context(message.value() or b"")
                if not _is_pending(context):
                    yield self._document(keys, message, context, buffer)
                    break

    def _note(self, key: bytes, message: Message) -> None:
        if message.value() is None:
            self._erased[key] = message
            self._told.pop(key, None)
        else:
            self._told.setdefault(key, []).append(message)

    def _document(
        self, keys: Keys, message: Message, context: Context, buffer: bytearray
    ) -> Document:
        """Show a customer; of one who was merged, nothing but where to."""
        forward = context.identity.forward if context.identity else ""
        known = {} if forward else context.identifiers
        index = [keys.entry(kind, value) for kind in known for value in known[kind]]
        shown = (
            Forwarder(context.revision, index, forward)
            if forward
            else context_view(context, index)
        )
        _json.encode_into(shown, buffer)
        return Document(
            (message.key() or b"").decode(),
            context.revision,
            message.offset() or 0,
            index,
            f'"index":{_json.encode(index).decode()}',
            buffer.decode(),
            forward or None,
            self._rule.closed_in(context, self._now) if context.actions else None,
            None if forward else placings_in(context, self._now, self._rule.default_queue),
        )


def _is_pending(context: Context) -> bool:
    """Whether it asked to be merged: it stays as it stood, until that is answered."""
    return context.identity is not None and context.identity.pending is not None
