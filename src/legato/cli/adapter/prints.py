"""Keeps what foreign code prints apart from what we tell."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import RawIOBase, TextIOWrapper
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

MARK = "  ┊ "
LONGEST = 200
"""So much of a line is shown."""


@contextmanager
def prints_apart() -> Iterator[TextIO]:
    """Yield stdout for our own words; what else is printed meanwhile goes to stderr, marked.

    What children of this process print goes there as well, as it is.
    """
    marked = MarkedLines(sys.stderr)
    theirs = TextIOWrapper(
        marked,  # type: ignore[type-var]  # unbuffered, as `python -u` has it
        "utf-8",
        errors="backslashreplace",
        write_through=True,
    )
    with _descriptor_apart(sys.stdout) as ours, redirect_stdout(theirs):
        try:
            yield ours
        finally:
            marked.end_line()


def plain_text(text: str) -> str:
    """Spell out what would move the cursor, or begin a line."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


class MarkedLines(RawIOBase):
    """Passes lines on with a mark before each, and with what is no text spelled out."""

    def __init__(self, to: TextIO) -> None:
        self._to = to
        self._in_line = False

    def writable(self) -> bool:
        """Take what is written."""
        return True

    def fileno(self) -> int:
        """Let children write where the lines go."""
        return self._to.fileno()

    def write(self, written: ReadableBuffer, /) -> int:
        """Pass on what was written."""
        size = memoryview(written).nbytes
        for line in bytes(written).decode(errors="replace").splitlines(keepends=True):
            self._show(line)
        self._to.flush()
        return size

    def end_line(self) -> None:
        """Let the next words begin a line."""
        if self._in_line:
            self._to.write("\n")
            self._in_line = False

    def _show(self, line: str) -> None:
        text = line.rstrip("\r\n")
        plain = plain_text(text)
        cut = plain if len(plain) <= LONGEST else f"{plain[:LONGEST]}…"
        self._to.write(cut if self._in_line else f"{MARK}{cut}")
        self._in_line = True
        if text != line:
            self.end_line()


@contextmanager
def _descriptor_apart(stream: TextIO) -> Iterator[TextIO]:
    """Yield a copy of a stream, which leads to stderr meanwhile; one in memory needs none."""
    is_ours = (sys.stdout, sys.stderr) == (sys.__stdout__, sys.__stderr__)
    if not is_ours:
        yield stream
        return
    stream.flush()
    number, error = stream.fileno(), sys.stderr.fileno()
    with os.fdopen(os.dup(number), "w", encoding=stream.encoding) as ours:
        os.dup2(error, number)
        try:
            yield ours
        finally:
            ours.flush()
            os.dup2(ours.fileno(), number)
