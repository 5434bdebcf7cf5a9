"""One way to write an identifier, so that all channels mean the same by it."""

from __future__ import annotations

import phonenumbers
from msgspec import Struct
from phonenumbers import NumberParseException, PhoneNumberFormat

from legato.core.identity.rules import Rules, is_blocked
from legato.core.values.results import Rejected


class Written(Struct, frozen=True, gc=False):
    """An identifier's value as it is compared.

    One that is not `sound` still points at whoever sends it just so, but it links nobody: it
    could mean two people.
    """

    value: str
    sound: bool = True


def write_identifier(rules: Rules, kind: str, value: str) -> Written | Rejected:
    """Write a value the one way, or say why it points at nobody."""
    if is_blocked(rules, kind, value):
        return Rejected("no_identifier", f"the `{kind}` points at nobody", "identify")
    match kind:
        case "email":
            return _email(rules, value.strip().lower())
        case "phone":
            return _phone(rules, value.strip())
        case _:
            return Written(value.strip())


def _email(rules: Rules, value: str) -> Written:
    """An address loses its case, and dots and tags where they do not count."""
    local, at, domain = value.rpartition("@")
    if not (local and at and "." in domain) or " " in value:
        return Written(value, sound=False)
    if _holds(rules.tagless, domain):
        local = local.partition("+")[0] or local
    if _holds(rules.dotless, domain):
        local = local.replace(".", "") or local
    return Written(f"{local}@{domain}")


def _holds(domains: tuple[str, ...], domain: str) -> bool:
    return domain in domains or "*" in domains


def _phone(rules: Rules, value: str) -> Written:
    """A number becomes E.164; without `+` and without a region nobody can tell whose it is."""
    try:
        number = phonenumbers.parse(value, rules.region or None)
    except NumberParseException:
        return Written(value, sound=False)
    if not phonenumbers.is_possible_number(number):
        return Written(value, sound=False)
    return Written(phonenumbers.format_number(number, PhoneNumberFormat.E164))
