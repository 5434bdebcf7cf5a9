"""How a person writes values on a command line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import UnionType
from typing import Any, get_args

import click
import msgspec
from msgspec import Struct

from legato.core.events.event import Location
from legato.core.events.payloads import Payload
from legato.queries.errors import Unclear


def several(name: str, text: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Offer an option that may be given several times; its parameter is the plural."""
    plural = f"{name}s".replace("-", "_")
    return click.option(f"--{name}", plural, multiple=True, metavar="NAME", help=text)


def read_pairs(pairs: Iterable[str]) -> dict[str, Any]:
    """Read `key=value` words; `a.b=1` becomes `{"a": {"b": 1}}`. Raises Unclear."""
    read: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not (key and equals):
            raise Unclear(f"`{pair}` is not `key=value`; write for example `sku=SHOE-42`")
        *path, last = key.split(".")
        _folder(read, path, pair)[last] = _value_of(last, value)
    return read


def read_value(text: str) -> object:
    """Read JSON where it is JSON (`89`, `true`, `["a"]`, `"7"`), else keep the text."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text


def _value_of(name: str, text: str) -> object:
    value = read_value(text)
    return value if isinstance(value, str) or name not in TEXTS else text


def _folder(read: dict[str, Any], path: list[str], pair: str) -> dict[str, Any]:
    for name in path:
        read = read.setdefault(name, {})
        if not isinstance(read, dict):
            raise Unclear(
                f"`{pair}` goes below `{name}`, which has a value already; leave one out"
            )
    return read


def _texts(kinds: Iterable[type[Struct]]) -> frozenset[str]:
    """Collect the fields that are text by contract: a `size=42` stays `"42"`."""
    fields = (field for kind in kinds for field in msgspec.structs.fields(kind))
    return frozenset(field.name for field in fields if _is_text(field.type))


def _is_text(kind: object) -> bool:
    members = get_args(kind) if isinstance(kind, UnionType) else (kind,)
    return str in members


TEXTS = _texts((*get_args(Payload), Location))
