"""Actions and their revocations as Avro, on one topic for each channel."""

from __future__ import annotations

from typing import Any

import msgspec

from legato.core.values.outputs import Action, Revoked
from legato.core.values.results import Unreadable
from legato.wire.formats.avro import read_datum, schema_of, write_avro
from legato.wire.formats.registry import Registry
from legato.wire.record import Headers, header

KIND_HEADER = "legato-kind"
REDRIVEN_HEADER = "legato-redriven"
"""Which dead letter it was, as `partition:offset`: it is sent though its id is done with."""
_KINDS: dict[type[Action] | type[Revoked], tuple[str, str]] = {
    Action: ("action", "action"),
    Revoked: ("action_revoked", "action.revoked"),
}
"""What an output is called in the schemas, and in the header."""
_TYPES: dict[str, type[Action] | type[Revoked]] = {
    "legato.Action": Action,
    "legato.ActionRevoked": Revoked,
}
_UNIONS = {"handoff": "legato.Handoff", "consent": "legato.Consent"}


def action_headers(output: Action | Revoked) -> list[tuple[str, bytes]]:
    """Name the kind, so that an adapter may choose without decoding."""
    return [(KIND_HEADER, _KINDS[type(output)][1].encode())]


def redriven_of(headers: Headers) -> str:
    """Say which dead letter an action was, as `partition:offset`; empty if it was none."""
    return (header(headers, REDRIVEN_HEADER) or b"").decode(errors="replace")


def write_action(output: Action | Revoked, registry: Registry) -> bytes:
    """Write in Confluent's wire format; raises RegistryDown before the schema has an id."""
    schema = registry.own(_KINDS[type(output)][0])
    datum: dict[str, Any] = msgspec.to_builtins(output)
    for name, branch in _UNIONS.items():
        if name in datum:  # naming the branch of the union spares fastavro a trial of each
            datum[name] = (branch, datum[name])
    return write_avro(datum, schema)


def read_action(
    value: bytes | None, headers: Headers, registry: Registry
) -> Action | Revoked | Unreadable:
    """Read an action or a revocation; raises RegistryDown."""
    if not value:
        return Unreadable("empty", "the record has no value")
    found = schema_of(value, headers, registry)
    if isinstance(found, Unreadable):
        return found
    schema, start = found
    kind = _TYPES.get(schema.name)
    if kind is None:
        return Unreadable("unknown_schema", f"`{schema.name}` is no action")
    datum = read_datum(value, start, schema)
    try:
        return (
            datum if isinstance(datum, Unreadable) else msgspec.convert(_present(datum), kind)
        )
    except msgspec.ValidationError as error:
        return Unreadable("bad_avro", f"`{schema.name}`: {error}")


def _present(datum: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is null, so that a field takes its default."""
    return {
        name: _present(value) if isinstance(value, dict) else value
        for name, value in datum.items()
        if value is not None
    }
