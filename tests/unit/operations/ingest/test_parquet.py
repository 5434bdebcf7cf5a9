"""Rows of Parquet become JSON: every time with its zone, every digit of a decimal."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from legato.operations.ingest.errors import IngestRefused
from legato.operations.ingest.files import FilePosition, HistoryFile
from tests.unit.operations.ingest.told import objects, rows

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

AT = datetime(2025, 3, 2, 12, 0, 0, 123_000, UTC).replace(tzinfo=None)


def table(folder: Path, columns: dict[str, object], row_group_size: int = 2) -> HistoryFile:
    path = folder / "a.parquet"
    pq.write_table(pa.table(columns), path, row_group_size=row_group_size)
    return HistoryFile.named(path)


def test_times_have_a_zone_and_decimals_their_digits(tmp_path: Path) -> None:
    columns = {
        "naive": pa.array([AT], pa.timestamp("ms")),
        "nano": pa.array([AT], pa.timestamp("ns")),
        "berlin": pa.array([AT.replace(tzinfo=UTC)], pa.timestamp("us", "Europe/Berlin")),
        "day": pa.array([date(2025, 3, 2)]),
        "amount": pa.array([Decimal("19.90")], pa.decimal128(9, 2)),
        "word": pa.array(["A"]).dictionary_encode(),
        "nothing": pa.array([None], pa.string()),
    }
    (told,) = rows(table(tmp_path, columns))
    at = '"2025-03-02T12:00:00.123000Z"'
    assert told.value.decode() == (
        f'{{"naive":{at},"nano":{at},"berlin":{at},"day":"2025-03-02","amount":19.90,"word":"A"}}'
    )


def test_lists_structs_and_maps_keep_their_shape(tmp_path: Path) -> None:
    line = pa.struct([("sku", pa.string()), ("at", pa.timestamp("ns"))])
    columns = {
        "lines": pa.array([[{"sku": "A", "at": AT}, {"sku": "B", "at": None}]], pa.list_(line)),
        "tags": pa.array([[("color", "red")]], pa.map_(pa.string(), pa.string())),
    }
    assert objects(table(tmp_path, columns)) == [
        {
            "lines": [
                {"sku": "A", "at": "2025-03-02T12:00:00.123000Z"},
                {"sku": "B", "at": None},
            ],
            "tags": {"color": "red"},
        }
    ]


def test_reading_goes_on_behind_any_row_of_any_group(tmp_path: Path) -> None:
    file = table(tmp_path, {"id": list(range(7))}, row_group_size=3)
    found = rows(file)
    assert [row.line for row in found] == [1, 2, 3, 4, 5, 6, 7]
    for number in range(8):
        assert rows(file, FilePosition(number)) == found[number:]


def test_what_is_no_parquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"id,note\n")
    with pytest.raises(IngestRefused, match="is no Parquet"):
        rows(HistoryFile.named(path))
