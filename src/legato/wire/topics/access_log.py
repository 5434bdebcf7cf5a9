"""Who looked at whom: a record for each read of a person, without anything that was read."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from legato.core.values.time import Instant

_encode = msgspec.json.Encoder().encode


class AccessRecord(Struct, frozen=True, omit_defaults=True):
    """One read: when, of which customer, by which key, for whom and for what, as they say.

    `who` is whom the client names (`Legato-User`), else the name of the key; `route` is the
    template of the path, which holds no value of the request.
    """

    time: Instant
    customer_id: str
    key_id: str
    who: str
    route: str
    purpose: str = ""


_read = msgspec.json.Decoder(AccessRecord).decode


def write_access(record: AccessRecord) -> bytes:
    """Write as JSON, to be sent under the key `customer_id`."""
    return _encode(record)


def read_access(told: bytes | None) -> AccessRecord | None:
    """Read one; None for what is none."""
    try:
        return _read(told or b"")
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
