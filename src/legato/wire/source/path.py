"""Where in a foreign record a field lies: `payment.total`, `lines.0.sku`, `$key`, `a+b`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from legato.core.values.time import Instant
from legato.wire.record import Headers, header


class SourceRecord(Struct, frozen=True):
    """A record whose value was opened, and what stood around it.

    `root` is where paths begin: the record, or one of the events in it; `whole` is the record
    then, where paths that begin with `^` begin. `received` is when the broker took it.
    """

    root: dict[str, Any]
    key: bytes | None = None
    headers: Headers = None
    whole: object = None
    received: Instant = 0

    @property
    def record(self) -> object:
        """All that the record holds, also where this is one event of several."""
        return self.root if self.whole is None else self.whole


Path: TypeAlias = Callable[[SourceRecord], object]

_STEP = re.compile(r'"([^"]+)"|([^."]+)')
_PLUS = re.compile(r'\+(?=(?:[^"]*"[^"]*")*[^"]*$)')
_QUOTED = re.compile(r'"[^"]*"')
_decode = msgspec.json.Decoder().decode


def compile_path(text: str) -> Path:
    """Compile a path; None is what it finds where there is nothing. Raises ValueError.

    Dots go down, numbers count from 0 in a list, and a step in double quotes is one name
    whatever is in it. `^` is the whole record, where the path is one for an event in it;
    `$key` is the key of the record and `$header.NAME` a header, both as text; `a+b` joins
    what several paths find with `:`. A text that holds JSON is entered like an object.
    """
    parts = [part.strip() for part in _PLUS.split(text)]
    if not all(parts):
        raise ValueError(f"path `{text}` has an empty part; write for example `order.id`")
    paths = [_compile_one(part) for part in parts]
    return paths[0] if len(paths) == 1 else lambda record: _joined(paths, record)


def is_around(text: str) -> bool:
    """Tell whether all that a path finds is the same for every event of a record."""
    return all(
        part.strip() in ("$key", "^") or part.strip().startswith(("^.", "$header."))
        for part in _PLUS.split(text)
    )


def doubt_of(text: str) -> str:
    """Say what may be meant by a path that it does not mean here; empty if nothing."""
    for part in map(str.strip, _PLUS.split(text)):
        names = _QUOTED.sub("", part)
        if "[" in names or "]" in names:
            return (
                f"path `{text}` takes brackets for a part of a name; write `items.0.sku` for "
                "what lies first in a list, and a name that has brackets in double quotes"
            )
        if names.removeprefix("^.").startswith("$.") or names == "$":
            return f"path `{text}` takes `$` for a name; paths begin at the record without it"
    return ""


def steps_of(text: str) -> tuple[str, ...]:
    """Take the steps of a path apart; raises ValueError."""
    steps: list[str] = []
    at = 0
    while (found := _STEP.match(text, at)) is not None:
        steps.append(found[1] or found[2])
        at = found.end()
        if at == len(text):
            return tuple(steps)
        if text[at] != ".":
            break
        at += 1
    raise ValueError(
        f"path `{text}` has an empty step or a lone quote; write for example `order.id`"
    )


def follow(value: object, steps: tuple[str, ...]) -> object:
    """Go down `steps` from `value`."""
    for step in steps:
        if isinstance(value, str):
            value = entered(value)
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def entered(text: str) -> object:
    """Read the object or list that a text holds as JSON; None if it holds none."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return _decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def _compile_one(text: str) -> Path:
    if text == "$key":
        return lambda record: _text(record.key)
    if text.startswith("$header."):
        name = text.removeprefix("$header.")
        return lambda record: _text(header(record.headers, name))
    if text == "^":
        return lambda record: record.record
    steps = steps_of(text.removeprefix("^."))
    if text.startswith("^."):
        return lambda record: follow(record.record, steps)
    if len(steps) == 1:
        (name,) = steps
        return lambda record: record.root.get(name)
    return lambda record: follow(record.root, steps)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode(errors="replace")


def _joined(paths: list[Path], record: SourceRecord) -> str | None:
    found = [path(record) for path in paths]
    return None if None in found else ":".join(map(str, found))
