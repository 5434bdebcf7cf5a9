"""What partitions tell each other, and what they say of identity, as bytes.

Records of customer.events without a key are for the partition itself: a clock record, which is
a JSON object, or a command, which is MessagePack.
"""

from __future__ import annotations

import msgspec

from legato.core.aliases import Alias
from legato.core.command import Command
from legato.core.identity_output import IdentityOutput
from legato.core.outcome import Unreadable
from legato.wire.clock import Passed, read_passed
from legato.wire.envelope import unreadable

_BRACE = ord("{")
_decode: msgspec.msgpack.Decoder[Command] = msgspec.msgpack.Decoder(Command)
_decode_alias = msgspec.json.Decoder(Alias).decode
_encode = msgspec.json.Encoder().encode
write_command = msgspec.msgpack.Encoder().encode
"""Write a command; it is sent without a key to the partition of the name in `to`."""


def read_told(value: bytes | None) -> Passed | Command | Unreadable:
    """Read a record of customer.events that has no key."""
    if not value or value[0] == _BRACE:
        return read_passed(value)
    try:
        return _decode.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Unreadable("not_json", "neither a clock record nor a command")


def write_alias(alias: Alias | None) -> bytes | None:
    """Write where a name leads, for identity.aliases under that name; None takes it back."""
    return None if alias is None else _encode(alias)


def read_alias(value: bytes | None) -> Alias | Unreadable | None:
    """Read where a name leads; None if it stands for itself."""
    if not value:
        return None
    try:
        return _decode_alias(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return unreadable(error)


def write_identity(told: IdentityOutput) -> bytes:
    """Write what is said of identity, for identity.events under `customer_id`."""
    return _encode(told)
