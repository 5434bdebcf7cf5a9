"""HMAC-SHA-256 (RFC 2104) under one key, as often as identifiers are named."""

from __future__ import annotations

from hashlib import sha256

BLOCK_BYTES = 64


class KeyedHash:
    """Hashes under a key; the two hashes within are begun once, since a copy costs little."""

    def __init__(self, key: bytes) -> None:
        short = sha256(key).digest() if len(key) > BLOCK_BYTES else key
        block = short.ljust(BLOCK_BYTES, b"\0")
        inner, outer = (bytes(byte ^ pad for byte in block) for pad in (0x36, 0x5C))
        self._inner, self._outer = sha256(inner), sha256(outer)

    def of(self, message: bytes) -> str:
        """Hash a message, in hexadecimal."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.hexdigest()
