"""Files of history, written and read as a test tells them."""

from __future__ import annotations

import gzip
from pathlib import Path

import msgspec

from legato.operations.ingest.beside import FileCheck
from legato.operations.ingest.checking import check_file
from legato.operations.ingest.file_reading import FileReading
from legato.operations.ingest.files import START, FilePosition, FileRow, HistoryFile
from legato.operations.ingest.history_reader import HistoryReader, ReadRow
from legato.settings import Settings
from legato.wire.source.source import Source

NOON = 1_772_452_800_000
HISTORY = Source(name="past", topics=("past",), clock="event_time")


def written(folder: Path, name: str, text: str | bytes) -> HistoryFile:
    """Write a file, packed if its name says so."""
    data = text.encode() if isinstance(text, str) else text
    path = folder / name
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return HistoryFile.named(path)


def rows(file: HistoryFile, at: FilePosition = START) -> list[FileRow]:
    """Read the rows behind a position."""
    return list(FileReading(file).rows(at))


def objects(file: HistoryFile) -> list[object]:
    """Read what all rows hold."""
    return [msgspec.json.decode(row.value) for row in rows(file)]


def envelope(number: int, **told: object) -> bytes:
    """An event of ada's as Legato has it, so many minutes after noon."""
    event = {
        "id": f"e{number}",
        "type": "page.viewed",
        "channel": "web",
        "time": NOON + number * 60_000,
        "identifiers": {"user_id": "ada"},
    }
    return msgspec.json.encode({**event, **told})


def reader(source: Source = HISTORY) -> HistoryReader:
    """Read for a source, a year after noon."""
    channels = frozenset(("web", "email"))
    return HistoryReader(Settings(), source, channels, NOON + 365 * 86_400_000)


def read(value: bytes, source: Source = HISTORY) -> ReadRow:
    """Read one row."""
    return reader(source).read(FileRow(1, value, START))


def checked(file: HistoryFile) -> FileCheck:
    """Look at a whole file."""
    return check_file(FileReading(file), reader(), lambda _: None, lambda *_: None)
