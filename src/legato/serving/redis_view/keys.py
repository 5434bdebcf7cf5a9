"""What the keys in Redis are called. No identifier is ever part of one, only its keyed hash."""

from __future__ import annotations

from legato.core.values.keyed_hash import KeyedHash
from legato.settings import Settings

HASH_DIGITS = 32

CUSTOMER = "customer:"
INDEX = "id:"
DECISIONS = "decisions:"
ACTION = "action:"
ACTIONS = "actions:"
VENUE = "venue:"
QUEUE = "queue:"
HERE = "here:"
EXPECTED = "expected:"
GUESTS = "guests:"
CONTACTS = "contacts:"
PLACED = "placed:"
ERASED = "erased:"
NOTICES = "notices"
_PROGRESS = "view:"
_FRESH = "fresh"


class Keys:
    """Names `PREFIXcustomer:ID`, `PREFIXid:TYPE:HASH` which holds that ID, and all others.

    The hash is HMAC-SHA-256 of type, 0x1f and value under the deployment's pepper, cut to 128
    bits (RFC 2104, section 5), in hexadecimal. docs/operations.md lists all keys.
    """

    def __init__(self, prefix: str, pepper: str) -> None:
        self.prefix = prefix
        self._hash = KeyedHash(pepper.encode())

    @classmethod
    def of(cls, settings: Settings) -> Keys:
        """Name keys as a deployment's views do, to read what they wrote."""
        return cls(settings.redis.prefix, settings.identity.pepper)

    @property
    def notices(self) -> str:
        """Name the channel on which is published what changed."""
        return self.prefix + NOTICES

    @property
    def fresh(self) -> str:
        """Name the key that says up to when all of each partition is in Redis."""
        return self.prefix + _FRESH

    def customer(self, customer_id: str) -> str:
        """Name the key of a customer's context."""
        return self.prefix + CUSTOMER + customer_id

    def identifier(self, kind: str, value: str) -> str:
        """Name the key that leads from an identifier to its customer."""
        return self.prefix + INDEX + self.entry(kind, value)

    def entry(self, kind: str, value: str) -> str:
        """Name the same as `TYPE:HASH`, without what all such keys begin with."""
        digest = self._hash.of(f"{kind}\x1f{value}".encode())
        return f"{kind}:{digest[:HASH_DIGITS]}"

    def decisions(self, customer_id: str) -> str:
        """Name the key of a customer's last decisions."""
        return self.prefix + DECISIONS + customer_id

    def action(self, action_id: str) -> str:
        """Name the key of an action: all of it, or that it is closed."""
        return self.prefix + ACTION + action_id

    def claim(self, action_id: str) -> str:
        """Name the key that says who has claimed an action."""
        return f"{self.prefix}claim:{action_id}"

    def actions(self, customer_id: str) -> str:
        """Name the key of the ids of a customer's open actions."""
        return self.prefix + ACTIONS + customer_id

    def place(self, kind: str, name: str) -> str:
        """Name the key of the ids of what is open at a `venue` or in a `queue`."""
        return f"{self.prefix}{kind}:{name}"

    def here(self, venue: str) -> str:
        """Name the key of the customers who are at a venue, or were a short while ago."""
        return self.prefix + HERE + venue

    def expected(self, venue: str) -> str:
        """Name the key of the customers who are expected at a venue."""
        return self.prefix + EXPECTED + venue

    def guests(self, venue: str) -> str:
        """Name the key of those who are at a venue by what the API was told."""
        return self.prefix + GUESTS + venue

    def contacts(self, queue: str) -> str:
        """Name the key of those who are in contact with a queue, or wait in it."""
        return self.prefix + CONTACTS + queue

    def placed(self, customer_id: str) -> str:
        """Name the key of the sets of venues and queues that a customer was put into."""
        return self.prefix + PLACED + customer_id

    def erased(self, customer_id: str) -> str:
        """Name the key that says up to when what was said of an erased customer is void."""
        return self.prefix + ERASED + customer_id

    def resume(self, token_hash: str) -> str:
        """Name the key of what a token opens."""
        return f"{self.prefix}resume:{token_hash}"

    def embed(self, ticket_hash: str) -> str:
        """Name the key of what a ticket opens in a frame of a console."""
        return f"{self.prefix}embed:{ticket_hash}"

    def session(self, token_hash: str) -> str:
        """Name the key of a session of the pages."""
        return f"{self.prefix}session:{token_hash}"

    def sessions_of(self, user_id: str) -> str:
        """Name the key of the names of a user's sessions."""
        return f"{self.prefix}sessions:{self.entry('user', user_id)}"

    def tries(self, kind: str, value: str) -> str:
        """Name the key that counts the tries to sign in of a `name`, or from an `address`."""
        return f"{self.prefix}tries:{self.entry(kind, value)}"

    def sign_in(self, cookie_hash: str) -> str:
        """Name the key of a sign-in that was begun elsewhere and not finished."""
        return f"{self.prefix}sign-in:{cookie_hash}"

    def progress(self, topic: str) -> str:
        """Name the key that says how far a topic has come to Redis."""
        return self.prefix + _PROGRESS + topic
