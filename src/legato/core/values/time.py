"""Event time: whole milliseconds since the epoch, always UTC."""

import re
from datetime import UTC, datetime
from typing import TypeAlias

Instant: TypeAlias = int
Span: TypeAlias = int

SECOND: Span = 1_000
MINUTE: Span = 60 * SECOND
HOUR: Span = 60 * MINUTE
DAY: Span = 24 * HOUR
NEVER: Instant = (1 << 63) - 1
LONG_AGO: Instant = -(1 << 63)
EARLIEST: Instant = 946_684_800_000
"""The year 2000: what claims to be earlier was most likely not counted in milliseconds."""
LATEST: Instant = 221_845_392_000_000
"""The year 9000: what claims to be later was most likely not either."""
LONGEST: Span = 36_525 * DAY
"""A hundred years: no span that anybody means is longer."""
MS_PER = {"ms": 1.0, "s": 1_000.0, "us": 0.001, "ns": 0.000_001}
"""What a time that is a number may count, and how many milliseconds that is."""

_UNITS = {"ms": 1, "s": SECOND, "m": MINUTE, "min": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
_SPAN = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(ms|s|min|m|h|d|w)")
_LEAP = re.compile(r"(?<=:59):60(?!\d)")


def read_span(text: str) -> Span:
    """Read `90m`, `24h` or `1d 12h` as milliseconds; raises ValueError on anything else."""
    parts = _SPAN.findall(text)
    if not parts or _SPAN.sub("", text).strip():
        raise ValueError(
            f"`{text}` is not a span of time; write for example `30m`, `24h` or `7d`"
        )
    span = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if span > LONGEST:
        raise ValueError(f"`{text}` is longer than a hundred years; write a shorter span")
    return round(span)


def read_instant(value: int | str | datetime) -> Instant:
    """Read epoch milliseconds or RFC 3339 as an instant; raises ValueError on anything else.

    A leap second (`23:59:60Z`) is the second after it, since no clock here has it.
    """
    if isinstance(value, int):
        return value
    late: Span = 0
    if isinstance(value, str):
        value, late = _read_text(value)
    if value.tzinfo is None:
        raise ValueError("a time without zone is ambiguous; add `Z` or an offset")
    return round(value.timestamp() * 1000) + late


def _read_text(text: str) -> tuple[datetime, Span]:
    """Read RFC 3339, and how much later than what could be read it is."""
    if not text.isascii():
        raise ValueError(f"`{text}` is no time; write its digits as 0 to 9")
    try:
        return datetime.fromisoformat(text), 0
    except ValueError:
        plain, leaps = _LEAP.subn(":59", text.upper())
        return datetime.fromisoformat(plain), leaps * SECOND


def is_plausible(at: Instant) -> bool:
    """Tell whether a time can have been counted in milliseconds."""
    return EARLIEST <= at < LATEST


def why_implausible(at: Instant, unit: str = "ms") -> str:
    """Say when an implausible time would have been, and what it seems to count instead."""
    when = f"lies in {in_words(at)[:7]}" if 0 <= at < LATEST else "lies outside all calendars"
    count = at / MS_PER[unit]
    for other, ms_per in MS_PER.items():
        if is_plausible(round(count * ms_per)):
            return f'{when}; it seems to count `{other}`, so set `time_unit = "{other}"`'
    return f"{when}; send a time from 2000 on"


def read_time(text: str) -> Instant:
    """Read a time that a person writes; raises ValueError, also for one that nobody means."""
    digits = text.isascii() and text.removeprefix("-").isdigit()
    at = read_instant(int(text) if digits else text)
    if not is_plausible(at):
        raise ValueError(
            f"`{text}` lies outside the years 2000 to 9000; "
            "write epoch milliseconds, or RFC 3339 such as `2026-03-02T10:00:00Z`"
        )
    return at


def in_words(at: Instant) -> str:
    """Write an instant as RFC 3339 to the second."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def in_words_ms(at: Instant) -> str:
    """Write an instant as RFC 3339 to the millisecond."""
    return f"{in_words(at)[:-1]}.{at % 1000:03d}Z"


def span_in_words(span: Span) -> str:
    """Write a span as a person would say it: in the largest unit that it holds twice."""
    for unit, name in ((DAY, "days"), (HOUR, "hours"), (MINUTE, "minutes")):
        if span >= 2 * unit:
            return f"{span // unit} {name}"
    return "1 minute" if span >= MINUTE else "a moment"
