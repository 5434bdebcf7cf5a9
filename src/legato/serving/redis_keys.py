"""What the keys in Redis are called. No identifier is ever part of one, only its keyed hash."""

from __future__ import annotations

import hmac

from legato.settings import Settings

HASH_DIGITS = 32


class Keys:
    """Names `PREFIXcustomer:ID`, and `PREFIXid:TYPE:HASH` which holds the ID of a customer.

    The hash is HMAC-SHA-256 of type, 0x1f and value under the deployment's pepper, cut to 128
    bits (RFC 2104, section 5), in hexadecimal.
    """

    def __init__(self, prefix: str, pepper: str) -> None:
        self._customer = f"{prefix}customer:"
        self.index = f"{prefix}id:"
        self._progress = f"{prefix}view:"
        self._hash = hmac.new(pepper.encode(), digestmod="sha256")

    @classmethod
    def of(cls, settings: Settings) -> Keys:
        """Name keys as a deployment's views do, to read what they wrote."""
        return cls(settings.redis.prefix, settings.identity.pepper)

    def customer(self, customer_id: str) -> str:
        """Name the key of a customer's context."""
        return self._customer + customer_id

    def identifier(self, kind: str, value: str) -> str:
        """Name the key that leads from an identifier to its customer."""
        return self.index + self.entry(kind, value)

    def entry(self, kind: str, value: str) -> str:
        """Name the same as `TYPE:HASH`, without what all such keys begin with."""
        keyed = self._hash.copy()  # half the price of hashing the pepper anew
        keyed.update(f"{kind}\x1f{value}".encode())
        return f"{kind}:{keyed.hexdigest()[:HASH_DIGITS]}"

    def progress(self, topic: str) -> str:
        """Name the key that says how far a topic has come to Redis."""
        return self._progress + topic
