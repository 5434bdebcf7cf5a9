"""The slots that a partition has taken, as they lie beside its clock in customer.contexts."""

from __future__ import annotations

import msgspec

from legato.core.engine import BRAKE
from legato.core.values.time import Instant

BRAKE_KEY = BRAKE.encode()
"""Key of the record of customer.contexts that keeps them; no customer's id starts so."""
_decode = msgspec.json.Decoder(dict[str, tuple[tuple[Instant, Instant], ...]]).decode
write_brake = msgspec.json.Encoder().encode
"""Write them: channel -> stretches, each from when until when."""


def read_brake(value: bytes) -> dict[str, tuple[tuple[Instant, Instant], ...]]:
    """Read them; raises msgspec.MsgspecError, for Legato itself wrote them."""
    return _decode(value) if value else {}
