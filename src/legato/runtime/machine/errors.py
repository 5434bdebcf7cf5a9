"""What may go wrong in a processor, told without telling what was in the record."""

from __future__ import annotations

from pathlib import Path
from traceback import extract_tb


class WorkerFatal(Exception):
    """The worker cannot go on; the message is one sentence for the operator."""


class RecordFailed(Exception):
    """A record could not be handled; the cause is the exception's cause."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"a record could not be handled: offset {offset}")
        self.offset = offset


def place_of(error: BaseException) -> str:
    """Say what was raised and where, but not its message: that may quote personal data."""
    error = error.__cause__ or error
    frames = extract_tb(error.__traceback__)
    where = f" in {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"


def said_by(error: BaseException) -> str:
    """Say what Kafka said of a failure, else what was raised and where."""
    words = getattr(error.args[0], "str", None) if error.args else None
    return str(words()) if callable(words) else place_of(error)
