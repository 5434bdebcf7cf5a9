"""What is kept of an event for the actions of its situation: the fields that they read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from legato.core.conditions.scope import Scope, read_data
from legato.core.events.event import Event

_ALWAYS = ("id", "type", "channel", "time")
_ROOT = "event"
Kept = dict[str, Any]


def fields_read(reads: Iterable[str]) -> frozenset[str]:
    """Name the fields of the event among what is read, data by its first level."""
    paths = (path.split(".") for path in reads)
    return frozenset(
        ".".join(path[1:3]) if path[1:2] == ["data"] else "".join(path[1:2])
        for path in paths
        if path[0] == _ROOT
    )


def keep(scope: Scope, fields: frozenset[str]) -> Kept | None:
    """Return what is read of the event of a scope; None if nothing is."""
    event = scope.event
    if not fields or event is None:
        return None
    names = {*_ALWAYS, *(name for name in fields if "." not in name and name != "data")}
    kept = {name: getattr(event, name) for name in sorted(names) if hasattr(event, name)}
    kept = {
        name: msgspec.to_builtins(value) for name, value in kept.items() if value is not None
    }
    if "" in fields or "data" in fields:
        kept["data"] = read_data(scope)
    else:
        wanted = {name.partition(".")[2] for name in fields if "." in name}
        data = read_data(scope) if wanted else {}
        kept["data"] = {name: data[name] for name in sorted(wanted) if name in data}
    return kept


def event_of(kept: Mapping[str, Any]) -> Event:
    """Make the event again, as far as it was kept."""
    data = msgspec.Raw(msgspec.json.encode(kept.get("data", {})))
    return msgspec.convert({**kept, "data": data}, Event)
