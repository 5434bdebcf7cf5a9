"""A dead letter as panels: why it died, its headers, and what it holds."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from legato.cli.format.context import grid, titled
from legato.cli.format.output import moment
from legato.cli.format.record import printable
from legato.queries.dead_letters import ReadDeadLetter
from legato.wire.reasons import REASONS

MOST = 4_096
WIDTH = 16


def letter_panels(letter: ReadDeadLetter) -> Iterator[Panel]:
    """Lay out a dead letter."""
    why = REASONS.get(letter.reason, "")
    rows = [
        ("reason", f"{letter.reason}{f': {why}' if why else ''}"),
        ("message", letter.message),
        ("stage", letter.stage),
        ("from", letter.origin),
        ("sent", moment(letter.time) if letter.time >= 0 else ""),
        ("died", moment(letter.record.time)),
        ("key", printable(letter.record.key) or "none"),
    ]
    yield titled(f"dead letter {letter.record.coordinate}", grid(rows))
    if headers := letter.original.headers:
        yield titled(
            "headers", grid([(name, printable(value) or "") for name, value in headers])
        )
    yield titled(_title(letter), _payload(letter.record.value))


def _title(letter: ReadDeadLetter) -> str:
    value = letter.record.value
    if value is None:
        return "no payload" if letter.size is None else f"{letter.size:,} bytes, not kept"
    cut = f", the first {MOST:,} shown" if len(value) > MOST else ""
    return f"payload, {len(value):,} bytes{cut}"


def _payload(value: bytes | None) -> Table:
    table = Table.grid()
    if value:
        table.add_row(Text(as_text(value)))
    return table


def as_text(value: bytes) -> str:
    """Write a payload: JSON laid out, other text as it is, and bytes as a dump."""
    return _laid_out(value) or _readable(value[:MOST]) or dump(value[:MOST])


def _laid_out(value: bytes) -> str:
    if len(value) > MOST:
        return ""
    try:
        return msgspec.json.format(value, indent=2).decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""


def _readable(value: bytes) -> str:
    """Return text without control characters; the cut may go through a last letter."""
    text = value.decode(errors="replace").rstrip("\ufffd")
    odd = any(not (sign.isprintable() or sign.isspace()) for sign in text)
    return "" if odd or "\ufffd" in text else text


def dump(value: bytes) -> str:
    """Write bytes in hexadecimal, with what of them can be read beside it."""
    lines = []
    for start in range(0, len(value), WIDTH):
        part = value[start : start + WIDTH]
        letters = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in part)
        lines.append(f"{start:06x}  {part.hex(' '):<{WIDTH * 3}} {letters}")
    return "\n".join(lines)
