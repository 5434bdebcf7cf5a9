"""Where identifiers lead that do not stand for themselves, in few bytes.

Every worker holds all of them, so each takes 25 bytes: they lie packed in 65,536 drawers, by
the first two bytes of their hash. A name is the rank's character, the letter of its pepper (if
it is not the first) and 12 bytes of hash.
"""

from __future__ import annotations

from msgspec import Struct

from legato.core.values.time import Instant

_BUCKETS = 1 << 16
_KEY, _SIZE = 11, 25
_HASH = 24
_BLOCKED = bytes(_SIZE - _KEY)
BLOCKED = ""
"""Where a blocked identifier leads."""


class Alias(Struct, frozen=True, omit_defaults=True):
    """What an owner says of an identifier: where it leads, since the time of which proof.

    A device that is `renamed` leads to its own name under a newer pepper.
    """

    to: str = BLOCKED
    since: Instant = 0
    blocked: bool = False
    renamed: bool = False


class AliasIndex:
    """Name -> name of the customer."""

    def __init__(self) -> None:
        self._drawers = [b""] * _BUCKETS
        self._count = 0

    def find(self, name: str) -> str | None:
        """Say where a name leads: None if it stands for itself, BLOCKED if nowhere."""
        return self.find_at(*place_of(name))

    def find_at(self, number: int, key: bytes) -> str | None:
        """The same for a name whose place was worked out before."""
        drawer = self._drawers[number]
        if not drawer:
            return None
        at = drawer.find(key)
        if at > 0 and at % _SIZE:
            at = _place(drawer, key)
        if at < 0:
            return None
        to = drawer[at + _KEY : at + _SIZE]
        if to[1]:
            return f"{to[0]:c}-.{to[1]:c}{to[2:].hex()}"
        return BLOCKED if to == _BLOCKED else f"{to[0]:c}-{to[2:].hex()}"

    def put(self, name: str, alias: Alias | None) -> None:
        """Note where a name leads; None if it stands for itself again."""
        number, key = place_of(name)
        drawer = self._drawers[number]
        at = _place(drawer, key)
        if at >= 0:
            drawer = drawer[:at] + drawer[at + _SIZE :]
            self._count -= 1
        if alias is not None:
            drawer += key + (_BLOCKED if alias.blocked else _packed(alias.to))
            self._count += 1
        self._drawers[number] = drawer

    def __len__(self) -> int:
        return self._count


def place_of(name: str) -> tuple[int, bytes]:
    """Say in which drawer a name lies, and under which key."""
    digest = bytes.fromhex(name[-_HASH:])
    return digest[0] << 8 | digest[1], name[:1].encode() + digest[2:]


def _packed(name: str) -> bytes:
    """Pack a name: rank, the letter of its pepper or 0, hash."""
    mark = name[3].encode() if name[2] == "." else b"\0"
    return name[0].encode() + mark + bytes.fromhex(name[-_HASH:])


def _place(drawer: bytes, key: bytes) -> int:
    """Find where an entry begins; below 0 if there is none."""
    at = drawer.find(key)
    while at >= 0 and at % _SIZE:
        at = drawer.find(key, at + 1)
    return at
