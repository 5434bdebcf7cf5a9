"""What a shadow says: an output of the line, marked with the playbook that it comes of."""

from __future__ import annotations

import msgspec
from msgspec import Struct

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
from legato.core.values.time import Instant
from legato.wire.formats.envelope import unreadable


class ShadowSaying(Struct, frozen=True, tag_field="kind", tag="shadow"):
    """What would have been said by `playbook`, whose text is `playbook_version`.

    `since` is when the shadow began: it tells what one run said from what another did.
    """

    playbook: str
    playbook_version: str
    since: Instant
    said: Situation | Retracted | Decision | Action | Revoked


_sayings: msgspec.json.Decoder[ShadowSaying] = msgspec.json.Decoder(ShadowSaying)
write_saying = msgspec.json.Encoder().encode
"""Write it as JSON; actions too, since no adapter may take them for its own."""


def told_by_shadow(
    output: Output,
) -> Situation | Retracted | Decision | Action | Revoked | None:
    """Return what a shadow tells; what came of actions and cases the line knows better."""
    match output:
        case Conversion() | Resolution():
            return None
        case _:
            return output


def read_saying(value: bytes | None) -> ShadowSaying | Unreadable:
    """Read what a shadow said."""
    if not value:
        return Unreadable("empty", "the record has no value")
    try:
        return _sayings.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return unreadable(error)
