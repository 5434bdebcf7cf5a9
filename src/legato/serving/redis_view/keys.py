"""What the keys in Redis are called. No identifier is ever part of one, only its keyed hash."""

from __future__ import annotations

import hashlib

from legato.settings import Settings

HASH_DIGITS = 32
BLOCK_BYTES = 64


class Keys:
    """Names `PREFIXcustomer:ID`, and `PREFIXid:TYPE:HASH` which holds the ID of a customer.

    The hash is HMAC-SHA-256 of type, 0x1f and value under the deployment's pepper, cut to 128
    bits (RFC 2104, section 5), in hexadecimal.
    """

    def __init__(self, prefix: str, pepper: str) -> None:
        self._prefix = prefix
        self.customers = f"{prefix}customer:"
        self.index = f"{prefix}id:"
        self._progress = f"{prefix}view:"
        self._inner, self._outer = _keyed(pepper.encode())

    @classmethod
    def of(cls, settings: Settings) -> Keys:
        """Name keys as a deployment's views do, to read what they wrote."""
        return cls(settings.redis.prefix, settings.identity.pepper)

    def customer(self, customer_id: str) -> str:
        """Name the key of a customer's context."""
        return self.customers + customer_id

    def identifier(self, kind: str, value: str) -> str:
        """Name the key that leads from an identifier to its customer."""
        return self.index + self.entry(kind, value)

    def entry(self, kind: str, value: str) -> str:
        """Name the same as `TYPE:HASH`, without what all such keys begin with."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(f"{kind}\x1f{value}".encode())
        outer.update(inner.digest())
        return f"{kind}:{outer.hexdigest()[:HASH_DIGITS]}"

    @property
    def notices(self) -> str:
        """Name the channel on which the view says what changed."""
        return f"{self._prefix}notices"

    @property
    def fresh(self) -> str:
        """Name the key that says when the view was last up to date, by partition."""
        return f"{self._prefix}fresh"

    def decisions(self, customer_id: str) -> str:
        """Name the key of a customer's last decisions."""
        return f"{self._prefix}decisions:{customer_id}"

    def actions(self, customer_id: str) -> str:
        """Name the key of a customer's open actions."""
        return f"{self._prefix}actions:{customer_id}"

    def action(self, action_id: str) -> str:
        """Name the key of an open action."""
        return f"{self._prefix}action:{action_id}"

    def place(self, kind: str, name: str) -> str:
        """Name the key of the open actions of a `venue` or a `queue`."""
        return f"{self._prefix}{kind}:{name}"

    def resume(self, token_hash: str) -> str:
        """Name the key of what a token opens."""
        return f"{self._prefix}resume:{token_hash}"

    def progress(self, topic: str) -> str:
        """Name the key that says how far a topic has come to Redis."""
        return self._progress + topic


def _keyed(pepper: bytes) -> tuple[hashlib._Hash, hashlib._Hash]:
    """Begin the two hashes of HMAC: to copy them costs less than to copy one of `hmac`."""
    key = hashlib.sha256(pepper).digest() if len(pepper) > BLOCK_BYTES else pepper
    block = key.ljust(BLOCK_BYTES, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in block) for pad in (0x36, 0x5C))
    return hashlib.sha256(inner), hashlib.sha256(outer)
