"""The body of an answer, taken piece by piece and unpacked, never beyond what it may be."""

from __future__ import annotations

import zlib

BODY_MOST = 1_000_000
"""Bytes of a body, as sent and unpacked."""
_PACKED = {
    "gzip": 16 + zlib.MAX_WBITS,
    "x-gzip": 16 + zlib.MAX_WBITS,
    "deflate": zlib.MAX_WBITS,
}


class AnswerBody:
    """Takes pieces until there is enough. `packing` is the answer's `Content-Encoding`."""

    def __init__(self, packing: str) -> None:
        word = packing.strip().lower()
        self._plain = word in ("", "identity")
        self._unpacker = zlib.decompressobj(_PACKED[word]) if word in _PACKED else None
        self._sent = 0
        self.read = bytearray()
        self.broken = not self._plain and self._unpacker is None

    def take(self, piece: bytes) -> bool:
        """Take a piece; False once more is of no use: too large, or not to be unpacked."""
        self._sent += len(piece)
        room = BODY_MOST - len(self.read)
        try:
            self.read += self._unpacked(piece, room + 1)
        except zlib.error:
            self.broken = True
        if len(self.read) > BODY_MOST or self._sent > BODY_MOST:
            del self.read[BODY_MOST:]
            self.broken = True
        return not self.broken

    @property
    def whole(self) -> bool:
        """Is all of it there, after the last piece?"""
        if self.broken:
            return False
        return self._unpacker is None or self._unpacker.eof or not self._sent

    def _unpacked(self, piece: bytes, most: int) -> bytes:
        if self._plain:
            return piece[:most]
        return b"" if self._unpacker is None else self._unpacker.decompress(piece, most)
