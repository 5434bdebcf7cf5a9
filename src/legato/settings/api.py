"""How the API runs."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from legato.settings.kinds import Port


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
