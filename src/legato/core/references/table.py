"""All references there are: of each key its last three versions, in few bytes.

A key has one bytes object: its versions, the newest first, each as time and size of its value
in one number of 8 bytes, and the value as JSON behind it. With the key as bytes and its place
in a dict that is less than 150 bytes beside the key and the values.
"""

from __future__ import annotations

from struct import Struct as Layout

from legato.core.references.versions import (
    VALUE_MOST,
    ReferenceChange,
    ReferenceVersion,
    fault_of,
)
from legato.core.values.time import Instant

VERSIONS_MOST = 3
"""Who judges what is late asks for a version that was followed by another, or by two."""

_SIZE_BITS = 16
_head = Layout(">Q")
_Known = tuple[Instant, bytes]
_Keys = dict[bytes, bytes]
_NO_KEYS: _Keys = {}


class ReferenceTable:
    """Kind and key -> the last versions; one table serves all partitions of a process.

    `keys_of` has, of each kind that is known, its keys.
    """

    def __init__(self, versions_most: int = VERSIONS_MOST) -> None:
        self._most = versions_most
        self.keys_of: dict[str, _Keys] = {}

    def __len__(self) -> int:
        """How many keys are known."""
        return sum(map(len, self.keys_of.values()))

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds that are known."""
        return (*self.keys_of,)

    def take(self, version: ReferenceVersion) -> ReferenceChange | None:
        """Keep a version; return what it changes, if it is the newest and says another thing.

        Of two of the same time the one that comes last counts. That something is gone which
        was never known is not kept. Raises ValueError for what is no version.
        """
        if fault := fault_of(version):
            raise ValueError(fault)
        keys = self.keys_of.setdefault(version.kind, {})
        key = version.key.encode()
        known = _read(keys.get(key, b""))
        before = known[0][1] if known else b""
        if not known and not version.value:
            return None
        others = [each for each in known if each[0] != version.time]
        told = sorted((*others, (version.time, version.value)), reverse=True)[: self._most]
        keys[key] = _write(told)
        if told[0][0] != version.time or version.value == before:
            return None
        return ReferenceChange(version, before)

    def valid_at(self, kind: str, key: str, time: Instant) -> ReferenceVersion | None:
        """Find what counts at `time`; None if nothing is known of then, or it was gone."""
        blob = self.keys_of.get(kind, _NO_KEYS).get(key.encode(), b"")
        at, size = 0, 0
        while at < len(blob):
            (head,) = _head.unpack_from(blob, at)
            since, size = head >> _SIZE_BITS, head & VALUE_MOST
            at += _head.size
            if since <= time:
                return (
                    ReferenceVersion(kind, key, since, blob[at : at + size]) if size else None
                )
            at += size
        return None


def _read(blob: bytes) -> list[_Known]:
    known: list[_Known] = []
    at = 0
    while at < len(blob):
        (head,) = _head.unpack_from(blob, at)
        at += _head.size
        size = head & VALUE_MOST
        known.append((head >> _SIZE_BITS, blob[at : at + size]))
        at += size
    return known


def _write(known: list[_Known]) -> bytes:
    return b"".join(
        _head.pack(time << _SIZE_BITS | len(value)) + value for time, value in known
    )
