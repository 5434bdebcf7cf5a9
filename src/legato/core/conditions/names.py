"""Which names a condition may say, and what is known of their values when it is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from legato.core.conditions.customer import CUSTOMER
from legato.core.conditions.faults import meant_by, unknown
from legato.core.conditions.shapes import (
    ANY,
    DECLARED,
    INSTANT,
    MAP,
    NUMBER,
    TEXT,
    TRUTH,
    Shape,
    either,
    list_of,
    map_of,
    record,
    record_of,
)
from legato.core.events.vocabulary import VOCABULARY, Vocabulary

if TYPE_CHECKING:
    from legato.core.conditions.aggregates import AggregateCall
    from legato.core.conditions.compile import Condition

EVENT: Mapping[str, Shape] = {
    **dict.fromkeys(("id", "type", "channel", "source", "customer_id", "session_id"), TEXT),
    **dict.fromkeys(("cart_id", "order_id", "case_id", "brand", "device"), TEXT),
    "time": INSTANT,
    "received": INSTANT,
    "identifiers": map_of(TEXT),
    "location": record(venue=TEXT, region=TEXT),
    "clamped": TRUTH,
    "authenticated": TRUTH,
    "initiated": TRUTH,
    "data": ANY,
    "key": TEXT,
    "before": ANY,
}
"""The envelope of an event; `key` and `before` are those of a change of a reference."""
SITUATION = record(
    customer_id=TEXT,
    situation=TEXT,
    time=INSTANT,
    occurrence_id=TEXT,
    situation_id=TEXT,
    stage=NUMBER,
    journey_id=TEXT,
    goals=list_of(TEXT),
    evidence=MAP,
    playbook_version=TEXT,
)
_ANY_EVENT = Shape("record", EVENT)
_ROOTS: dict[str, Shape] = {
    "now": INSTANT,
    "customer": CUSTOMER,
    "event": _ANY_EVENT,
    "situation": SITUATION,
    "ref": map_of(map_of(ANY)),
}


_HARDLY_ANOTHER = 0.9
"""How alike two types are of which one is taken for a slip of the pen."""


class Names(Struct, frozen=True):
    """The names of a playbook: its own event types and segments, and which event it is about.

    `types` are the patterns of the event that is asked about, empty for any. `segments` are
    those that there are, each with who is in it, None where nobody knows yet. What is asked of
    the past by all that is compiled goes into `asked`, if it is given.
    """

    own: Mapping[str, Shape] = {}
    types: tuple[str, ...] = ()
    segments: Mapping[str, Condition | None] | None = None
    vocabulary: Vocabulary = VOCABULARY
    asked: list[AggregateCall] | None = None

    def with_events(self, events: Mapping[str, Mapping[str, str]]) -> Names:
        """Know event types of one's own: each field and its type, `{score: number}`.

        Of a type that the vocabulary knows they are further fields. Raises ValueError.
        """
        return replace(
            self, own={**self.own, **{k: _declared(k, v) for k, v in events.items()}}
        )

    def with_segments(self, segments: Mapping[str, Condition | None]) -> Names:
        """Know the segments that there are, and who is in each, if that is known."""
        return replace(self, segments=segments)

    def asking(self, asked: list[AggregateCall] | None) -> Names:
        """Tell this list what is asked of the past."""
        return replace(self, asked=asked)

    def of_types(self, *patterns: str) -> Names:
        """Be about events of these types or globs."""
        return replace(self, types=patterns)

    def misspelt(self, event_type: str) -> str:
        """Say that a type is another's but for a letter or two; empty if it is not."""
        known = {*self.own, *(each.name for each in self.vocabulary.types)}
        near = meant_by(event_type, known, _HARDLY_ANOTHER)
        if not near or event_type in known:
            return ""
        told = f"nobody knows event type `{event_type}`"
        return f"{told}: did you mean `{near}`, or should it be declared under `events`?"

    @property
    def roots(self) -> Mapping[str, Shape]:
        """What a condition may begin with."""
        return {**_ROOTS, "event": self.event_of(self.types)} if self.types else _ROOTS

    def event_of(self, types: tuple[str, ...]) -> Shape:
        """What is known of an event of one of these types."""
        data = self._data_of(types)
        return _ANY_EVENT if data is ANY else Shape("record", {**EVENT, "data": data})

    def _data_of(self, types: tuple[str, ...]) -> Shape:
        known = [self._data_of_one(each) for each in types]
        fields = [each.fields for each in known if each.fields is not None]
        if not known or len(fields) < len(known):
            return ANY
        names = dict.fromkeys(name for each in fields for name in each)
        return Shape(
            "record",
            {name: either([each[name] for each in fields if name in each]) for name in names},
        )

    def _data_of_one(self, event_type: str) -> Shape:
        """The data of one type; a glob and a type that nobody knows may carry anything."""
        listed = self.vocabulary.find(event_type)
        payload = None if listed is None else self.vocabulary.payload_of(event_type)
        known = ANY if payload is None else record_of(payload)
        own = self.own.get(event_type)
        if own is None or known.fields is None or own.fields is None:
            return own or known
        return Shape("record", {**known.fields, **own.fields})


NAMES = Names()
"""Those of a playbook that declares nothing of its own."""


def _declared(event_type: str, fields: Mapping[str, Any]) -> Shape:
    for name, word in fields.items():
        if word not in DECLARED:
            told = unknown(str(word), DECLARED, kind="type")
            raise ValueError(f"`{name}` of `{event_type}`: {told}")
    return Shape("record", {name: DECLARED[word] for name, word in fields.items()})
