"""Maps over whatever is sent: nothing is raised, and wrapping events changes none of them."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from legato.core.events.event import Event
from legato.core.values.results import Ignored
from legato.wire.formats.envelope import Misunderstood, SourceReading, each_of
from legato.wire.reasons import REASONS
from legato.wire.source.reader import Reader
from legato.wire.source.ready_made import ready_made
from legato.wire.source.source import Source

NOON = 1_760_000_000_000
RULES = {
    "fields": {
        "id": ["no", "ref.no"],
        "type": {"path": "kind", "words": {"add": "cart.item_added", "*.x": "a.x"}},
        "time": [{"path": "at", "zone": "Europe/Berlin"}, {"path": "ms", "as": "ms"}],
        "channel": {"value": "web"},
    },
    "identifiers": {"user_id": '"who.id"', "email": "^.email"},
    "data": {"price": {"path": "price", "as": "cents", "currency": "cur"}, "sku": "sku"},
    "per_type": {"order.completed": {"items[].sku": "rows[].sku", "items[].size": "^.size"}},
    "when": [{"path": "op", "not_in": ["d", True]}],
}

_leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        ["add", "order.completed", "d", "EUR", "jpy", "", "{", '{"no": 1}', "null"]
    ),
    st.sampled_from(
        ["2025-10-09T10:53:20", "1760000000000", "1e400", "-1E999999999", "NaN", "9" * 5_000]
    ),
    st.text(max_size=5),
)
_names = st.sampled_from(
    ["no", "ref", "kind", "at", "ms", "who.id", "email", "price", "cur", "sku", "rows", "op"]
)
_values = st.recursive(
    _leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=4),
    max_leaves=8,
)
_records = st.dictionaries(_names, _values, max_size=9)


def _reader(**more: object) -> Reader:
    return Reader(msgspec.convert({"name": "s", "topics": ["t"], **RULES, **more}, Source))


ONE, EACH, WITHIN = _reader(), _reader(each="[]"), _reader(each="a.b[]")
READY_MADE = [
    Reader(Source(name="s", topics=("t",), map=name), check_payload=True)
    for name in ready_made()
]


def _read(reader: Reader, value: object) -> tuple[SourceReading, ...]:
    return each_of(reader.read(msgspec.json.encode(value), b"k", None, NOON))


def _known(reading: SourceReading) -> bool:
    why = reading.why if isinstance(reading, Misunderstood) else reading
    return isinstance(why, Event | Ignored) or why.reason in REASONS


def _plain(reading: SourceReading) -> object:
    """Lay out what became of an event, but for its number within its record."""
    if isinstance(reading, Event | Ignored):
        return msgspec.json.decode(msgspec.json.encode(reading))
    why = reading.why if isinstance(reading, Misunderstood) else reading
    return why.reason, why.message.rpartition(": ")[2]


@given(_values)
def test_nothing_is_raised_whatever_is_sent(value: object) -> None:
    for reader in (ONE, EACH, WITHIN, *READY_MADE):
        assert all(map(_known, _read(reader, value)))


def _good(number: int) -> dict[str, object]:
    told = {"no": number, "kind": "add", "ms": NOON, "price": 100, "sku": "A"}
    return {**told, "who.id": "ada"}


@given(st.lists(_records, min_size=1, max_size=4), st.integers(0, 4))
def test_a_list_is_read_as_its_events_and_a_bad_one_spoils_none(
    records: list[dict[str, object]], place: int
) -> None:
    """What looks at the record around it is left out: `email` is the record's."""
    events = [{n: v for n, v in record.items() if n != "email"} for record in records]
    events.insert(place, _good(place))
    alone = [_plain(reading) for event in events for reading in _read(ONE, event)]
    assert [_plain(reading) for reading in _read(EACH, events)] == alone
    for wrapped in ({"a": {"b": events}}, {"a": msgspec.json.encode({"b": events}).decode()}):
        assert [_plain(reading) for reading in _read(WITHIN, wrapped)] == alone
    assert any(isinstance(each, dict) and each.get("id") == str(place) for each in alone)
