"""Where the Redis view writes, and how it runs."""

from __future__ import annotations

from msgspec import Struct

from legato.settings.kinds import AtLeastOne, Port, Seconds

DEFAULT_QUEUE = "unassigned"


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
    default_queue: str = DEFAULT_QUEUE
    """The queue of contacts that name none, and of what there is to do in them.

    Who has all queues (`*`) sees it; name one of yours, and its agents do."""
    page_channels: tuple[str, ...] = ("web", "mobile")
    """Channels whose actions are shown to the customer on a page or in an app."""
