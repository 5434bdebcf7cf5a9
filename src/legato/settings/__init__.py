"""One frozen Settings, from `legato.toml` and `LEGATO_*`; nobody else reads the environment."""

from __future__ import annotations

from legato.settings.api import ApiSettings
from legato.settings.deployment import Settings
from legato.settings.errors import SettingsError
from legato.settings.identity import IdentitySettings
from legato.settings.kafka import KafkaSettings, RegistrySettings
from legato.settings.kinds import Port, Seconds
from legato.settings.loading import RENAMED, flag_of, load, variable_of
from legato.settings.outgoing import (
    SECRET_LEAST,
    AdapterSettings,
    ContentSettings,
    OutboundSettings,
    UnsubscribeSettings,
)
from legato.settings.pages import OidcSettings, PagesSettings, QueueSettings, VenueSettings
from legato.settings.secrets import read_secret
from legato.settings.view import RedisSettings, ViewSettings
from legato.settings.worker import (
    LearnSettings,
    MetricsSettings,
    ShadowSettings,
    WorkerSettings,
)

__all__ = [
    "RENAMED",
    "SECRET_LEAST",
    "AdapterSettings",
    "ApiSettings",
    "ContentSettings",
    "IdentitySettings",
    "KafkaSettings",
    "LearnSettings",
    "MetricsSettings",
    "OidcSettings",
    "OutboundSettings",
    "PagesSettings",
    "Port",
    "QueueSettings",
    "RedisSettings",
    "RegistrySettings",
    "Seconds",
    "Settings",
    "SettingsError",
    "ShadowSettings",
    "UnsubscribeSettings",
    "VenueSettings",
    "ViewSettings",
    "WorkerSettings",
    "flag_of",
    "load",
    "read_secret",
    "variable_of",
]
