"""Whom the command line means, and which topic takes what is told of them."""

from __future__ import annotations

from collections.abc import Mapping

from legato.cli.words import Unclear, read_identifier
from legato.core.identify import Identify
from legato.core.outcome import Rejected
from legato.settings import Settings, SettingsError


class Who:
    """Derives customer ids as the line does, from the pepper and the ranks of the settings."""

    def __init__(self, settings: Settings) -> None:
        self._identify = Identify(settings.identity.pepper, settings.identity.ranks)

    def key_of(self, identifiers: Mapping[str, str]) -> str:
        """Name the customer whom the identifiers point at; raises Unclear if they name none."""
        found = self._identify.customer_of(identifiers)
        if isinstance(found, Rejected):
            raise Unclear(found.message)
        return found

    def read(self, text: str) -> str:
        """Read a customer id, or an identifier such as `loyalty:42`; raises Unclear."""
        return self.key_of(dict([read_identifier(text)])) if ":" in text else text


def source_topic(settings: Settings) -> str:
    """Name the first topic that takes Legato's own envelopes; raises SettingsError."""
    for source in settings.sources:
        named = [topic for topic in source.topics if not topic.startswith("^")]
        if named and source.plain and source.format in ("auto", "json"):
            return named[0]
    raise SettingsError("no source takes envelopes as they are; name a topic with `--topic`")
