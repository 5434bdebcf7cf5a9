"""One way to write an identifier, so that all channels mean the same by it."""

from __future__ import annotations

import re

import phonenumbers
from msgspec import Struct
from phonenumbers import NumberParseException, PhoneNumberFormat

from legato.core.identity.rules import IdentityRules, is_blocked
from legato.core.identity.unsound import is_template
from legato.core.values.results import Rejected

_INTERNATIONAL = re.compile(r"\+[\d\s().\-/]{3,30}")


class NormalizedIdentifier(Struct, frozen=True, gc=False):
    """An identifier's value as it is compared.

    One that is not `linkable` still points at whoever sends it just so, but it links nobody: it
    could mean two people.
    """

    value: str
    linkable: bool = True


def normalize_identifier(
    rules: IdentityRules, kind: str, value: str
) -> NormalizedIdentifier | Rejected:
    """Write a value the one way, or say why it points at nobody."""
    if is_blocked(rules, kind, value):
        return _nobody(kind)
    match kind:
        case "email":
            return _email(rules, value.strip().lower())
        case "phone":
            written = _phone(rules, value.strip())
            blocked = written.value != value and is_blocked(rules, kind, written.value)
            return _nobody(kind) if blocked else written
        case _:
            return NormalizedIdentifier(value.strip())


def is_address(kind: str, value: str) -> bool:
    """Can anything be sent there? To a number without its country it cannot."""
    if is_template(value):
        return False
    match kind:
        case "email":
            return _is_email(value)
        case "phone":
            return _INTERNATIONAL.fullmatch(value) is not None
        case _:
            return bool(value)


def _nobody(kind: str) -> Rejected:
    return Rejected("no_identifier", f"the `{kind}` points at nobody", "identify")


def _email(rules: IdentityRules, value: str) -> NormalizedIdentifier:
    """An address loses its case, and dots and tags where they do not count."""
    local, _, domain = value.rpartition("@")
    if not _is_email(value):
        return NormalizedIdentifier(value, linkable=False)
    if _holds(rules.email_ignore_tags, domain):
        local = local.partition("+")[0] or local
    if _holds(rules.email_ignore_dots, domain):
        local = local.replace(".", "") or local
    return NormalizedIdentifier(f"{local}@{domain}")


def _is_email(value: str) -> bool:
    local, _, domain = value.rpartition("@")
    return bool(local) and "." in domain and " " not in value


def _holds(domains: tuple[str, ...], domain: str) -> bool:
    return domain in domains or "*" in domains


def _phone(rules: IdentityRules, value: str) -> NormalizedIdentifier:
    """A number becomes E.164; without `+` and without a region nobody can tell whose it is."""
    try:
        number = phonenumbers.parse(value, rules.phone_region or None)
    except NumberParseException:
        return NormalizedIdentifier(value, linkable=False)
    if not phonenumbers.is_possible_number(number):
        return NormalizedIdentifier(value, linkable=False)
    return NormalizedIdentifier(phonenumbers.format_number(number, PhoneNumberFormat.E164))
