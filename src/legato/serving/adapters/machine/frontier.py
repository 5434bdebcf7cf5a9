"""How far a partition is done with: the oldest open record, and which behind it are open.

The commit's offset is that of the oldest record that is open; its metadata tells as runs which
others are, up to where was read. What lies between two open records and is none (the markers
of transactions) parts no run. Text: `1:`, or `1c:` if nothing was under way, and in base64, as
varints, the span that was read and then, in turn, how many offsets are done and how many open.
An open run of no length at the end of the span begins what was tried: how far before that end,
or behind the one before, and how often. Who knows nothing of tries takes it for no news.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_right
from collections.abc import Iterator, Mapping

from msgspec import Struct

METADATA_MOST = 3_500
"""Bytes of metadata; a broker takes 4,096 unless it is told otherwise."""
_VERSION, _CLEAN = "1:", "1c:"


class ReadingProgress(Struct, frozen=True):
    """What metadata says: up to `next` was read, and open were the runs `[start, end)`.

    It is `clean` if nothing was under way, and whoever wrote it sent nothing more. `tries`
    tells by offset how often an action was tried, with a try that was under way.
    """

    next: int
    starts: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()
    clean: bool = False
    tries: Mapping[int, int] = {}

    def is_done(self, offset: int) -> bool:
        """Was the record at this offset read, and done with?"""
        if offset >= self.next:
            return False
        run = bisect_right(self.starts, offset) - 1
        return run < 0 or offset >= self.ends[run]


class Frontier:
    """Which records of a partition are open, from the offset on at which reading began."""

    def __init__(self, start: int) -> None:
        self.next = start
        self._count = 0
        self._open: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._open)

    @property
    def offset(self) -> int:
        """The offset to commit."""
        return next(iter(self._open), self.next)

    def read(self, offset: int, *, is_open: bool) -> None:
        """Take note of the next record."""
        self._count += 1
        if is_open:
            self._open[offset] = self._count
        self.next = offset + 1

    def pass_to(self, offset: int) -> None:
        """Take note that there is nothing to read up to this offset."""
        self.next = max(self.next, offset)

    def close(self, offset: int) -> None:
        """A record is done with; one that was before the frontier already is no news."""
        self._open.pop(offset, None)

    def runs(self) -> Iterator[tuple[int, int]]:
        """Yield the runs of open records as `[start, end)`."""
        start = last = number = -1
        for offset, count in self._open.items():
            if number >= 0 and count == number + 1:
                last, number = offset, count
                continue
            if start >= 0:
                yield start, last + 1
            start, last, number = offset, offset, count
        if start >= 0:
            yield start, last + 1

    def metadata(self, tries: Mapping[int, int] | None = None, *, clean: bool = False) -> str:
        """Tell what a successor needs to know besides the offset; `tries` by offset."""
        base = self.offset
        numbers = [self.next - base]
        at = base
        for start, end in self.runs():
            numbers += (start - at, end - start)
            at = end
        if tries:
            numbers += (self.next - at, 0, *_tried(tries, self.next))
        head = _CLEAN if clean else _VERSION
        return head + urlsafe_b64encode(b"".join(map(_varint, numbers))).decode()

    def crowding(self) -> list[int]:
        """List the open offsets of the older half of the runs: without them it is shorter."""
        runs = [*self.runs()]
        until = runs[len(runs) // 2][0] if runs else 0
        return [offset for offset in self._open if offset < until]


def read_progress(offset: int, metadata: str) -> ReadingProgress:
    """Read what was committed; metadata that say nothing mean that all behind is open."""
    head, colon, told = metadata.partition(":")
    if head + colon not in (_VERSION, _CLEAN):
        return ReadingProgress(offset)
    span, *numbers = _read_varints(urlsafe_b64decode(told))
    pairs = zip(numbers[::2], numbers[1::2], strict=True)
    starts, ends = [], []
    at = offset
    for done, opened in pairs:
        if not opened:
            break
        starts.append(at + done)
        at += done + opened
        ends.append(at)
    clean, until = head + colon == _CLEAN, offset + span
    tries = _read_tries(pairs, until)
    return ReadingProgress(until, tuple(starts), tuple(ends), clean, tries)


def _tried(tries: Mapping[int, int], until: int) -> Iterator[int]:
    """Write how often was tried what lies before `until`, as pairs."""
    offsets = sorted(tries)
    for before, offset in zip([-1, *offsets], offsets, strict=False):
        yield until - offset if before < 0 else offset - before
        yield tries[offset]


def _read_tries(pairs: Iterator[tuple[int, int]], until: int) -> dict[int, int]:
    tries: dict[int, int] = {}
    at = -1
    for gap, count in pairs:
        at = at + gap if tries else until - gap
        tries[at] = count
    return tries


def _varint(number: int) -> bytes:
    written = bytearray()
    while number >= 0x80:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)


def _read_varints(written: bytes) -> list[int]:
    numbers, number, shift = [], 0, 0
    for byte in written:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            numbers.append(number)
            number = shift = 0
    return numbers
