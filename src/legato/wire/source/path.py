"""Where in a foreign record a field lies: `payment.total`, `lines.0.sku`, `$key`, `a+b`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from msgspec import Struct

from legato.wire.record import Headers, header


class SourceRecord(Struct, frozen=True):
    """A record whose value was opened, and what stood around it."""

    root: dict[str, Any]
    key: bytes | None = None
    headers: Headers = None


Path: TypeAlias = Callable[[SourceRecord], object]


def compile_path(text: str) -> Path:
    """Compile a path; None is what it finds where there is nothing. Raises ValueError.

    Dots go down, numbers count from 0 in a list; `$key` is the key of the record and
    `$header.NAME` a header, both as text; `a+b` joins what several paths find with `:`.
    """
    parts = [part.strip() for part in text.split("+")]
    if not all(parts):
        raise ValueError(f"path `{text}` has an empty part; write for example `order.id`")
    paths = [_compile_one(part) for part in parts]
    return paths[0] if len(paths) == 1 else lambda record: _joined(paths, record)


def follow(value: object, steps: tuple[str, ...]) -> object:
    """Go down `steps` from `value`."""
    for step in steps:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _compile_one(text: str) -> Path:
    if text == "$key":
        return lambda record: _text(record.key)
    if text.startswith("$header."):
        name = text.removeprefix("$header.")
        return lambda record: _text(header(record.headers, name))
    if text.startswith("$"):
        raise ValueError(f"path `{text}` is unknown; write `$key` or `$header.NAME`")
    steps = tuple(text.split("."))
    if not all(steps):
        raise ValueError(f"path `{text}` has an empty step; write for example `order.id`")
    if len(steps) == 1:
        return lambda record: record.root.get(text)
    return lambda record: follow(record.root, steps)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode(errors="replace")


def _joined(paths: list[Path], record: SourceRecord) -> str | None:
    found = [path(record) for path in paths]
    return None if None in found else ":".join(map(str, found))
