"""Rows of history in the order of their times: one file sorted, several merged."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from legato.core.values.time import Instant
from legato.operations.ingest.files import FilePosition

RUN_BYTES = 32 << 20
"""So many bytes of keys and values are sorted in memory; in Python they take about thrice."""
RUNS_MOST = 64
"""So many files are open at once while sorted runs are merged."""
_LENGTH = 4


class QueuedRow(Struct, frozen=True, array_like=True, gc=False):
    """A record to send; in its file, what is in Kafka is all before `after`."""

    time: Instant
    key: bytes
    value: bytes
    after: FilePosition


class RowStream(Struct, frozen=True):
    """The rows of one file in order of time, none before `first`; opened when it is needed."""

    first: Instant
    open: Callable[[], Iterator[QueuedRow]]


_time = attrgetter("time")
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(QueuedRow).decode


def sort_rows(
    rows: Iterable[QueuedRow], run_bytes: int = RUN_BYTES, runs_most: int = RUNS_MOST
) -> Iterator[QueuedRow]:
    """Sort rows by time in bounded memory, by runs on disk that are merged.

    Rows of one time keep their order. Behind a row lie as many as came out before it.
    """
    with TemporaryDirectory(prefix="legato-ingest-") as folder:
        runs = _Runs(Path(folder), runs_most)
        last: list[QueuedRow] = []
        for run in _sorted_runs(rows, run_bytes):
            if last:
                runs.add(last)
            last = run
        merged = heapq.merge(*runs.opened(), last, key=_time)
        for number, row in enumerate(merged, 1):
            yield replace(row, after=FilePosition(number))


def merge_streams(streams: Sequence[RowStream]) -> Iterator[tuple[int, QueuedRow]]:
    """Merge files that are in order each; tell of each row by its place which file it is of.

    Of rows of one time, those of the file that was named first come first. No file is open
    before its first row is due.
    """
    waiting = sorted(range(len(streams)), key=lambda n: streams[n].first, reverse=True)
    heap: list[tuple[Instant, int, QueuedRow, Iterator[QueuedRow]]] = []
    while waiting or heap:
        while waiting and (not heap or streams[waiting[-1]].first <= heap[0][0]):
            number = waiting.pop()
            _push(heap, number, streams[number].open())
        if heap:
            _, number, row, rows = heapq.heappop(heap)
            yield number, row
            _push(heap, number, rows)


def _push(
    heap: list[tuple[Instant, int, QueuedRow, Iterator[QueuedRow]]],
    number: int,
    rows: Iterator[QueuedRow],
) -> None:
    if (row := next(rows, None)) is not None:
        heapq.heappush(heap, (row.time, number, row, rows))


class _Runs:
    """Sorted rows on disk, in as few files as may be open at once."""

    def __init__(self, folder: Path, most: int) -> None:
        self._folder, self._most = folder, most
        self._paths: list[Path] = []
        self._made = 0

    def add(self, rows: Iterable[QueuedRow]) -> None:
        """Write a run; those before are merged into one when they become too many."""
        if len(self._paths) >= self._most:
            before = self._paths
            self._paths = [self._write(heapq.merge(*self.opened(), key=_time))]
            for path in before:
                path.unlink()
        self._paths.append(self._write(rows))

    def opened(self) -> list[Iterator[QueuedRow]]:
        """Read all runs, the first first."""
        return [_read(path) for path in self._paths]

    def _write(self, rows: Iterable[QueuedRow]) -> Path:
        self._made += 1
        path = self._folder / str(self._made)
        with path.open("wb") as file:
            for row in rows:
                blob = _encode(row)
                file.write(len(blob).to_bytes(_LENGTH, "big") + blob)
        return path


def _read(path: Path) -> Iterator[QueuedRow]:
    with path.open("rb") as file:
        while length := file.read(_LENGTH):
            yield _decode(file.read(int.from_bytes(length, "big")))


def _sorted_runs(rows: Iterable[QueuedRow], most: int) -> Iterator[list[QueuedRow]]:
    run: list[QueuedRow] = []
    size = 0
    for row in rows:
        run.append(row)
        size += len(row.key) + len(row.value)
        if size >= most:
            yield sorted(run, key=_time)
            run, size = [], 0
    yield sorted(run, key=_time)
