"""Touchpoints as Avro: one record for each event that was followed, if somebody wants them."""

from __future__ import annotations

import msgspec
from msgspec.structs import asdict

from legato.core.values.outputs import JourneyTouchpoint
from legato.core.values.results import Unreadable
from legato.wire.formats.avro import read_avro, write_avro
from legato.wire.formats.registry import Registry
from legato.wire.record import Headers


def write_touchpoint(touchpoint: JourneyTouchpoint, registry: Registry) -> bytes:
    """Write in Confluent's wire format; raises RegistryDown before the schema has an id."""
    return write_avro(asdict(touchpoint), registry.own("touchpoint"))


def read_touchpoint(
    value: bytes | None, headers: Headers, registry: Registry
) -> JourneyTouchpoint | Unreadable:
    """Read one; raises RegistryDown."""
    if not value:
        return Unreadable("empty", "the record has no value")
    datum = read_avro(value, headers, registry)
    if isinstance(datum, Unreadable):
        return datum
    try:
        return msgspec.convert({"kind": "touchpoint", **datum}, JourneyTouchpoint)
    except msgspec.ValidationError as error:
        return Unreadable("bad_avro", f"no touchpoint: {error}")
