"""Rows of text: JSON lines as they stand, CSV by its header, packed or not."""

from __future__ import annotations

from pathlib import Path

import cramjam
import pytest
from msgspec import json

from legato.operations.ingest.errors import IngestRefused
from legato.operations.ingest.files import FilePosition, HistoryFile
from tests.unit.operations.ingest.told import objects, rows, written

LINES = b'\xef\xbb\xbf{"a": 1}\r\n\n  {"b":2.50}  \n{"c": "\xc3\xa4"}'


def test_json_lines_are_taken_as_their_bytes(tmp_path: Path) -> None:
    found = rows(written(tmp_path, "a.jsonl", LINES))
    assert [row.value for row in found] == [b'{"a": 1}', b'{"b":2.50}', b'{"c": "\xc3\xa4"}']
    assert [row.line for row in found] == [1, 3, 4]
    assert found[-1].after == FilePosition(3, 4, len(LINES))


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_reading_goes_on_behind_any_row(tmp_path: Path, name: str) -> None:
    file = written(tmp_path, name, LINES)
    found = rows(file)
    for number, row in enumerate(found, 1):
        assert rows(file, row.after) == found[number:]


def test_zstandard_is_unpacked(tmp_path: Path) -> None:
    packed = bytes(cramjam.zstd.compress(LINES))
    file = written(
        tmp_path, "a.ndjson.zst", packed + bytes(cramjam.zstd.compress(b'\n{"d":1}'))
    )
    found = rows(file)
    assert [row.value for row in found][3:] == [b'{"d":1}']
    assert rows(file, found[1].after) == found[2:]


def test_cells_are_named_by_the_header_and_empty_ones_left_out(tmp_path: Path) -> None:
    file = written(tmp_path, "a.csv", 'id, kind,note\n1,SALE,\n2,,"says ""no"", twice"\n')
    assert objects(file) == [
        {"id": "1", "kind": "SALE"},
        {"id": "2", "note": 'says "no", twice'},
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found_in_the_header(tmp_path: Path, delimiter: str) -> None:
    text = delimiter.join(["id", '"a,b;c"', "d"]) + "\r\n" + delimiter.join("123") + "\r\n"
    file = written(tmp_path, "a.csv", "\ufeff" + text)
    assert objects(file) == [{"id": "1", "a,b;c": "2", "d": "3"}]


def test_a_text_goes_over_lines_and_reading_goes_on_behind_it(tmp_path: Path) -> None:
    file = written(tmp_path, "a.csv", 'id,note\n\n1,"one\ntwo"\n\n2,three\n')
    found = rows(file)
    assert [(row.line, row.after.rows) for row in found] == [(3, 1), (6, 2)]
    assert found[0].raw == b'1,"one\ntwo"'
    assert rows(file, found[0].after) == found[1:]


def test_a_row_that_is_no_row_is_told_and_the_next_is_read(tmp_path: Path) -> None:
    file = written(tmp_path, "a.csv", 'id,note\n1,2,3\n4\n"5"x,6\n7,8\n9,"open\n')
    found = rows(file)
    assert [row.fault.reason if row.fault else "" for row in found] == [
        *("bad_row", "bad_row", "bad_row", ""),
        "bad_row",
    ]
    assert found[0].fault is not None
    assert found[0].fault.message.startswith("3 cells for the 2 columns of the header")
    assert found[2].raw == b'"5"x,6'
    assert json.decode(found[3].value) == {"id": "7", "note": "8"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"id,id\n", "two columns `id`"),
        (b"id,,note\n", "column 2 of .* has no name"),
        (b'"id"x,note\n', "the header of .* is no CSV"),
        ("id,note\n1,grün\n".encode("cp1252"), "line 2 of .* is not UTF-8; convert it"),
        ("id,note\n".encode("utf-16"), "line 1 of .* is not UTF-8"),
    ],
)
def test_a_file_that_is_no_csv_is_refused(tmp_path: Path, text: bytes, why: str) -> None:
    with pytest.raises(IngestRefused, match=why):
        rows(written(tmp_path, "a.csv", text))


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    for name in ("a.csv", "a.jsonl", "a.csv.gz"):
        assert rows(written(tmp_path, name, b"")) == []


def test_what_ends_before_its_end_or_is_not_packed_is_refused(tmp_path: Path) -> None:
    whole = written(tmp_path, "whole.jsonl.gz", LINES * 99).path.read_bytes()
    for name, data in (
        ("cut.jsonl.gz", whole[:-9]),
        ("plain.jsonl.gz", LINES),
        ("plain.csv.zst", b"id,note\n"),
    ):
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(IngestRefused, match="cannot be unpacked"):
            rows(HistoryFile.named(path))


@pytest.mark.parametrize("name", ["a.txt", "a", "a.gz", "a.parquet.gz", "a.xlsx"])
def test_a_file_must_say_what_it_holds(name: str) -> None:
    with pytest.raises(IngestRefused, match=r"let its name end in one of \.jsonl"):
        HistoryFile.named(Path(name))
