"""Time marks: how far history has come, in a partition of its topic where nothing happened.

A source whose clock is the time of its events moves it by events alone, so that a partition
without any would hold back all others for good. A mark is a record without key and value whose
header says that no event of before will follow. `all` says that none will follow at all: from
then on time passes without this source.
"""

from __future__ import annotations

from legato.core.events.event import FUTURE
from legato.core.values.time import NEVER, Instant, is_plausible
from legato.wire.record import Headers, header

HEADER = "legato.passed"
_ALL = b"all"


def mark_of(passed: Instant) -> tuple[tuple[str, bytes | None], ...]:
    """Write the headers of a mark; NEVER if no event will follow."""
    return ((HEADER, _ALL if passed == NEVER else str(passed).encode()),)


def passed_of(headers: Headers) -> Instant | None:
    """Read the time of a mark; None if it is none."""
    told = header(headers, HEADER)
    if told == _ALL:
        return NEVER
    if told is None or not told.isdigit():
        return None
    passed = int(told)
    return passed if is_plausible(passed) else None


def passed_by(headers: Headers, received: Instant) -> Instant:
    """Say how far time has come by a mark that the broker took then; it is in no future."""
    passed = passed_of(headers) or 0
    return passed if passed == NEVER else min(passed, received + FUTURE)
