"""One frozen Settings, from `legato.toml` and `LEGATO_*`; nobody else reads the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import phonenumbers
from msgspec import Meta, Struct, field

from legato.core.events.words import read_language
from legato.core.identity.customer_ids import KEYS_MOST, Identify
from legato.core.identity.rules import LIMITS, IdentityRules
from legato.core.values.zones import find_zone
from legato.environment import (
    FILE_VARIABLE,
    PREFIX,
    Tables,
    Variable,
    VariableError,
    read_variables,
)
from legato.wire.record import BOM
from legato.wire.source.mapping import EventMap, SourceError
from legato.wire.source.ready_made import UnknownMap, with_map
from legato.wire.source.source import Source, fault_of_posting, fault_of_topics
from legato.wire.source.webhook import FROM_FILE

Count = Annotated[int, Meta(ge=0)]
AtLeastOne = Annotated[int, Meta(ge=1)]
Port = Annotated[int, Meta(ge=0, le=65_535)]
Seconds = Annotated[float, Meta(gt=0)]

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

_SETTING = re.compile(r"`(?:\$\.)?([a-z_]+(?:\.[a-z_]+)?)")
"""How a message names a setting: `kafka.partitions`, or `$.kafka.partitions[...]`."""
_BOUND = re.compile(r"Expected `\w+` ([<>]=?) ([0-9]+)(?:\.0)?")
_BOUNDS = {">=": "at least", "<=": "at most", ">": "more than"}
_PLACE = re.compile(r"([A-Za-z_]+://)?(\[[0-9a-fA-F:.]+\]|[^\s:/,]+)(:[0-9]{1,5})?")
_ADAPTER = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,201}")
RANKS_MOST = 35
LEAST_CHECKPOINT_MS = 10
SECRET_LEAST = 32
"""Characters of a secret that tokens are encrypted with."""


class SettingsError(ValueError):
    """A setting makes no sense; the message says which and what to do."""


class KafkaSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where Kafka is; `properties` go to every client as librdkafka knows them (SASL, TLS)."""

    bootstrap: str = "127.0.0.1:9092"
    """Where Kafka answers, as `host:port`; several are separated by commas."""
    prefix: str = "legato."
    """What the names of all topics of Legato begin with."""
    partitions: AtLeastOne = 4
    """How many partitions a topic gets when it is created."""
    replication: AtLeastOne = 1
    """On how many brokers each partition is kept when a topic is created."""
    min_replication: AtLeastOne = 1
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
    index: Count = 0
    """The number of this process among its workers; `--processes` counts it up."""
    static_membership: bool = False
    """Whether a restart within the session timeout keeps its partitions."""
    checkpoint_ms: AtLeastOne = 100
    """How often outputs, contexts and offsets are committed, in one transaction."""
    checkpoint_max_ms: AtLeastOne = 1_000
    """The same while far behind: longer transactions carry more."""
    batch_size: AtLeastOne = 5_000
    """How many records are taken at once, at most."""
    queued_batches: AtLeastOne = 4
    """How many batches may wait before reading pauses."""
    cached_contexts: AtLeastOne = 200_000
    """How many contexts stay decoded; the others are kept as bytes."""
    max_context_bytes: AtLeastOne = 512 * 1024
    """Contexts are trimmed to stay under this size."""
    transaction_timeout_ms: AtLeastOne = 10_000
    """After this long without commit, the broker aborts a transaction."""
    session_timeout_ms: AtLeastOne = 10_000
    """After this long without a heartbeat, a worker loses its partitions."""
    quarantine_per_minute: Count = 100
    """More unexpected failures than this a minute stop the partition."""
    liveness_timeout_s: AtLeastOne = 45
    """After this many seconds without progress `/livez` fails; 15 s later the worker ends.

    Time in which Kafka does not answer does not count."""


class MetricsSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where Prometheus and probes find the worker; 0 = off."""

    host: str = "127.0.0.1"
    """The address to listen on; `0.0.0.0` for all."""
    port: Port = 9464
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


class RegistrySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where Avro schemas are: empty = those that Legato ships, `file:FOLDER`, or a URL."""

    url: str = ""
    """Empty = the schemas that Legato ships, `file:FOLDER`, or the URL of a registry."""
    username: str = ""
    """For a registry that asks for one."""
    password: str = ""
    """For a registry that asks for one."""
    timeout_s: Seconds = 10.0
    """How long to wait for an answer before asking again."""


class RedisSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the Redis view writes; every key has a TTL."""

    url: str = "redis://127.0.0.1:6379/0"
    """Where Redis answers."""
    prefix: str = "legato:"
    """What all keys begin with."""
    ttl_s: AtLeastOne = 30 * 24 * 3600
    """After this many seconds without an update, a context leaves Redis."""
    tombstone_ttl_s: AtLeastOne = 7 * 24 * 3600
    """How long an erased customer's key says so, against records that come late."""
    timeout_s: Seconds = 5.0
    """How long to wait for Redis to connect or to answer before trying again."""


class ViewSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How `legato view redis` runs: a process of its own, beside the workers."""

    group: str = "legato-view"
    """The consumer group; views of one group share the partitions."""
    host: str = "127.0.0.1"
    """The address of /metrics, /livez and /readyz; `0.0.0.0` for all."""
    port: Port = 9480
    """The port of /metrics, /livez and /readyz. 0 = off."""
    batch_size: AtLeastOne = 2_000
    """How many records are taken at once, at most."""
    liveness_timeout_s: AtLeastOne = 45
    """After this many seconds without a pass of its loop, `/livez` fails."""
    venue_channels: tuple[str, ...] = ("store",)
    """Channels whose actions wait at a venue, which is their address.

    On the channels of this and the next two settings an action stays open once delivered."""
    queue_channels: tuple[str, ...] = ("call", "chat")
    """Channels whose actions wait in a queue, which is their address."""
    page_channels: tuple[str, ...] = ("web", "mobile")
    """Channels whose actions are shown to the customer on a page or in an app."""


class LearnSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How `legato learn` runs: a process of its own, beside the workers."""

    host: str = "127.0.0.1"
    """The address of /metrics, /livez and /readyz; `0.0.0.0` for all."""
    port: Port = 9481
    """The port of /metrics, /livez and /readyz. 0 = off."""


class ShadowSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How `legato shadow` runs: a process of its own, beside the workers."""

    host: str = "127.0.0.1"
    """The address of /metrics, /livez and /readyz; `0.0.0.0` for all."""
    port: Port = 9490
    """The port of /metrics, /livez and /readyz. 0 = off."""
    liveness_timeout_s: AtLeastOne = 45
    """After this many seconds without a pass of its loop, `/livez` fails."""


class ApiSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How `legato api` runs: a process of its own, any number of them behind a balancer."""

    host: str = "127.0.0.1"
    """The address of the API; `0.0.0.0` for all. TLS is the balancer's."""
    port: Port = 8088
    """The port of the API."""
    metrics_host: str = "127.0.0.1"
    """The address of /metrics, /livez and /readyz; `0.0.0.0` for all."""
    metrics_port: Port = 9482
    """The port of /metrics, /livez and /readyz. 0 = off."""
    keys_file: str = "legato-keys.json"
    """The hashes of the keys, as `legato keys` writes them; read anew when it changes."""
    source: str = "events"
    """The source whose topic takes what is sent to `/v1/events`."""
    rate: Annotated[float, Meta(gt=0)] = 1_000
    """Events, or requests, a second and replica of a key that names no rate."""
    queue_bytes: Annotated[int, Meta(ge=1_000_000)] = 32_000_000
    """What may be on its way to Kafka; what is more is told to come again."""
    audit: Literal["required", "best_effort"] = "required"
    """Whether a read of a customer waits until it is in the access log, or goes on without."""
    resume_url: str = "https://shop.example/resume?t={token}"
    """Your page on which customers go on; it sends the token to `/v1/resume/{token}`."""
    proxies: tuple[str, ...] = ("127.0.0.1",)
    """Balancers whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed."""


class OutboundSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where requests may go that leave, besides public addresses by https."""

    loopback: bool = False
    """Whether they may go to this machine, also by http: for tests, and what runs beside it."""
    networks: tuple[str, ...] = ()
    """Private networks that they may go to as well, by https, such as `10.20.0.0/16`."""


class ContentSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What messages look like: templates in a folder, or in a CMS (docs/content.md)."""

    folder: str = ""
    """The folder of the templates; empty = those that Legato ships."""
    url: str = ""
    """A CMS that is asked before the folder: a URL with `{ref}` and `{language}`."""
    fields: dict[str, str] = {}
    """Where in the JSON of the CMS each part is, such as `subject` under `fields.title`."""
    headers: dict[str, str] = {}
    """Sent to the CMS; a value may be `file:PATH`, such as that of `Authorization`."""
    max_age_s: Seconds = 60.0
    """After this many seconds the CMS is asked again, by the ETag of what it answered."""
    language: str = "en"
    """In which language those are written to whose own is not known, or not there."""
    time_zone: str = "UTC"
    """By which zone days and times of day are written."""


class UnsubscribeSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """The links by which customers end promotion with one click (docs/content.md)."""

    url: str = ""
    """Where the API takes them, with `{token}`; empty = promotions bear no link."""
    secret: str = ""
    """What the tokens are encrypted with, 32 characters or more; or `file:PATH`."""
    previous_secrets: tuple[str, ...] = ()
    """Secrets that were replaced: what was sent with them goes on to work."""


class AdapterSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How one adapter runs: a process and a consumer group of its own (docs/adapters.md)."""

    use: str = ""
    """The adapter: a ready-made one, that of a package, or a file; empty = the table's name."""
    channels: tuple[str, ...] = ()
    """Whose actions it takes; empty = what the adapter itself says."""
    rate: Annotated[float, Meta(ge=0)] = 0
    """How many are sent a second and process, evenly; 0 = as many as come."""
    concurrency: AtLeastOne = 20
    """How many are sent at once."""
    attempts: AtLeastOne = 8
    """After so many tries that came to nothing an action has failed."""
    timeout_s: Seconds = 30.0
    """After so many seconds without an answer a try has come to nothing."""
    window: AtLeastOne = 10_000
    """How many actions wait in memory before reading pauses."""
    hold_after_s: Seconds = 600.0
    """What waits longer than this is kept on `adapter.holds`, and lets the offset pass."""
    check: Literal["view", "none"] = "view"
    """Whether the Redis view is asked for consent right before a send."""
    host: str = "127.0.0.1"
    """The address of /metrics, /livez and /readyz; `0.0.0.0` for all."""
    port: Port = 9483
    """The port of /metrics, /livez and /readyz; one each on one host. 0 = off."""
    options: dict[str, Any] = {}
    """What the adapter itself wants to know."""


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


def load(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read settings from `path` (else `LEGATO_SETTINGS`, else ./legato.toml if it exists).

    `LEGATO_KAFKA_BOOTSTRAP` overrides `bootstrap` of `[kafka]`, and so on for every field; a
    table such as `previous_peppers` is written as a JSON object, a list as a JSON list.
    Raises SettingsError with one sentence that says what to do, in which variable or file.
    """
    environ = os.environ if environ is None else environ
    chosen = path or (Path(environ[FILE_VARIABLE]) if FILE_VARIABLE in environ else None)
    file = chosen or Path("legato.toml")
    raw = _read(file, required=chosen is not None)
    if former := _former_name(raw, file, environ):
        raise SettingsError(former)
    try:
        told = read_variables(environ, _variables())
    except VariableError as error:
        raise SettingsError(str(error)) from None
    try:
        settings = msgspec.convert(_overridden(raw, told), Settings, strict=False)
        return _checked(_with_sources(settings))
    except msgspec.ValidationError as error:
        raise SettingsError(_in_place(_in_plain(str(error)), told, file)) from None
    except SettingsError as error:
        raise SettingsError(_in_place(str(error), told, file)) from None


def variable_of(setting: str) -> str:
    """Name the variable of a setting: `LEGATO_KAFKA_BOOTSTRAP` for `kafka.bootstrap`."""
    return f"{PREFIX}{setting.upper().replace('.', '_')}"


def flag_of(setting: str) -> str:
    """Name the flag of a setting: `--index` for `worker.index`."""
    return f"--{setting.partition('.')[2].replace('_', '-')}"


def _variables() -> dict[str, Variable]:
    """List all settings by the variable that sets them."""
    kinds: dict[str, object] = {}
    for section in msgspec.structs.fields(Settings):
        if isinstance(section.type, type) and issubclass(section.type, Struct):
            inner = msgspec.structs.fields(section.type)
            kinds |= {f"{section.name}.{each.name}": each.type for each in inner}
        else:
            kinds[section.name] = section.type
    return {variable_of(name): Variable(name, kind) for name, kind in kinds.items()}


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
        read: dict[str, Any] = msgspec.toml.decode(path.read_bytes().removeprefix(BOM))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"`{path}` is not TOML: {error}") from None
    except RecursionError:
        raise SettingsError(f"`{path}` is nested too deeply; write it flatter") from None
    return read


def _overridden(raw: dict[str, Any], told: Tables) -> dict[str, Any]:
    """Lay what the environment says over what the file says."""
    merged = dict(raw)
    for section, value in told.items():
        under = merged.get(section, {})
        if not isinstance(value, dict):
            merged[section] = value
        elif isinstance(under, dict):
            merged[section] = {**under, **value}
    return merged


def _in_plain(error: str) -> str:
    """Say what msgspec says as the other faults are said: of a setting, by its name."""
    what, _, place = error.partition(" - at `$.")
    if not place:
        return f"settings: {error}"
    setting = f"`{place.removesuffix('`').replace('[...]', '')}`"
    if bound := _BOUND.fullmatch(what):
        return f"{setting} must be {_BOUNDS[bound[1]]} {bound[2]}"
    return f"{setting}: {what}"


def _in_place(message: str, told: Tables, file: Path) -> str:
    """Say in which variable what a message names is to be corrected, else in which file."""
    for setting in _SETTING.findall(message):
        section, _, name = setting.partition(".")
        value = told.get(section)
        if name in value if isinstance(value, dict) else value is not None:
            return f"{message}; correct it in `{variable_of(setting)}`"
    return f"{message}; correct it in `{file}`"


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


def _wrong_identity(identity: IdentitySettings) -> str:
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


def _wrong_kafka(kafka: KafkaSettings) -> str:
    """Say what is wrong with where Kafka is; empty if nothing is."""
    for place in kafka.bootstrap.split(","):
        if not _PLACE.fullmatch(place.strip()):
            return f"`kafka.bootstrap` has `{place}`; write `host:port`, with commas between"
    if not _TOPIC.fullmatch(f"{kafka.prefix}x"):
        return "`kafka.prefix` may have letters, digits, `.`, `_` and `-`, 200 at most"
    return ""


def _wrong_worker(worker: WorkerSettings) -> str:
    """Say which spans of a worker do not go together; empty if all do."""
    if worker.checkpoint_ms < LEAST_CHECKPOINT_MS:
        return f"`worker.checkpoint_ms` must be at least {LEAST_CHECKPOINT_MS}"
    if worker.transaction_timeout_ms < worker.checkpoint_ms * 10:
        return "`worker.transaction_timeout_ms` must be at least 10 checkpoints"
    if worker.liveness_timeout_s * 1_000 < worker.transaction_timeout_ms + 10_000:
        return (
            "`worker.liveness_timeout_s` must be 10 s longer than "
            "`worker.transaction_timeout_ms`: a checkpoint that hangs is given up only 5 s "
            "after its transaction is"
        )
    return ""


def _wrong_outbound(outbound: OutboundSettings) -> str:
    """Say which network is none; empty if all are."""
    for told in outbound.networks:
        try:
            ip_network(told)
        except ValueError:
            return f"`outbound.networks` has `{told}`, no network; write one as `10.20.0.0/16`"
    return ""


def _wrong_content(content: ContentSettings) -> str:
    """Say what is wrong with where content is; empty if nothing is."""
    if read_language(content.language) is None:
        return f"`content.language` is `{content.language}`; write a tag such as `de`"
    if find_zone(content.time_zone) is None:
        told = f"`content.time_zone` is `{content.time_zone}`"
        return f"{told}; write a zone such as `Europe/Berlin`"
    if not content.url:
        return ""
    if "{ref}" not in content.url or not content.url.startswith(("http://", "https://")):
        return "`content.url` is no URL with `{ref}`; write `https://cms.example/{ref}`"
    told = "`content.fields` says nothing; write where `subject`, `text` and `html` are"
    return "" if content.fields else told


def _wrong_unsubscribe(unsubscribe: UnsubscribeSettings) -> str:
    """Say what is wrong with the links to unsubscribe; empty if nothing is."""
    url, secret = unsubscribe.url, unsubscribe.secret
    if url and ("{token}" not in url or not url.startswith(("http://", "https://"))):
        example = "https://api.example/v1/unsubscribe/{token}"
        return f"`unsubscribe.url` is no URL with `{{token}}`; write `{example}`"
    if url and not secret:
        return "`unsubscribe.url` needs `unsubscribe.secret`; write one, or `file:PATH`"
    for each in filter(None, (secret, *unsubscribe.previous_secrets)):
        if not each.startswith(FROM_FILE) and len(each) < SECRET_LEAST:
            told = f"has fewer than {SECRET_LEAST} characters"
            return f"`unsubscribe.secret` or one before it {told}; write `openssl rand -hex 32`"
    return ""


def read_secret(told: str, what: str) -> str:
    """Read a secret that may be `file:PATH`; `what` says which, should it not be there.

    Raises SettingsError, which never has the secret in it.
    """
    if not told.startswith(FROM_FILE):
        return told.strip()
    path = Path(told.removeprefix(FROM_FILE))
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SettingsError(
            f"cannot read {what} in `{path}` ({reason}); put it there"
        ) from None


def _wrong_adapters(adapters: Mapping[str, AdapterSettings]) -> str:
    """Say which adapter has a name that names no group; empty if none has."""
    for name in adapters:
        if not _ADAPTER.fullmatch(name):
            return f"`adapters` has `{name}`; write a name of small letters, digits, `_`, `-`"
    return ""


def _checked(settings: Settings) -> Settings:
    fault = (
        _wrong_kafka(settings.kafka)
        or _wrong_source(settings)
        or _wrong_identity(settings.identity)
        or _wrong_worker(settings.worker)
        or _wrong_outbound(settings.outbound)
        or _wrong_content(settings.content)
        or _wrong_unsubscribe(settings.unsubscribe)
        or _wrong_adapters(settings.adapters)
    )
    if fault:
        raise SettingsError(fault)
    return settings
