"""All settings together."""

from __future__ import annotations

from msgspec import Struct

from legato.settings.api import ApiSettings
from legato.settings.errors import SettingsError
from legato.settings.identity import IdentitySettings, wrong_identity
from legato.settings.kafka import KafkaSettings, RegistrySettings, wrong_kafka
from legato.settings.outgoing import (
    AdapterSettings,
    ContentSettings,
    OutboundSettings,
    UnsubscribeSettings,
    wrong_adapters,
    wrong_content,
    wrong_outbound,
    wrong_unsubscribe,
)
from legato.settings.pages import OidcSettings, PagesSettings, wrong_oidc, wrong_pages
from legato.settings.view import RedisSettings, ViewSettings
from legato.settings.worker import (
    LearnSettings,
    MetricsSettings,
    ShadowSettings,
    WorkerSettings,
    wrong_worker,
)
from legato.wire.source.mapping import EventMap, SourceError
from legato.wire.source.source import Source, fault_of_posting, fault_of_topics


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that may differ between two deployments."""

    kafka: KafkaSettings = KafkaSettings()
    worker: WorkerSettings = WorkerSettings()
    metrics: MetricsSettings = MetricsSettings()
    identity: IdentitySettings = IdentitySettings()
    registry: RegistrySettings = RegistrySettings()
    redis: RedisSettings = RedisSettings()
    view: ViewSettings = ViewSettings()
    learn: LearnSettings = LearnSettings()
    shadow: ShadowSettings = ShadowSettings()
    api: ApiSettings = ApiSettings()
    outbound: OutboundSettings = OutboundSettings()
    content: ContentSettings = ContentSettings()
    unsubscribe: UnsubscribeSettings = UnsubscribeSettings()
    pages: PagesSettings = PagesSettings()
    oidc: OidcSettings = OidcSettings()
    playbook: str = ""
    """The playbook file; empty = the default playbook."""
    touchpoints: bool = False
    """Whether each event that is followed is told on the topic `touchpoints`, for analysts."""
    references: bool = False
    """Whether the topic `references` is read: prices, stock and whatever else changes."""
    playbooks: bool = False
    """Whether the topic `playbooks` is read: versions that `legato playbook publish` writes."""
    log_level: str = "info"
    """debug, info, warning or error."""
    log_json: bool = False
    """Whether each line of the log is one JSON object."""
    sources: tuple[Source, ...] = ()
    """Where events come from; see `[[sources]]` below."""
    adapters: dict[str, AdapterSettings] = {}
    """What brings actions to customers; see `[adapters.NAME]` below."""


def checked(settings: Settings) -> Settings:
    """Return the settings as they are; raises SettingsError for what makes no sense."""
    fault = (
        wrong_kafka(settings.kafka)
        or _wrong_source(settings)
        or wrong_identity(settings.identity)
        or wrong_worker(settings.worker)
        or wrong_outbound(settings.outbound)
        or wrong_content(settings.content)
        or wrong_unsubscribe(settings.unsubscribe)
        or wrong_adapters(settings.adapters)
        or wrong_pages(settings.pages)
        or wrong_oidc(settings.oidc)
    )
    if fault:
        raise SettingsError(fault)
    return settings


def _wrong_source(settings: Settings) -> str:
    """Say what is wrong with the sources besides their maps; empty if nothing is."""
    names = [source.name for source in settings.sources]
    if twice := {name for name in names if names.count(name) > 1}:
        return f"two `sources` are called `{twice.pop()}`; rename one"
    faults = (
        fault_of_topics(each) or _fault_of_maps(each) or fault_of_posting(each)
        for each in settings.sources
    )
    return next(filter(None, faults), "")


def _fault_of_maps(source: Source) -> str:
    try:
        EventMap(source)
    except SourceError as error:
        return str(error)
    return ""
