"""Rows of text: JSON lines as they stand, and CSV (RFC 4180) with a header."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Struct

from legato.core.values.results import Rejected
from legato.operations.ingest.errors import IngestRefused
from legato.operations.ingest.files import START, FilePosition, FileRow, HistoryFile
from legato.wire.record import BOM
from legato.wire.source.reader import VALUE_MAX

DELIMITERS = ",;\t"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_encode = msgspec.json.Encoder().encode


class FileLines:
    """The lines of a text, and behind how many lines and bytes the next one begins."""

    def __init__(self, text: BinaryIO, at: FilePosition = START) -> None:
        self._text = text
        self.line, self.offset = at.line, at.offset

    def __iter__(self) -> Iterator[bytes]:
        for line in self._text:
            first = self.offset == 0
            self.line += 1
            self.offset += len(line)
            yield line.removeprefix(BOM) if first else line


class CsvHeader(Struct, frozen=True):
    """The columns of a file, what separates them, and where its first row begins."""

    path: Path
    names: tuple[str, ...]
    delimiter: str
    ends: FilePosition


def jsonl_rows(text: BinaryIO, at: FilePosition) -> Iterator[FileRow]:
    """Read JSON lines behind a position; what stands in a line is not touched."""
    lines, rows = FileLines(text, at), at.rows
    for line in lines:
        if value := line.strip():
            rows += 1
            after = FilePosition(rows, lines.line, lines.offset)
            yield FileRow(lines.line, value, after, value)


def read_header(file: HistoryFile) -> CsvHeader:
    """Read the names of the columns; raises IngestRefused for what names none.

    The delimiter is whichever of the comma, the semicolon and tab makes most columns of it.
    """
    with file.opened() as (text, _):
        head = text.readline()
    delimiter = _delimiter_of(head.removeprefix(BOM), file)
    with file.opened() as (text, _):
        records = _Records(file.path, FileLines(text), delimiter)
        cells, fault = records.take()
    if fault:
        raise IngestRefused(f"the header of `{file.path}` is no CSV: {fault}")
    names = tuple(cell.strip() for cell in cells or ())
    _check_names(file.path, names)
    return CsvHeader(file.path, names, delimiter, records.position(0))


def csv_rows(header: CsvHeader, text: BinaryIO, at: FilePosition) -> Iterator[FileRow]:
    """Read CSV behind a position, which is that of the header at least.

    Empty cells are left out. Raises IngestRefused where it is no UTF-8.
    """
    records, rows = _Records(header.path, FileLines(text, at), header.delimiter), at.rows
    while True:
        begins = records.line + 1
        cells, fault = records.take()
        if cells is None and not fault:
            return
        if cells != []:
            rows += 1
            fault = fault or _fault_of(cells, header.names)
            value = b"" if fault or cells is None else _object(header.names, cells)
            why = Rejected("bad_row", fault, "read") if fault else None
            yield FileRow(begins, value, records.position(rows), records.raw, why)


class _Records:
    """The records of a text, with the bytes that each is made of."""

    def __init__(self, path: Path, lines: FileLines, delimiter: str) -> None:
        csv.field_size_limit(VALUE_MAX)
        self._path, self._lines = path, lines
        self._pulled: list[bytes] = []
        self._cells = csv.reader(self._decoded(), delimiter=delimiter, strict=True)

    def take(self) -> tuple[list[str] | None, str]:
        """Read a record, or say why it is none; None and nothing at the end."""
        self._pulled.clear()
        try:
            return next(self._cells, None), ""
        except csv.Error as error:
            return None, f"{error}; see to its quotes"

    @property
    def raw(self) -> bytes:
        """The bytes of the last record."""
        return b"".join(self._pulled).rstrip(b"\r\n")

    @property
    def line(self) -> int:
        """How many lines were read."""
        return self._lines.line

    def position(self, rows: int) -> FilePosition:
        """Say where the next record begins, behind so many rows."""
        return FilePosition(rows, self._lines.line, self._lines.offset)

    def _decoded(self) -> Iterator[str]:
        for line in self._lines:
            self._pulled.append(line)
            try:
                yield line.decode()
            except UnicodeDecodeError:
                raise _not_utf8(self._path, self._lines.line) from None


def _object(names: tuple[str, ...], cells: list[str]) -> bytes:
    return _encode({name: cell for name, cell in zip(names, cells, strict=True) if cell})


def _fault_of(cells: list[str] | None, names: tuple[str, ...]) -> str:
    if cells is None or len(cells) == len(names):
        return ""
    return (
        f"{len(cells)} cells for the {len(names)} columns of the header; put quotes around "
        "what holds a delimiter"
    )


def _delimiter_of(head: bytes, file: HistoryFile) -> str:
    if head.startswith(UTF_16):
        raise _not_utf8(file.path, 1)
    text = head.decode(errors="replace")
    return max(DELIMITERS, key=lambda each: _count_cells(text, each))


def _count_cells(text: str, delimiter: str) -> int:
    try:
        return len(next(csv.reader([text], delimiter=delimiter), []))
    except csv.Error:
        return 0


def _check_names(path: Path, names: tuple[str, ...]) -> None:
    if "" in names:
        place = names.index("") + 1
        raise IngestRefused(f"column {place} of `{path}` has no name; give it one")
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise IngestRefused(f"`{path}` has two columns `{twice[0]}`; rename one of them")


def _not_utf8(path: Path, line: int) -> IngestRefused:
    return IngestRefused(
        f"line {line} of `{path}` is not UTF-8; convert it, such as by "
        "`iconv -f WINDOWS-1252 -t UTF-8`"
    )
