"""A first guess at how a foreign record maps to an envelope, by the names of its fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from legato.wire.source.ready_made import fitting

IDENTIFIERS = {
    "user_id": ("userid", "user", "uid", "customerid", "accountid"),
    "loyalty_id": ("loyaltyid", "loyalty", "card", "cardnumber", "memberid"),
    "email": ("email", "mail", "emailaddress"),
    "phone": ("phone", "phonenumber", "msisdn", "caller", "mobile"),
    "device_id": ("deviceid", "idfa", "gaid"),
    "anonymous_id": ("anonymousid", "cookie", "cookieid", "visitorid", "clientid"),
}
FIELDS = {
    "id": ("id", "eventid", "messageid", "uuid"),
    "type": ("type", "event", "eventtype", "eventname", "name"),
    "time": ("time", "timestamp", "eventtime", "ts", "at", "occurredat", "createdat"),
    "channel": ("channel", "platform", "touchpoint"),
}
DEFAULTS = {"type": "page.viewed", "channel": "web"}
"""What to write where the record says nothing; the reader of the guess will know better."""


def infer_source(topic: str, value: bytes) -> str:
    """Write a `[[sources]]` block for a topic of JSON records such as `value`."""
    paths = _paths(value)
    fields = _found(FIELDS, paths)
    tables = {
        "identifiers": _found(IDENTIFIERS, paths),
        "fields": {field: path for field, path in fields.items() if field != path},
        "defaults": {name: word for name, word in DEFAULTS.items() if name not in fields},
    }
    lines = ["[[sources]]", f"name = {_text(name_of(topic))}", f"topics = [{_text(topic)}]"]
    lines += [f"{table} = {_inline(pairs)}" for table, pairs in tables.items() if pairs]
    return "\n".join([*lines, '#types = {"Product Added" = "cart.item_added"}'])


def maps_for(value: bytes) -> list[str]:
    """Name the ready-made maps that a JSON record fits, the best first."""
    try:
        return fitting(msgspec.json.decode(value))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []


def mapped_source(topic: str, name: str) -> str:
    """Write a `[[sources]]` block for a topic that a ready-made map reads."""
    told = {"name": name_of(topic), "map": name}
    lines = [f"{key} = {_text(word)}" for key, word in told.items()]
    return "\n".join(["[[sources]]", lines[0], f"topics = [{_text(topic)}]", lines[1]])


def name_of(topic: str) -> str:
    """Name a source after its topic."""
    return topic.replace(".", "_").replace("-", "_")


def _paths(value: bytes) -> list[str]:
    """List the dotted paths of what is no object, those least deep first."""
    try:
        record = msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    return sorted(_leaves(record, "")) if isinstance(record, dict) else []


def _leaves(node: Mapping[str, Any], place: str) -> Iterator[str]:
    for name, inner in node.items():
        if isinstance(inner, dict):
            yield from _leaves(inner, f"{place}{name}.")
        else:
            yield f"{place}{name}"


def _found(wanted: Mapping[str, tuple[str, ...]], paths: list[str]) -> dict[str, str]:
    """Find for each word the path whose last name is the likeliest for it."""
    by_depth = sorted(paths, key=lambda path: path.count("."))
    found: dict[str, str] = {}
    for word, names in wanted.items():
        hits = [
            (names.index(last), path) for path in by_depth if (last := _last(path)) in names
        ]
        if hits:
            found[word] = min(hits, key=lambda hit: hit[0])[1]
    return found


def _last(path: str) -> str:
    return path.rpartition(".")[2].lower().replace("_", "").replace("-", "")


def _inline(pairs: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{name} = {_text(word)}" for name, word in pairs.items()) + "}"


def _text(word: str) -> str:
    return msgspec.json.encode(word).decode()
