"""The data set as it was published: one row a click, in the order of its file."""

from __future__ import annotations

import csv
import gzip
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

DATA = Path(__file__).parent / "data" / "ecom.csv.gz"
SHA256 = "110716838facbec8143c6c9af74500eb0252197da212fd75aa4c47bf3b692090"


@dataclass(frozen=True)
class Click:
    """One row: `n` counts the rows of a session, `time` is in epoch milliseconds."""

    user: str
    session: str
    n: int
    event: str
    time: int
    platform: str
    came_by: str
    cohort: str
    lifecycle: str

    @property
    def id(self) -> str:
        """Name the row: the data set gives none."""
        return f"{self.session}-{self.n:02d}"


def read_clicks(path: Path = DATA) -> list[Click]:
    """Read all rows; raises ValueError when the file is not the one that was published."""
    packed = path.read_bytes()
    found = hashlib.sha256(packed).hexdigest()
    if found != SHA256:
        raise ValueError(f"`{path}` has sha256 `{found}`, not `{SHA256}`; get it with fetch.py")
    return list(_clicks(csv.DictReader(gzip.decompress(packed).decode().splitlines())))


def _clicks(rows: Iterator[dict[str, str]] | csv.DictReader[str]) -> Iterator[Click]:
    rows_of_session: dict[str, int] = {}
    for row in rows:
        session = row["session_id"]
        n = rows_of_session[session] = rows_of_session.get(session, 0) + 1
        yield Click(
            row["user_id"],
            session,
            n,
            row["event"],
            _epoch_ms(row["timestamp"]),
            row["platform"],
            row["acquisition_channel"],
            row["user_cohort"],
            row["user_lifecycle"],
        )


def _epoch_ms(stamp: str) -> int:
    """The stamps carry no zone; they are taken as UTC."""
    return round(datetime.fromisoformat(stamp).replace(tzinfo=UTC).timestamp() * 1000)
