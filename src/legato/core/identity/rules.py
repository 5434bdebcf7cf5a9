"""What identifiers may do: which values point at nobody, what proves a link, how many go."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from msgspec import Struct, field

from legato.core.events.event import Event
from legato.core.events.vocabulary import AUTHENTICATING_EVENTS
from legato.core.identity.unsound import (
    NOTHING,
    PHONES,
    bare,
    is_one_character,
    is_ordinary,
    is_template,
    is_withheld,
)
from legato.core.values.time import DAY, Span

Authenticates = Literal["auto", "always", "never"]

BLOCKED = (*NOTHING, "anonymous", "guest", "default", "test")
LIMITS = {
    "user_id": 1,
    "loyalty_id": 1,
    "email": 5,
    "phone": 5,
    "device_id": 5,
    "anonymous_id": 5,
}
DEVICE_WINDOW: Span = 7 * DAY
"""Only the devices of so long count against their limit."""
NO_LIMIT = 1 << 30


class IdentityRules(Struct, frozen=True):
    """What a deployment holds of identifiers.

    `phone_region` (such as `DE`) reads phone numbers without `+`. `email_ignore_dots` and
    `email_ignore_tags` are domains of email where dots, or a `+tag`, do not make another
    address (`*` = all). `blocked` are values that point at nobody, for all types or for one
    (`email:test@example.org`). `limits` says how many a customer may have of a type; a type of
    which there may be one names an account. An identifier that more than
    `max_customers_per_identifier` customers of one type share is blocked. With `ask_addresses`,
    nothing goes to an address that is somebody else's before they allowed it.
    """

    phone_region: str = ""
    email_ignore_dots: tuple[str, ...] = ()
    email_ignore_tags: tuple[str, ...] = ()
    blocked: tuple[str, ...] = BLOCKED
    limits: Mapping[str, int] = field(default_factory=LIMITS.copy)
    devices: tuple[str, ...] = ("device_id", "anonymous_id")
    max_customers_per_identifier: int = 10
    authenticating_events: tuple[str, ...] = AUTHENTICATING_EVENTS
    ask_addresses: bool = True

    def is_device(self, kind: str) -> bool:
        """Does an identifier of this type follow whoever authenticated last?"""
        return kind in self.devices

    def limit_of(self, kind: str) -> int:
        """How many of this type a customer may have."""
        return self.limits.get(kind, NO_LIMIT)

    def is_account(self, kind: str) -> bool:
        """Does a customer have only one of this type?"""
        return self.limits.get(kind) == 1


def is_blocked(rules: IdentityRules, kind: str, value: str) -> bool:
    """Does this value point at nobody?"""
    plain, blocked = value.strip().casefold(), _folded(rules.blocked)
    if plain in blocked or f"{kind}:{plain}".casefold() in blocked:
        return True
    if not is_ordinary(plain) and _says_nothing(kind, value, plain, blocked):
        return True
    phone = kind in PHONES
    if phone and is_withheld(value, rules.phone_region):
        return True
    return (phone or rules.is_device(kind)) and is_one_character(value, phone=phone)


def _says_nothing(kind: str, value: str, plain: str, blocked: frozenset[str]) -> bool:
    """Look into quotes and brackets, and at what consists of signs."""
    word = bare(value)
    if word in blocked or f"{kind}:{word}".casefold() in blocked:
        return True
    return not any(map(str.isalnum, plain.replace("0", ""))) or is_template(value)


@lru_cache(maxsize=64)
def _folded(blocked: tuple[str, ...]) -> frozenset[str]:
    """Let blocked values match whatever their case."""
    return frozenset([word.strip().casefold() for word in blocked])


def is_authenticating(rules: IdentityRules, event: Event, authenticates: Authenticates) -> bool:
    """Does this event prove that its identifiers are one customer's, or only state it?"""
    if event.authenticated is not None:
        return event.authenticated
    if authenticates != "auto":
        return authenticates == "always"
    if event.type in rules.authenticating_events:
        return True
    return any(map(rules.is_account, event.identifiers or ()))
