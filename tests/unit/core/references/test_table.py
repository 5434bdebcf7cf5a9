"""The table of references: which version counts when, what changes, and what a key costs."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legato.core.references.as_of import ReferencesAsOf
from legato.core.references.table import ReferenceTable
from legato.core.references.versions import VALUE_MOST, ReferenceChange, ReferenceVersion
from legato.core.values.time import LATEST
from tests.unit.core.stories import at

KEYS = 250_000
"""As full as the dict of a million keys is."""


def price(minute: float, amount: int | None, key: str = "SHOE") -> ReferenceVersion:
    value = b"" if amount is None else b'{"amount":%d}' % amount
    return ReferenceVersion("price", key, at(minute), value)


def amounts(table: ReferenceTable, *minutes: float) -> list[object]:
    """What a shoe cost then."""
    seen = [ReferencesAsOf(table, at(minute)) for minute in minutes]
    return [
        each["price"]["SHOE"]["amount"] if "SHOE" in each["price"] else None for each in seen
    ]


def test_a_version_counts_from_its_time_up_to_the_next() -> None:
    table = ReferenceTable()
    for version in (price(0, 89), price(10, 79), price(20, None), price(30, 69)):
        table.take(version)
    assert amounts(table, 9, 10, 19.9, 20, 29, 30, 1_000) == [None, 79, 79, None, None, 69, 69]


def test_a_change_is_what_says_another_thing() -> None:
    table = ReferenceTable()
    told = [table.take(each) for each in (price(0, 89), price(1, 89), price(2, 79))]
    first, same, lower = told
    assert first == ReferenceChange(price(0, 89))
    assert same is None
    assert lower == ReferenceChange(price(2, 79), b'{"amount":89}')


def test_what_was_never_known_cannot_be_gone() -> None:
    table = ReferenceTable()
    assert table.take(price(0, None)) is None
    assert len(table) == 0
    table.take(price(1, 89))
    assert table.take(price(2, None)) == ReferenceChange(price(2, None), b'{"amount":89}')


def test_an_older_version_finds_its_place_and_is_no_change() -> None:
    table = ReferenceTable()
    table.take(price(0, 89))
    table.take(price(20, 69))
    assert table.take(price(10, 79)) is None
    assert amounts(table, 5, 15, 25) == [89, 79, 69]
    assert table.take(price(-10, 99)) is None
    assert amounts(table, -5, 5) == [None, 89]


def test_of_two_of_the_same_time_the_last_one_counts() -> None:
    table = ReferenceTable()
    table.take(price(0, 89))
    assert table.take(price(0, 79)) == ReferenceChange(price(0, 79), b'{"amount":89}')
    assert amounts(table, 0) == [79]


def test_what_was_read_is_noted_with_its_version() -> None:
    table = ReferenceTable()
    table.take(price(0, 89))
    seen = ReferencesAsOf(table, at(5))
    assert "GONE" not in seen["price"]
    assert "stock" not in seen
    assert [*seen] == ["price"]
    assert seen["price"]["SHOE"] == {"amount": 89}
    assert seen.read == {"price/SHOE": at(0)}


def test_a_value_is_no_catalogue() -> None:
    table = ReferenceTable()
    long = ReferenceVersion("price", "SHOE", LATEST - 1, b" " * (VALUE_MOST - 2) + b"{}")
    assert table.take(long) is not None
    assert table.valid_at("price", "SHOE", LATEST) == long
    with pytest.raises(ValueError, match="65536 bytes"):
        table.take(ReferenceVersion("price", "SHOE", at(0), b" " * (VALUE_MOST + 1)))


TOLD = st.lists(st.tuples(st.integers(0, 6), st.sampled_from([None, 1, 2])), max_size=12)


@given(TOLD)
def test_the_table_is_the_last_three_by_time(told: list[tuple[int, int | None]]) -> None:
    table, known = ReferenceTable(), dict[int, int | None]()
    for minute, amount in told:
        table.take(price(minute, amount))
        if known or amount is not None:
            known[minute] = amount
            known = {each: known[each] for each in sorted(known)[-3:]}
    for now in range(8):
        since = max((each for each in known if each <= now), default=0)
        amount = known.get(since)
        found = table.valid_at("price", "SHOE", at(now))
        assert found == (None if amount is None else price(since, amount))


def test_a_key_costs_less_than_150_bytes_beside_its_own() -> None:
    table, value = ReferenceTable(), b'{"amount":89}'
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    own = 0
    for number in range(KEYS):
        key = f"SHOE-{number}"
        own += len(key) + 3 * len(value)
        for time in range(3):
            table.take(ReferenceVersion("price", key, time, value))
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (after - before - own) / KEYS < 150
