"""One reading of a file, whatever it holds: its rows, and how much of it was read."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from legato.operations.ingest.files import START, FilePosition, FileRow, HistoryFile
from legato.operations.ingest.lines import csv_rows, jsonl_rows, read_header
from legato.operations.ingest.parquet import ParquetRows


class FileReading:
    """Reads a file once; `read_bytes` says how many of its bytes on disk were read."""

    def __init__(self, file: HistoryFile) -> None:
        self.file = file
        self._tell: Callable[[], int] = lambda: 0

    @property
    def read_bytes(self) -> int:
        """How many bytes of it were read by now."""
        return self._tell()

    def rows(self, at: FilePosition = START) -> Iterator[FileRow]:
        """Read the rows behind a position; raises IngestRefused and OSError."""
        match self.file.form:
            case "jsonl":
                yield from self._text(at)
            case "csv":
                yield from self._csv(at)
            case "parquet":
                yield from self._parquet(at)
        size = self.file.path.stat().st_size
        self._tell = lambda: size

    def _text(self, at: FilePosition) -> Iterator[FileRow]:
        with self.file.opened(at.offset) as (text, on_disk):
            self._tell = on_disk.tell
            yield from jsonl_rows(text, at)

    def _csv(self, at: FilePosition) -> Iterator[FileRow]:
        header = read_header(self.file)
        start = at if at.offset else header.ends
        with self.file.opened(start.offset) as (text, on_disk):
            self._tell = on_disk.tell
            yield from csv_rows(header, text, start)

    def _parquet(self, at: FilePosition) -> Iterator[FileRow]:
        parquet, size = ParquetRows(self.file.path), self.file.path.stat().st_size
        done = at.rows
        self._tell = lambda: size * done // max(parquet.count, 1)
        for row in parquet.rows(at):
            done = row.after.rows
            yield row
