"""What lies beside a file of history: how far it was ingested, and its rejected rows."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import msgspec
from msgspec import Struct

from legato.core.values.results import Rejected, Unreadable
from legato.core.values.time import Instant
from legato.operations.ingest.errors import IngestRefused
from legato.operations.ingest.files import (
    START,
    FileIdentity,
    FilePosition,
    HistoryFile,
)
from legato.operations.ingest.history_reader import ReadRow


class FileCheck(Struct, frozen=True):
    """What a file holds: rows, those that are sent, and why others are not.

    `first` and `last` are its earliest and latest event; `disordered` are rows that are older
    than one before them, the first of which is in line `disorder`.
    """

    rows: int = 0
    sent: int = 0
    left_out: int = 0
    rejected: int = 0
    reasons: dict[str, int] = {}
    first: Instant = 0
    last: Instant = 0
    disordered: int = 0
    disorder: int = 0

    @property
    def is_ordered(self) -> bool:
        """Do its rows lie in the order of their times?"""
        return not self.disordered


class FileProgress(Struct, frozen=True):
    """How far a file is in Kafka: all before `position` is, of the rows in order of time."""

    identity: FileIdentity
    topic: str
    check: FileCheck
    position: FilePosition = START
    sent: int = 0
    done: bool = False


class Rejects(Struct, frozen=True):
    """One row that was rejected, as it is written down."""

    line: int
    reason: str
    message: str
    raw: str
    sent: bool = False


class Beside:
    """The two files that go with one file of history, in its folder or in another."""

    def __init__(self, file: HistoryFile, folder: Path | None) -> None:
        path = file.path
        place = folder or path.parent
        self.progress_path = place / f".{path.name}.ingest.json"
        self.rejected_path = place / f"{path.name}.rejected.jsonl"

    def load(self) -> FileProgress | None:
        """Read how far it was ingested; None if it never was. Raises IngestRefused."""
        try:
            return msgspec.json.decode(self.progress_path.read_bytes(), type=FileProgress)
        except FileNotFoundError:
            return None
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise IngestRefused(
                f"`{self.progress_path}` cannot be read ({error}); take it away, or say "
                "`--from-start`"
            ) from None

    def save(self, progress: FileProgress) -> None:
        """Write how far it was ingested, whole or not at all."""
        part = self.progress_path.with_suffix(".part")
        part.write_bytes(msgspec.json.format(msgspec.json.encode(progress)) + b"\n")
        part.replace(self.progress_path)

    def rejecting(self) -> RejectedRows:
        """Write down rejected rows in place of those that lie there; use it in a `with`."""
        return RejectedRows(self.rejected_path)


class RejectedRows:
    """Writes rejected rows to a file that appears at the end, if there are any."""

    def __init__(self, path: Path) -> None:
        self._path, self._part = path, path.with_suffix(".part")
        self._file: BinaryIO | None = None

    def take(self, read: ReadRow) -> None:
        """Write down all that is wrong with a row."""
        if self._file is None:
            self._file = self._part.open("wb")
        raw = (read.row.raw or read.row.value).decode(errors="replace")
        self._file.writelines(
            msgspec.json.encode(each) + b"\n" for each in _rejects(read, read.faults, raw)
        )

    def __enter__(self) -> Self:
        self._path.unlink(missing_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is None:
            return
        self._file.close()
        if kind is None:
            self._part.replace(self._path)
        else:
            self._part.unlink()


def _rejects(
    read: ReadRow, faults: Iterable[Unreadable | Rejected], raw: str
) -> Iterable[Rejects]:
    sent = bool(read.key)
    return (Rejects(read.row.line, each.reason, each.message, raw, sent) for each in faults)
