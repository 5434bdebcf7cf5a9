"""What leaves for customers: where to, what it looks like, what brings it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from legato.core.events.words import read_language
from legato.core.values.zones import find_zone
from legato.settings.kinds import AtLeastOne, Port, Seconds
from legato.wire.source.webhook import FROM_FILE

_ADAPTER = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
SECRET_LEAST = 32
"""Characters of a secret that tokens are encrypted with."""


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


def wrong_outbound(outbound: OutboundSettings) -> str:
    """Say which network is none; empty if all are."""
    for told in outbound.networks:
        try:
            ip_network(told)
        except ValueError:
            return f"`outbound.networks` has `{told}`, no network; write one as `10.20.0.0/16`"
    return ""


def wrong_content(content: ContentSettings) -> str:
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


def wrong_unsubscribe(unsubscribe: UnsubscribeSettings) -> str:
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


def wrong_adapters(adapters: Mapping[str, AdapterSettings]) -> str:
    """Say which adapter has a name that names no group; empty if none has."""
    for name in adapters:
        if not _ADAPTER.fullmatch(name):
            return f"`adapters` has `{name}`; write a name of small letters, digits, `_`, `-`"
    return ""
