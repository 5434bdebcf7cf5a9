"""identity.aliases and identity.events as JSON."""

from __future__ import annotations

import re

import msgspec

from legato.core.identity.alias_index import Alias
from legato.core.identity.events import IdentityOutput
from legato.core.values.results import Unreadable
from legato.wire.formats.envelope import unreadable

_NAME = re.compile(r"[0-9a-z]-(\.[0-9a-z])?[0-9a-f]{24}")
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Alias).decode
_outputs: msgspec.json.Decoder[IdentityOutput] = msgspec.json.Decoder(IdentityOutput)
write_identity = _encode
"""Write what is told of identity."""


def write_alias(alias: Alias | None) -> bytes | None:
    """Write where a name leads; no value for one that stands for itself."""
    return None if alias is None else _encode(alias)


def read_alias(key: bytes | None, value: bytes | None) -> tuple[str, Alias | None] | Unreadable:
    """Read a name and where it leads."""
    try:
        name = (key or b"").decode()
        if not _NAME.fullmatch(name):
            return Unreadable("bad_key", "the key is no name of an identifier")
        return name, None if value is None else _decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return unreadable(error)


def read_identity(value: bytes | None) -> IdentityOutput | Unreadable:
    """Read what was told of identity."""
    try:
        return _outputs.decode(value or b"")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return unreadable(error)
