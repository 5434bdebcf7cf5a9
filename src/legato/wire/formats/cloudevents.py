"""CloudEvents 1.0 in Kafka: binary mode (attributes are headers) and structured mode (JSON)."""

from __future__ import annotations

from typing import Any

import msgspec

from legato.core.values.results import Unreadable
from legato.wire.formats.avro import read_avro
from legato.wire.formats.depth import too_deep
from legato.wire.formats.envelope import unreadable
from legato.wire.formats.registry import Registry
from legato.wire.record import Headers, header

_STRUCTURED = "application/cloudevents"
_JSON = "application/cloudevents+json"
_decode = msgspec.json.Decoder(dict[str, Any]).decode
_decode_any = msgspec.json.Decoder().decode


def is_cloudevent(headers: Headers) -> bool:
    """Tell whether the headers announce a CloudEvent in either mode."""
    return any(
        name[:3].lower() == "ce_"
        or (
            name.lower() == "content-type"
            and value
            and value[:23].lower() == _STRUCTURED.encode()
        )
        for name, value in headers or ()
    )


def read_cloudevent(
    value: bytes, headers: Headers, registry: Registry
) -> dict[str, Any] | Unreadable:
    """Read attributes and `data` as one mapping; raises RegistryDown."""
    media = (header(headers, "content-type") or b"").decode(errors="replace").lower()
    if media.startswith(_STRUCTURED) or not _has_attributes(headers):
        found = _structured(value, media)
    else:
        found = _binary(value, headers, media, registry)
    if isinstance(found, Unreadable):
        return found
    if not found.get("id"):
        return Unreadable("no_ce_id", "a CloudEvent without `id`; send `ce_id`")
    if str(found.get("specversion", "1.0")).partition(".")[0] != "1":
        return Unreadable("bad_cloudevent", "`specversion` is not 1.x; send CloudEvents 1.0")
    return found


def _has_attributes(headers: Headers) -> bool:
    return any(name[:3].lower() == "ce_" for name, _ in headers or ())


def _structured(value: bytes, media: str) -> dict[str, Any] | Unreadable:
    kind = media.partition(";")[0].strip()
    if kind and kind != _JSON:
        return Unreadable("bad_cloudevent", f"content type `{kind[:80]}`; send `{_JSON}`")
    read = _json(value)
    if isinstance(read, Unreadable):
        return read
    if not isinstance(read, dict):
        return Unreadable("bad_cloudevent", "a structured CloudEvent must be a JSON object")
    if "data_base64" in read:
        return Unreadable("bad_cloudevent", "`data_base64` is not read here; send JSON `data`")
    return read


def _binary(
    value: bytes, headers: Headers, media: str, registry: Registry
) -> dict[str, Any] | Unreadable:
    try:
        found: dict[str, Any] = {
            name[3:].lower(): text.decode()
            for name, text in headers or ()
            if name[:3].lower() == "ce_" and text is not None
        }
    except UnicodeDecodeError as error:
        return unreadable(error)
    data = read_avro(value, headers, registry) if "avro" in media else _json(value)
    if isinstance(data, Unreadable):
        return data
    found["data"] = data
    return found


def _json(value: bytes) -> object:
    if too_deep(value):
        return unreadable(RecursionError())
    try:
        return _decode_any(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return unreadable(error)
