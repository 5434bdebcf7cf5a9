"""Reading a file once before anything is sent: what is in it, what is wrong, in which order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from legato.core.values.time import Instant
from legato.operations.ingest.beside import FileCheck
from legato.operations.ingest.file_reading import FileReading
from legato.operations.ingest.history_reader import HistoryReader, ReadRow

OFTEN = 1_000
"""Rows after which it is told how far the reading is."""


class FileChecker:
    """Counts what becomes of rows."""

    def __init__(self) -> None:
        self._rows = self._sent = self._left_out = self._rejected = 0
        self._reasons: Counter[str] = Counter()
        self._first: Instant | None = None
        self._last: Instant = 0
        self._disordered = self._disorder = 0

    def take(self, read: ReadRow) -> None:
        """Count a row."""
        self._rows += 1
        if read.faults:
            self._rejected += 1
            self._reasons.update({each.reason for each in read.faults})
        if read.key:
            self._sent += 1
            self._see_order(read)
        elif not read.faults:
            self._left_out += 1

    def check(self) -> FileCheck:
        """Say what was counted."""
        return FileCheck(
            self._rows,
            self._sent,
            self._left_out,
            self._rejected,
            dict(sorted(self._reasons.items())),
            self._first or 0,
            self._last,
            self._disordered,
            self._disorder,
        )

    def _see_order(self, read: ReadRow) -> None:
        time = read.time
        if self._first is None or time < self._first:
            self._first = time
        if time < self._last:
            self._disordered += 1
            self._disorder = self._disorder or read.row.line
        else:
            self._last = time


def check_file(
    reading: FileReading,
    reader: HistoryReader,
    reject: Callable[[ReadRow], None],
    tell: Callable[[int, int], None],
) -> FileCheck:
    """Read a file to its end; `tell` hears how many bytes and rows were read.

    Raises IngestRefused, OSError and RegistryDown.
    """
    checker, number = FileChecker(), 0
    for number, row in enumerate(reading.rows(), 1):
        read = reader.read(row)
        checker.take(read)
        if read.faults:
            reject(read)
        if number % OFTEN == 0:
            tell(reading.read_bytes, number)
    tell(reading.read_bytes, number)
    return checker.check()
