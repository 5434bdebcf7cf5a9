"""Whom a person means: identifiers as they are typed, and the names that they have."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial

from msgspec import Struct
from msgspec.structs import replace

from legato.core.identity.normalize import NormalizedIdentifier, normalize_identifier
from legato.core.values.results import Rejected
from legato.queries.errors import Unclear
from legato.settings import Settings

SHORT = {
    "loyalty": "loyalty_id",
    "user": "user_id",
    "device": "device_id",
    "anonymous": "anonymous_id",
    "whatsapp": "whatsapp_id",
    "viber": "viber_id",
    "social": "social_handle",
}

KNOWN_MOST = 200_000
"""How many values are remembered as they are written: a file names the same ones often."""


class AskedCustomer(Struct, frozen=True):
    """A customer id or an identifier as it was typed, and the name that it has in topics.

    `kind` and `value` are empty for a customer id. `formers` are its names under former
    peppers, where it may be kept still.
    """

    text: str
    name: str
    kind: str = ""
    value: str = ""
    formers: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All names that it may have, the newest first."""
        return self.name, *self.formers

    def known_by(self, name: str) -> AskedCustomer:
        """Say by which of its names it was found."""
        return replace(self, name=name, formers=tuple(x for x in self.names if x != name))


class IdentifierLookup:
    """Names identifiers as the line does: written the one way first, then hashed."""

    def __init__(self, settings: Settings) -> None:
        self.rules = settings.identity.rules
        self.identify = settings.identity.identify
        self._write = lru_cache(KNOWN_MOST)(partial(normalize_identifier, self.rules))

    def key_of(self, identifiers: Mapping[str, str]) -> str:
        """Name the best of these identifiers; raises Unclear if there is none.

        Those that point at nobody count only if there is no other.
        """
        found = self.identify.customer_of(self.written(identifiers) or identifiers)
        if isinstance(found, Rejected):
            raise Unclear(found.message)
        return found

    def written(self, identifiers: Mapping[str, str]) -> dict[str, str]:
        """Write identifiers the one way, without those that point at nobody."""
        return {
            kind: told.value
            for kind, value in identifiers.items()
            if isinstance(told := self._write(kind, value), NormalizedIdentifier)
        }

    def ask(self, text: str) -> AskedCustomer:
        """Read a customer id, or an identifier such as `loyalty:42`; raises Unclear."""
        if ":" not in text:
            return AskedCustomer(text, text)
        kind, value = read_identifier(text)
        written = self._write(kind, value)
        if isinstance(written, Rejected):
            raise Unclear(f"{written.message}; name another identifier than `{text}`")
        name, *formers = self.identify.names_of(kind, written.value)
        return AskedCustomer(text, name, kind, written.value, tuple(formers))


def read_identifier(text: str) -> tuple[str, str]:
    """Read `loyalty:42` as (`loyalty_id`, `42`); raises Unclear."""
    name, colon, value = text.partition(":")
    if not (name and colon and value):
        raise Unclear(f"`{text}` is not an identifier; write for example `loyalty:42`")
    return SHORT.get(name, name), value
