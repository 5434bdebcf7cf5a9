"""One frozen Settings, from `legato.toml` and `LEGATO_*`; nobody else reads the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_origin

import msgspec
from msgspec import Struct, field

from legato.core.identity.customer_ids import KEYS_MOST, Identify
from legato.core.identity.rules import LIMITS, IdentityRules
from legato.wire.source.ready_made import UnknownMap, with_map
from legato.wire.source.source import Source

RENAMED: Mapping[str, str] = {
    "identity.dotless": "identity.email_ignore_dots",
    "identity.fan_out": "identity.max_customers_per_identifier",
    "identity.former_peppers": "identity.previous_peppers",
    "identity.proving": "identity.authenticating_events",
    "identity.ranks": "identity.priority",
    "identity.region": "identity.phone_region",
    "identity.tagless": "identity.email_ignore_tags",
    "view.stall_s": "view.liveness_timeout_s",
    "worker.catch_up_ms": "worker.checkpoint_max_ms",
    "worker.live_contexts": "worker.cached_contexts",
    "worker.slot": "worker.index",
    "worker.stall_s": "worker.liveness_timeout_s",
}
"""What settings were called once -> what they are called now; the old name is refused."""


class SettingsError(ValueError):
    """A setting makes no sense; the message says which and what to do."""


class KafkaSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where Kafka is; `properties` go to every client as librdkafka knows them (SASL, TLS)."""

    bootstrap: str = "127.0.0.1:9092"
    """Where Kafka answers, as `host:port`; several are separated by commas."""
    prefix: str = "legato."
    """What the names of all topics of Legato begin with."""
    partitions: int = 4
    """How many partitions a topic gets when it is created."""
    replication: int = 1
    """On how many brokers each partition is kept when a topic is created."""
    min_replication: int = 1
    """Refuse to start on topics that are kept on fewer brokers than this."""
    create_topics: bool = True
    """Whether missing topics are created; else a missing one is an error."""
    properties: dict[str, str] = {}
    """Given to every client by the names that librdkafka knows: SASL, TLS, tuning."""


class WorkerSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How a worker runs. Spans in milliseconds, sizes in records, contexts or bytes."""

    group: str = "legato"
    """The consumer group; workers of one group share the partitions."""
    name: str = "worker"
    """Stands in transactional ids and logs; the same for all workers of a deployment."""
    index: int = 0
    """The number of this process among its workers; `--processes` counts it up."""
    static_membership: bool = False
    """Whether a restart within the session timeout keeps its partitions."""
    checkpoint_ms: int = 100
    """How often outputs, contexts and offsets are committed, in one transaction."""
    checkpoint_max_ms: int = 1_000
    """The same while far behind: longer transactions carry more."""
    batch_size: int = 5_000
    """How many records are taken at once, at most."""
    queued_batches: int = 4
    """How many batches may wait before reading pauses."""
    cached_contexts: int = 200_000
    """How many contexts stay decoded; the others are kept as bytes."""
    max_context_bytes: int = 512 * 1024
    """Contexts are trimmed to stay under this size."""
    transaction_timeout_ms: int = 10_000
    """After this long without commit, the broker aborts a transaction."""
    session_timeout_ms: int = 10_000
    """After this long without a heartbeat, a worker loses its partitions."""
    quarantine_per_minute: int = 100
    """More unexpected failures than this a minute stop the partition."""
    liveness_timeout_s: int = 45
    """After this many seconds without progress `/livez` fails; 15 s later the worker ends.

    Time in which Kafka does not answer does not count."""


class MetricsSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where Prometheus and probes find the worker; 0 = off."""

    host: str = "127.0.0.1"
    """The address to listen on; `0.0.0.0` for all."""
    port: int = 9464
    """The port of the worker of index 0; that of index N listens on `port + N`. 0 = off."""


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
    limits: dict[str, int] = field(default_factory=LIMITS.copy)
    """How many of a type one customer may have; a type with 1 names an account."""
    devices: tuple[str, ...] = IdentityRules().devices
    """Types that follow whoever logged in on them last, and make no two people one."""
    max_customers_per_identifier: int = IdentityRules().max_customers_per_identifier
    """An identifier that more customers than this share is blocked by itself."""
    authenticating_events: tuple[str, ...] = IdentityRules().authenticating_events
    """Event types in which people show who they are, so that their identifiers are linked."""

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


class RegistrySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where Avro schemas are: empty = those that Legato ships, `file:FOLDER`, or a URL."""

    url: str = ""
    """Empty = the schemas that Legato ships, `file:FOLDER`, or the URL of a registry."""
    username: str = ""
    """For a registry that asks for one."""
    password: str = ""
    """For a registry that asks for one."""
    timeout_s: float = 10.0
    """How long to wait for an answer before asking again."""


class RedisSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the Redis view writes; every key has a TTL."""

    url: str = "redis://127.0.0.1:6379/0"
    """Where Redis answers."""
    prefix: str = "legato:"
    """What all keys begin with."""
    ttl_s: int = 30 * 24 * 3600
    """After this many seconds without an update, a context leaves Redis."""
    tombstone_ttl_s: int = 7 * 24 * 3600
    """How long an erased customer's key says so, against records that come late."""
    timeout_s: float = 5.0
    """How long to wait for Redis to connect or to answer before trying again."""


class ViewSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How `legato view redis` runs: a process of its own, beside the workers."""

    group: str = "legato-view"
    """The consumer group; views of one group share the partitions."""
    host: str = "127.0.0.1"
    """The address of /metrics, /livez and /readyz; `0.0.0.0` for all."""
    port: int = 9480
    """The port of /metrics, /livez and /readyz. 0 = off."""
    batch_size: int = 2_000
    """How many contexts are taken at once, at most."""
    liveness_timeout_s: int = 45
    """After this many seconds without a pass of its loop, `/livez` fails."""


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that may differ between two deployments."""

    kafka: KafkaSettings = KafkaSettings()
    worker: WorkerSettings = WorkerSettings()
    metrics: MetricsSettings = MetricsSettings()
    identity: IdentitySettings = IdentitySettings()
    registry: RegistrySettings = RegistrySettings()
    redis: RedisSettings = RedisSettings()
    view: ViewSettings = ViewSettings()
    playbook: str = ""
    """The playbook file; empty = the default playbook."""
    touchpoints: bool = False
    """Whether each event that is followed is told on the topic `touchpoints`, for analysts."""
    log_level: str = "info"
    """debug, info, warning or error."""
    log_json: bool = False
    """Whether each line of the log is one JSON object."""
    sources: tuple[Source, ...] = ()
    """Where events come from; see `[[sources]]` below."""


def load(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read settings from `path` (else `LEGATO_SETTINGS`, else ./legato.toml if it exists).

    `LEGATO_KAFKA_BOOTSTRAP` overrides `bootstrap` of `[kafka]`, and so on for every field; a
    table such as `previous_peppers` is written as a JSON object.
    Raises SettingsError with one sentence that says what to do.
    """
    environ = os.environ if environ is None else environ
    chosen = path or (
        Path(environ["LEGATO_SETTINGS"]) if "LEGATO_SETTINGS" in environ else None
    )
    raw = _read(chosen or Path("legato.toml"), required=chosen is not None)
    if former := _former_name(raw, chosen or Path("legato.toml"), environ):
        raise SettingsError(former)
    try:
        settings = msgspec.convert(_overridden(raw, environ), Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(
            f"settings: {error}; correct it in `{chosen or 'legato.toml'}`"
        ) from None
    return _checked(_with_sources(settings))


def variable_of(setting: str) -> str:
    """Name the variable of a setting: `LEGATO_KAFKA_BOOTSTRAP` for `kafka.bootstrap`."""
    return f"LEGATO_{setting.upper().replace('.', '_')}"


def flag_of(setting: str) -> str:
    """Name the flag of a setting: `--index` for `worker.index`."""
    return f"--{setting.partition('.')[2].replace('_', '-')}"


def _former_name(raw: dict[str, Any], path: Path, environ: Mapping[str, str]) -> str:
    """Say what must be renamed in the file or the environment; empty if nothing must."""
    for old, new in RENAMED.items():
        section, _, name = old.partition(".")
        told = raw.get(section)
        if isinstance(told, dict) and name in told:
            return f"`{old}` is called `{new}` now: rename it in `{path}`"
        if (variable := variable_of(old)) in environ:
            return f"`{variable}` is called `{variable_of(new)}` now: rename it"
    return ""


def _with_sources(settings: Settings) -> Settings:
    if settings.sources:
        try:
            sources = tuple(map(with_map, settings.sources))
        except UnknownMap as error:
            raise SettingsError(str(error)) from None
        return msgspec.structs.replace(settings, sources=sources)
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
    for section in msgspec.structs.fields(Settings):
        name = f"LEGATO_{section.name.upper()}"
        if isinstance(section.type, type) and issubclass(section.type, Struct):
            found = {
                inner.name: _told(f"{name}_{inner.name.upper()}", inner.type, environ)
                for inner in msgspec.structs.fields(section.type)
                if f"{name}_{inner.name.upper()}" in environ
            }
            if found:
                merged[section.name] = {**merged.get(section.name, {}), **found}
        elif name in environ and section.name != "sources":
            merged[section.name] = environ[name]
    return merged


def _told(name: str, kind: object, environ: Mapping[str, str]) -> str | dict[str, Any]:
    """Read one variable; what is a table in the file is a JSON object here, or nothing."""
    if get_origin(kind) is not dict:
        return environ[name]
    try:
        return msgspec.json.decode(environ[name] or "{}", type=dict[str, Any])
    except msgspec.DecodeError:
        raise SettingsError(
            f'`{name}` is no JSON object; write it such as `{{"0": "..."}}`'
        ) from None


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


def _checked(settings: Settings) -> Settings:
    names = [source.name for source in settings.sources]
    if twice := {name for name in names if names.count(name) > 1}:
        raise SettingsError(f"two sources are called `{twice.pop()}`; rename one")
    if misplaced := _before_a_person(settings.identity):
        raise SettingsError(
            f"`identity.priority` has the device type `{misplaced}` before a type that names a "
            "person; put it behind them and `*`"
        )
    if wrong := _wrong_pepper(settings.identity):
        raise SettingsError(wrong)
    if settings.kafka.partitions < 1:
        raise SettingsError("`kafka.partitions` must be at least 1")
    if settings.worker.checkpoint_ms < 10:
        raise SettingsError("`worker.checkpoint_ms` must be at least 10")
    if settings.worker.transaction_timeout_ms < settings.worker.checkpoint_ms * 10:
        raise SettingsError("`worker.transaction_timeout_ms` must be at least 10 checkpoints")
    worker = settings.worker
    if worker.liveness_timeout_s * 1_000 < worker.transaction_timeout_ms + 10_000:
        raise SettingsError(
            "`worker.liveness_timeout_s` must be 10 s longer than "
            "`worker.transaction_timeout_ms`: a checkpoint that hangs is given up only 5 s "
            "after its transaction is"
        )
    return settings
