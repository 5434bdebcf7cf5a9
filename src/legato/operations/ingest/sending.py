"""Sending rows of history in the order of their times, and knowing how far they arrived."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import islice

from msgspec.structs import replace

from legato.core.values.time import LONG_AGO, NEVER, Instant
from legato.operations.ingest.file_reading import FileReading
from legato.operations.ingest.files import START, FilePosition
from legato.operations.ingest.history_reader import HistoryReader
from legato.operations.ingest.marks import send_marks
from legato.operations.ingest.ordering import (
    QueuedRow,
    RowStream,
    merge_streams,
    sort_rows,
)
from legato.operations.ingest.planning import IngestPlan, PlannedFile, Tell
from legato.operations.sender import Sender
from legato.settings import Settings

MARK_ROWS = 1_000
"""Rows after which every partition hears how far history has come."""
UNPACKED = "none"
"""A fetch takes so many bytes of a partition as they lie there. Packed, they are so many rows
that one partition runs far ahead, and its events must wait in contexts for the others."""
SETTLE_ROWS = 10_000
SETTLE_S = 2.0
"""After so much it is waited for the broker, and noted how far all is."""


def send_history(
    settings: Settings, plan: IngestPlan, reader: HistoryReader, tell: Tell
) -> None:
    """Send what is left of the files; `tell` hears how many bytes and rows of that are done.

    However it ends, what the broker has is noted, and not sent again. Raises NotSent and
    KafkaAway; IngestRefused and OSError if a file is taken away meanwhile.
    """
    with Sender(settings, UNPACKED) as sender:
        run = HistoryRun(sender, plan, tell)
        try:
            for number, row in islice(run.rows(reader), plan.request.limit):
                run.send(number, row)
        finally:
            run.settle()
        if plan.request.last and not plan.unsent:
            run.say_last()


class HistoryRun:
    """One call's sending: the rows of several files, and what of each is on its way."""

    def __init__(self, sender: Sender, plan: IngestPlan, tell: Tell) -> None:
        self._sender, self._plan, self._tell = sender, plan, tell
        self._topic = plan.request.topic
        self._partitions = sender.partitions(self._topic)
        self._files = plan.unsent
        self._pace = Pace(plan.request.rate)
        self._behind = [
            each.progress.position if each.progress else START for each in self._files
        ]
        self._on_way = [0] * len(self._files)
        self._rows = 0
        self._time: Instant = LONG_AGO
        self._settled_s = time.monotonic()
        for each in self._files:
            self._save(each, 0, START)

    def rows(self, reader: HistoryReader) -> Iterator[tuple[int, QueuedRow]]:
        """Read what is left of all files, in the order of time."""
        return merge_streams([_stream(each, reader) for each in self._files])

    def send(self, number: int, row: QueuedRow) -> None:
        """Send a row of one of the files."""
        self._pace.wait(self._rows)
        if self._rows % MARK_ROWS == 0:
            self._mark(row.time)
        self._sender.send(self._topic, row.key, row.value)
        self._rows += 1
        self._time = row.time
        self._behind[number] = row.after
        self._on_way[number] += 1
        if self._rows % SETTLE_ROWS == 0 or time.monotonic() - self._settled_s > SETTLE_S:
            self.settle()

    def settle(self) -> None:
        """Wait until the broker has all that was sent, and note how far each file is."""
        if any(self._on_way):
            self._mark(self._time)
        self._sender.flush()
        for number, each in enumerate(self._files):
            if self._on_way[number]:
                self._save(each, self._on_way[number], self._behind[number])
                self._on_way[number] = 0
        self._settled_s = time.monotonic()
        self._tell(sum(map(_done_bytes, self._files)), self._rows)

    def say_last(self) -> None:
        """Say that no history will follow, so that time goes on without it."""
        self._mark(NEVER)
        self._sender.flush()

    def _mark(self, passed: Instant) -> None:
        send_marks(self._sender, self._topic, self._partitions, passed)

    def _save(self, each: PlannedFile, sent: int, behind: FilePosition) -> None:
        progress = each.progress
        if progress is None:
            return
        if sent:
            each.sent_now += sent
            total = progress.sent + sent
            done = total >= progress.check.sent
            progress = replace(progress, position=behind, sent=total, done=done)
        each.progress = progress
        each.beside.save(progress)


class Pace:
    """Lets no more rows a second go; as many as there are if `rate` is None."""

    def __init__(self, rate: float | None) -> None:
        self._rate, self._began_s = rate, time.monotonic()

    def wait(self, rows: int) -> None:
        """Wait until the row after so many may go."""
        if self._rate is not None:
            time.sleep(max(0.0, self._began_s + rows / self._rate - time.monotonic()))


def _stream(each: PlannedFile, reader: HistoryReader) -> RowStream:
    check = each.progress.check if each.progress else None
    return RowStream(check.first if check else 0, lambda: _queued(each, reader))


def _queued(each: PlannedFile, reader: HistoryReader) -> Iterator[QueuedRow]:
    """Read what is left of one file, in order of time."""
    if each.progress is None:
        return iter(())
    position = each.progress.position
    if each.progress.check.is_ordered:
        return _sendable(each, reader, position)
    return islice(sort_rows(_sendable(each, reader, START)), position.rows, None)


def _sendable(
    each: PlannedFile, reader: HistoryReader, at: FilePosition
) -> Iterator[QueuedRow]:
    for row in FileReading(each.file).rows(at):
        read = reader.read(row)
        if read.key:
            yield QueuedRow(read.time, read.key, read.value, row.after)


def _done_bytes(each: PlannedFile) -> int:
    """Say how many bytes of a file were sent in this call, by its rows."""
    if each.progress is None or not each.progress.check.sent:
        return 0
    return each.size * each.sent_now // each.progress.check.sent


def bytes_left(files: Sequence[PlannedFile]) -> int:
    """Say how many bytes of files are left to send, by their rows."""
    left = (
        each.size * (each.progress.check.sent - each.progress.sent) // each.progress.check.sent
        for each in files
        if each.progress is not None and each.progress.check.sent
    )
    return sum(left)
