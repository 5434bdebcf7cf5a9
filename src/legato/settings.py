"""One frozen Settings, read from `legato.toml` and `LEGATO_*`; nobody else reads the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from legato.wire.source import Source


class SettingsError(ValueError):
    """A setting makes no sense; the message says which and what to do."""


class Kafka(Struct, frozen=True, forbid_unknown_fields=True):
    """Where Kafka is; `properties` go to every client as librdkafka knows them (SASL, TLS)."""

    bootstrap: str = "127.0.0.1:9092"
    prefix: str = "legato."
    partitions: int = 4
    replication: int = 1
    min_replication: int = 1
    create_topics: bool = True
    properties: dict[str, str] = {}


class Worker(Struct, frozen=True, forbid_unknown_fields=True):
    """How a worker runs. Spans in milliseconds, sizes in records, contexts or bytes."""

    group: str = "legato"
    name: str = "worker"
    slot: int = 0
    static_membership: bool = False
    checkpoint_ms: int = 100
    catch_up_ms: int = 1_000
    batch_size: int = 5_000
    queued_batches: int = 4
    live_contexts: int = 200_000
    max_context_bytes: int = 512 * 1024
    transaction_timeout_ms: int = 10_000
    session_timeout_ms: int = 10_000
    quarantine_per_minute: int = 100
    stall_s: int = 45


class Metrics(Struct, frozen=True, forbid_unknown_fields=True):
    """Where Prometheus and probes find the worker; slot N listens on `port + N`. 0 = off."""

    host: str = "127.0.0.1"
    port: int = 9464


class Identity(Struct, frozen=True, forbid_unknown_fields=True):
    """The key of the keyed hashes, and how identifier types rank (best first)."""

    pepper: str = "change-me"
    ranks: tuple[str, ...] = (
        "user_id",
        "loyalty_id",
        "email",
        "phone",
        "whatsapp_id",
        "viber_id",
        "social_handle",
        "device_id",
        "anonymous_id",
    )


class Registry(Struct, frozen=True, forbid_unknown_fields=True):
    """Where Avro schemas are: empty = those that Legato ships, `file:FOLDER`, or a URL."""

    url: str = ""
    username: str = ""
    password: str = ""
    timeout_s: float = 10.0


class Redis(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the Redis view writes; every key has a TTL."""

    url: str = "redis://127.0.0.1:6379/0"
    prefix: str = "legato:"
    ttl_s: int = 30 * 24 * 3600


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that may differ between two deployments."""

    kafka: Kafka = Kafka()
    worker: Worker = Worker()
    metrics: Metrics = Metrics()
    identity: Identity = Identity()
    registry: Registry = Registry()
    redis: Redis = Redis()
    playbook: str = ""
    log_level: str = "info"
    log_json: bool = False
    sources: tuple[Source, ...] = ()


def load(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read settings from `path` (else `LEGATO_SETTINGS`, else ./legato.toml if it exists).

    `LEGATO_KAFKA_BOOTSTRAP` overrides `bootstrap` of `[kafka]`, and so on for every field.
    Raises SettingsError with one sentence that says what to do.
    """
    environ = os.environ if environ is None else environ
    chosen = path or (Path(environ["LEGATO_SETTINGS"]) if "LEGATO_SETTINGS" in environ else None)
    raw = _read(chosen or Path("legato.toml"), required=chosen is not None)
    try:
        settings = msgspec.convert(_overridden(raw, environ), Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"settings: {error}; correct it in `{chosen or 'legato.toml'}`") from None
    return _checked(_with_default_source(settings))


def _with_default_source(settings: Settings) -> Settings:
    if settings.sources:
        return settings
    topic = f"{settings.kafka.prefix}channel.events"
    return msgspec.structs.replace(settings, sources=(Source(name="events", topics=(topic,)),))


def _read(path: Path, *, required: bool) -> dict[str, Any]:
    if not path.exists():
        if required:
            raise SettingsError(f"no settings at `{path}`; write some with `legato init`")
        return {}
    try:
        read: dict[str, Any] = msgspec.toml.decode(path.read_bytes())
    except msgspec.DecodeError as error:
        raise SettingsError(f"`{path}` is not TOML: {error}") from None
    return read


def _overridden(raw: dict[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """Lay `LEGATO_SECTION_FIELD` over what the file says."""
    merged = dict(raw)
    for field in msgspec.structs.fields(Settings):
        name = f"LEGATO_{field.name.upper()}"
        if isinstance(field.type, type) and issubclass(field.type, Struct):
            found = {
                inner.name: environ[f"{name}_{inner.name.upper()}"]
                for inner in msgspec.structs.fields(field.type)
                if f"{name}_{inner.name.upper()}" in environ
            }
            if found:
                merged[field.name] = {**merged.get(field.name, {}), **found}
        elif name in environ and field.name != "sources":
            merged[field.name] = environ[name]
    return merged


def _checked(settings: Settings) -> Settings:
    names = [source.name for source in settings.sources]
    if twice := {name for name in names if names.count(name) > 1}:
        raise SettingsError(f"two sources are called `{twice.pop()}`; rename one")
    if settings.kafka.partitions < 1:
        raise SettingsError("`kafka.partitions` must be at least 1")
    if settings.worker.checkpoint_ms < 10:
        raise SettingsError("`worker.checkpoint_ms` must be at least 10")
    if settings.worker.transaction_timeout_ms < settings.worker.checkpoint_ms * 10:
        raise SettingsError("`worker.transaction_timeout_ms` must be at least 10 checkpoints")
    return settings
