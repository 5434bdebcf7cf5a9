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
LATEST: Instant = 221_845_392_000_000
"""The year 9000: what claims to be later was most likely not counted in milliseconds."""

_UNITS = {"ms": 1, "s": SECOND, "m": MINUTE, "min": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d|w)")


def read_span(text: str) -> Span:
    """Read `90m`, `24h` or `1d 12h` as milliseconds; raises ValueError on anything else."""
    parts = _SPAN.findall(text)
    if not parts or _SPAN.sub("", text).strip():
        raise ValueError(
            f"`{text}` is not a span of time; write for example `30m`, `24h` or `7d`"
        )
    return round(sum(float(number) * _UNITS[unit] for number, unit in parts))


def read_instant(value: int | str | datetime) -> Instant:
    """Read epoch milliseconds or RFC 3339 as an instant; raises ValueError on anything else."""
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if value.tzinfo is None:
        raise ValueError("a time without zone is ambiguous; add `Z` or an offset")
    return round(value.timestamp() * 1000)


def in_words(at: Instant) -> str:
    """Write an instant as RFC 3339 to the second."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def span_in_words(span: Span) -> str:
    """Write a span as a person would say it: in the largest unit that it holds twice."""
    for unit, name in ((DAY, "days"), (HOUR, "hours"), (MINUTE, "minutes")):
        if span >= 2 * unit:
            return f"{span // unit} {name}"
    return "1 minute" if span >= MINUTE else "a moment"
