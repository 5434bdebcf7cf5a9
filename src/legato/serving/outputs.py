"""What the line wrote to its topics, read back into the values that it said."""

from __future__ import annotations

from typing import Any

import msgspec

from legato.core.outcome import Unreadable
from legato.core.output import Action, Decision, Output, Revoked, Situation
from legato.serving.records import Record
from legato.settings import Settings
from legato.wire.avro import read_avro
from legato.wire.open_registry import open_registry
from legato.wire.registry import Registry

_from_json = msgspec.json.Decoder(Situation | Decision | Action | Revoked).decode
_KINDS: dict[str, type[Action] | type[Revoked]] = {"action": Action, "action.revoked": Revoked}


def read_output(record: Record, registry: Registry) -> Output | Unreadable:
    """Read a situation, a decision, an action or its revocation; JSON or Avro."""
    value = record.value
    if not value:
        return Unreadable("empty", "the record has no value")
    try:
        return (
            _from_json(value) if value[0] == ord("{") else _from_avro(record, value, registry)
        )
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Unreadable("not_json", str(error))


def read_outcome(record: Record, registry: Registry) -> dict[str, Any] | Unreadable:
    """Read what an adapter reported of an action; JSON or Avro."""
    value = record.value
    if not value:
        return Unreadable("empty", "the record has no value")
    if value[0] != ord("{"):
        return read_avro(value, record.headers, registry)
    try:
        return msgspec.json.decode(value, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Unreadable("not_json", str(error))


def registry_of(settings: Settings) -> Registry:
    """Open the registry of the settings; raises RegistryError."""
    registry = settings.registry
    return open_registry(registry.url, registry.username, registry.password, registry.timeout_s)


def _from_avro(record: Record, value: bytes, registry: Registry) -> Output | Unreadable:
    kind = _KINDS.get(record.header("legato-kind"))
    if kind is None:
        return Unreadable("bad_kind", "no header `legato-kind` says what the record is")
    datum = read_avro(value, record.headers, registry)
    return datum if isinstance(datum, Unreadable) else msgspec.convert(_present(datum), kind)


def _present(datum: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is null, so that a field gets its default."""
    return {
        name: _present(value) if isinstance(value, dict) else value
        for name, value in datum.items()
        if value is not None
    }
