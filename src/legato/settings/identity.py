"""Who is one customer, as a deployment tells people apart."""

from __future__ import annotations

import msgspec
import phonenumbers
from msgspec import Struct, field

from legato.core.identity.customer_ids import KEYS_MOST, Identify
from legato.core.identity.rules import LIMITS, IdentityRules
from legato.settings.kinds import AtLeastOne, Count

RANKS_MOST = 35


class IdentitySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Who is one customer: the key of the hashes, how types rank, what links and what not."""

    pepper: str = "change-me"
    """The secret key of the hashes; to change it, see `previous_peppers`."""
    key_id: int = 0
    """Which pepper this is: each new one gets the next number, up to 36."""
    previous_peppers: dict[str, str] = {}
    """Peppers that were replaced, by their key_id, while customers move to newer names."""
    priority: tuple[str, ...] = (
        "user_id",
        "loyalty_id",
        "email",
        "phone",
        "whatsapp_id",
        "viber_id",
        "social_handle",
        "*",
        "device_id",
        "anonymous_id",
    )
    """Identifier types, best first: an event belongs to the first of them that it has."""
    phone_region: str = ""
    """Where phone numbers without `+` are from, such as `DE`; else they link nobody."""
    email_ignore_dots: tuple[str, ...] = ()
    """Domains in whose email addresses dots do not count; `*` = all."""
    email_ignore_tags: tuple[str, ...] = ()
    """Domains in whose email addresses a `+tag` does not count; `*` = all."""
    blocked: tuple[str, ...] = IdentityRules().blocked
    """Values that point at nobody, for every type or for one (`email:test@example.org`)."""
    limits: dict[str, Count] = field(default_factory=LIMITS.copy)
    """How many of a type one customer may have; a type with 1 names an account."""
    devices: tuple[str, ...] = IdentityRules().devices
    """Types that follow whoever logged in on them last, and make no two people one."""
    max_customers_per_identifier: AtLeastOne = IdentityRules().max_customers_per_identifier
    """An identifier that more customers than this share is blocked by itself."""
    authenticating_events: tuple[str, ...] = IdentityRules().authenticating_events
    """Event types in which people show who they are, so that their identifiers are linked."""
    ask_addresses: bool = IdentityRules().ask_addresses
    """Whether whoever an address belongs to is asked before others send there."""

    @property
    def identify(self) -> Identify:
        """What names identifiers and customers, with a cache of its own each time."""
        formers = {int(key): pepper for key, pepper in self.previous_peppers.items()}
        return Identify(self.pepper, self.priority, key_id=self.key_id, formers=formers)

    @property
    def without_formers(self) -> IdentitySettings:
        """The same for a line that begins with nobody, so that nobody has a former name."""
        return msgspec.structs.replace(self, previous_peppers={})

    @property
    def rules(self) -> IdentityRules:
        """What identify and the owners of identifiers hold to."""
        told = {name: getattr(self, name) for name in IdentityRules.__struct_fields__}
        return IdentityRules(**{**told, "limits": {**LIMITS, **self.limits}})


def wrong_identity(identity: IdentitySettings) -> str:
    """Say what is wrong with how people are told apart; empty if nothing is."""
    if misplaced := _before_a_person(identity):
        return (
            f"`identity.priority` has the device type `{misplaced}` before a type that names a "
            "person; put it behind them and `*`"
        )
    if len(identity.priority) > RANKS_MOST:
        return f"`identity.priority` has more than {RANKS_MOST} types; take some out"
    region = identity.phone_region
    if region and region not in phonenumbers.SUPPORTED_REGIONS:
        return f"`identity.phone_region` is `{region}`, no ISO code; write one such as `DE`"
    return _wrong_pepper(identity)


def _wrong_pepper(identity: IdentitySettings) -> str:
    """Say what is wrong with the peppers and what to do; empty if nothing is."""
    formers = identity.previous_peppers
    if not 0 <= identity.key_id <= KEYS_MOST:
        return f"`identity.key_id` must be 0 to {KEYS_MOST}"
    for key, pepper in formers.items():
        if not (key.isascii() and key.isdigit()) or str(int(key)) != key:
            return (
                f"`identity.previous_peppers` has `{key}`, which is no key_id; write a number"
            )
        if int(key) >= identity.key_id:
            return (
                f"`identity.previous_peppers` has key {key}, but `identity.key_id` is "
                f"{identity.key_id}; raise `key_id` above every previous key"
            )
        if pepper == identity.pepper or [*formers.values()].count(pepper) > 1:
            return (
                f"`identity.previous_peppers` has under {key} a pepper that has another key "
                "too; give each its own secret"
            )
    return ""


def _before_a_person(identity: IdentitySettings) -> str:
    """Name a device type that a type of persons comes after; empty if there is none."""
    last = max(
        (place for place, kind in enumerate(identity.priority) if kind not in identity.devices),
        default=-1,
    )
    return next((kind for kind in identity.priority[:last] if kind in identity.devices), "")
