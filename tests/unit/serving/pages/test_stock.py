"""How many pieces are at a venue is what the last version that counts says of it."""

import pytest

from legato.core.references.versions import ReferenceVersion
from legato.core.values.time import HOUR
from legato.queries.topic_reader import TopicRecord
from legato.serving.pages.stock import StockReader
from legato.settings import Settings
from legato.wire.topics.references import write_reference_record

NOW = 1_772_445_600_000


def record(kind: str, sku: str, value: bytes, time: int = NOW - HOUR) -> TopicRecord:
    key, told = write_reference_record(ReferenceVersion(kind, sku, time, value))
    return TopicRecord("references", 0, 0, NOW, key, told, ())


def pieces(*records: TopicRecord) -> float | None:
    reader = StockReader(Settings())
    for each in records:
        reader.take(each)
    return reader.at("berlin-1", NOW)("SHOE-42")


def test_the_newest_that_counts_is_told() -> None:
    before = record("stock", "SHOE-42", b'{"venues":{"berlin-1":3}}', NOW - 2 * HOUR)
    now = record("stock", "SHOE-42", b'{"venues":{"berlin-1":2,"berlin-2":9}}')
    later = record("stock", "SHOE-42", b'{"venues":{"berlin-1":1}}', NOW + HOUR)
    assert pieces(before, later, now) == 2


@pytest.mark.parametrize(
    "value",
    [
        b'{"available":7}',
        b'{"venues":{"berlin-2":7}}',
        b'{"venues":{"berlin-1":"many"}}',
        b'{"venues":{"berlin-1":true}}',
        b'{"venues":7}',
    ],
)
def test_what_says_no_number_of_this_venue_tells_nothing(value: bytes) -> None:
    assert pieces(record("stock", "SHOE-42", value)) is None


def test_other_kinds_are_passed_over() -> None:
    assert pieces(record("price", "SHOE-42", b'{"venues":{"berlin-1":3}}')) is None
