"""Records of the topic of references."""

from __future__ import annotations

import pytest

from legato.core.references.versions import ReferenceVersion
from legato.core.values.results import Rejected
from legato.wire.topics.references import read_reference_record

AT = 1_772_452_800_000


def test_a_record_is_a_version_and_its_content_has_one_spelling() -> None:
    value = b'{"time": "2026-03-02T12:00:00Z", "value": {"b": 1, "a": 2}}'
    read = read_reference_record(b"price/SHOE/42", value, 5)
    assert read == ReferenceVersion("price", "SHOE/42", AT, b'{"a":2,"b":1}')


def test_a_record_without_value_is_gone_since_it_was_written() -> None:
    assert read_reference_record(b"price/SHOE", None, AT) == ReferenceVersion(
        "price", "SHOE", AT
    )
    gone = read_reference_record(b"price/SHOE", b'{"time": %d, "value": null}' % AT, 5)
    assert gone == ReferenceVersion("price", "SHOE", AT)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (None, b'{"time": 1772452800000, "value": {}}'),
        (b"price", b'{"time": 1772452800000, "value": {}}'),
        (b"/SHOE", b'{"time": 1772452800000, "value": {}}'),
        (b"\xff/SHOE", b'{"time": 1772452800000, "value": {}}'),
        (b"price/SHOE", b""),
        (b"price/SHOE", b"[]"),
        (b"price/SHOE", b'{"value": {}}'),
        (b"price/SHOE", b'{"time": 1772452800000}'),
        (b"price/SHOE", b'{"time": 1772452800000, "value": 1}'),
    ],
)
def test_what_is_none_is_rejected(key: bytes | None, value: bytes) -> None:
    read = read_reference_record(key, value, AT)
    assert isinstance(read, Rejected)
    assert read.reason == "bad_reference"
