"""Where a request goes: the sources that can be written to, and their topics."""

from __future__ import annotations

from http import HTTPStatus

from legato.core.events.words import CHANNELS
from legato.queries.identifier_lookup import IdentifierLookup
from legato.serving.api.ingest.events import EventIntake
from legato.serving.api.problems import Problem
from legato.serving.api.webhook_secrets import WebhookSecrets
from legato.settings import Settings, SettingsError
from legato.wire.formats.registry import Registry
from legato.wire.source.reader import Reader
from legato.wire.source.source import Source

SEGMENT = "segment"


class ApiSources:
    """The sources of the settings, by name; `secrets` are what vendors sign with."""

    def __init__(self, settings: Settings, registry: Registry) -> None:
        """Look through them; raises SettingsError if the one for `/v1/events` is missing.

        So it does if a secret cannot be read, or can be none.
        """
        self._by_name = {source.name: source for source in settings.sources}
        name = settings.api.source
        if name not in self._by_name:
            known = "`, `".join(self._by_name)
            raise SettingsError(f"`api.source` is `{name}`; write one of `{known}`")
        self.own = self._by_name[name]
        topic_of(self.own)
        self.secrets = WebhookSecrets(settings.sources)
        self._registry, self._lookup = registry, IdentifierLookup(settings)
        self._intakes: dict[str, EventIntake] = {}
        maps = (each for each in settings.sources if each.map == SEGMENT)
        self._segment = next(maps, None)

    @property
    def topics(self) -> set[str]:
        """All topics that may be written to."""
        topics = {source.written_topic for source in self._by_name.values()}
        return topics - {""}

    def intake(self, source: Source) -> EventIntake:
        """What makes records for a source."""
        found = self._intakes.get(source.name)
        if found is None:
            reader = Reader(source, self._registry, check_payload=True, channels=CHANNELS)
            found = EventIntake(reader, topic_of(source), self._lookup)
            self._intakes[source.name] = found
        return found

    def find(self, name: str) -> Source:
        """Find a source that can be written to; raises Problem (404)."""
        source = self._by_name.get(name)
        if source is None or not source.written_topic:
            detail = (
                "no source of this name can be written to; see `[[sources]]` in legato.toml"
            )
            raise Problem(HTTPStatus.NOT_FOUND, detail)
        return source

    @property
    def segment(self) -> Source:
        """The source that takes Segment's calls; raises Problem (404)."""
        if self._segment is None:
            detail = 'no source has `map = "segment"`; add one to `[[sources]]` in legato.toml'
            raise Problem(HTTPStatus.NOT_FOUND, detail)
        return self._segment


def topic_of(source: Source) -> str:
    """Name the topic to write to; raises SettingsError where there are only patterns."""
    if topic := source.written_topic:
        return topic
    raise SettingsError(
        f"the source `{source.name}` names its topics by patterns; name one in full, so that "
        "there is one to write to"
    )
