"""A file of history: what its name says it is, its bytes, and how it is known again."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from importlib import import_module
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypeAlias

from msgspec import Struct

from legato.core.values.results import Rejected
from legato.operations.ingest.errors import IngestRefused

Form: TypeAlias = Literal["jsonl", "csv", "parquet"]
FORMS: dict[str, Form] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
}
PACKED = (".gz", ".zst")
HEAD = 1 << 20
"""So many bytes at its beginning, with its size, tell a file from another."""
DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile)


class FilePosition(Struct, frozen=True, gc=False):
    """Behind how many rows, lines and bytes of a file something lies."""

    rows: int = 0
    line: int = 0
    offset: int = 0


START = FilePosition()


class FileRow(Struct, frozen=True, gc=False):
    """A row as it will be sent: in JSON. `line` is where it begins, `after` lies behind it.

    `raw` are its bytes in the file, where they are others. One with a `fault` is no record.
    """

    line: int
    value: bytes
    after: FilePosition
    raw: bytes = b""
    fault: Rejected | None = None


class FileIdentity(Struct, frozen=True):
    """What a file is known by: its size in bytes, and the SHA-256 of its head."""

    size: int
    head: str


class HistoryFile(Struct, frozen=True):
    """A file, and what it holds; `packed` is `.gz`, `.zst`, or empty."""

    path: Path
    form: Form
    packed: str = ""

    @classmethod
    def named(cls, path: Path) -> HistoryFile:
        """See by its name what a file holds; raises IngestRefused."""
        ending = path.suffix.lower()
        packed = ending if ending in PACKED else ""
        inner = Path(path.stem).suffix.lower() if packed else ending
        form = FORMS.get(inner)
        if form is None or (packed and form == "parquet"):
            known = ", ".join(FORMS)
            raise IngestRefused(
                f"`{path}` does not say what it holds; let its name end in one of {known}, "
                "and text that is packed in `.gz` or `.zst` behind that"
            )
        return cls(path, form, packed)

    def identity(self) -> FileIdentity:
        """Say what it is known by; raises OSError."""
        with self.path.open("rb") as file:
            head = sha256(file.read(HEAD)).hexdigest()
        return FileIdentity(self.path.stat().st_size, head)

    @contextmanager
    def opened(self, offset: int = 0) -> Iterator[tuple[BinaryIO, BinaryIO]]:
        """Open its text behind so many bytes, and what on disk says how far it was read.

        Raises IngestRefused for what is packed otherwise, or ends before its end.
        """
        with self.path.open("rb") as file:
            try:
                yield self._behind(offset, file), file
            except DAMAGED as error:
                raise self._damaged(error) from None
            except OSError as error:
                if error.filename is not None or not self.packed:
                    raise
                raise self._damaged(error) from None

    def _behind(self, offset: int, file: BinaryIO) -> BinaryIO:
        """Go to an offset; what is packed is unpacked up to there."""
        text = self._unpacked(file)
        if not self.packed:
            text.seek(offset)
            return text
        while offset > 0 and (passed := text.read(min(offset, HEAD))):
            offset -= len(passed)
        return text

    def _unpacked(self, file: BinaryIO) -> BinaryIO:
        match self.packed:
            case ".gz":
                return BufferedReader(gzip.GzipFile(fileobj=file))
            case ".zst":
                return self._of_zstandard(file)
            case _:
                return file

    def _of_zstandard(self, file: BinaryIO) -> BinaryIO:
        """Take what there is: Python itself knows it from 3.14 on."""
        try:
            opened: Any = import_module("compression.zstd").open(file, "rb")
        except ModuleNotFoundError:
            opened = pyarrow_for(self.path).CompressedInputStream(file, "zstd")
        return BufferedReader(opened)

    def _damaged(self, error: Exception) -> IngestRefused:
        return IngestRefused(
            f"`{self.path}` cannot be unpacked: {error}; is it whole, and packed as its name "
            "says?"
        )


def pyarrow_for(path: Path) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Import pyarrow; raises IngestRefused where it is not installed."""
    try:
        return import_module("pyarrow")
    except ModuleNotFoundError:
        raise IngestRefused(
            f"`{path}` needs pyarrow; install it with `pip install 'legato[parquet]'`"
        ) from None
