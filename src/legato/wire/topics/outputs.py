"""Outputs as JSON: what `kind` says, read back into what it was."""

from __future__ import annotations

import msgspec

from legato.core.values.outputs import (
    Action,
    Conversion,
    Decision,
    Output,
    Resolution,
    Retracted,
    Revoked,
    Situation,
)
from legato.core.values.results import Unreadable
from legato.wire.formats.envelope import unreadable

_Outputs = Situation | Retracted | Decision | Action | Revoked | Conversion | Resolution
_outputs: msgspec.json.Decoder[Output] = msgspec.json.Decoder(_Outputs)
write_output = msgspec.json.Encoder().encode
"""Write any output of the line as JSON."""


def read_output(value: bytes | None) -> Output | Unreadable:
    """Read any output that was written as JSON."""
    if not value:
        return Unreadable("empty", "the record has no value")
    try:
        return _outputs.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return unreadable(error)
