"""The pages, and who may sign in to them."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from legato.core.values.zones import is_zone

_HOST = re.compile(r"(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]{1,5})?")
_EXAMPLE_URL = "https://legato.example/pages/sign-in/back"


class VenueSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """A venue as its people know it."""

    title: str = ""
    """What pages call it; empty = its name."""
    time_zone: str = ""
    """By which zone its times are written; empty = `pages.time_zone`."""


class QueueSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """A queue as its people know it."""

    title: str = ""
    """What pages call it; empty = its name."""


class PagesSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """The pages of `legato api --pages`, for those who meet the customer (docs/desk.md)."""

    users_file: str = "legato-users.json"
    """The local users, as `legato users` writes them; read anew when it changes."""
    local_users: Literal["loopback", "anywhere", "never"] = "loopback"
    """Whether they may sign in: where the API listens on loopback alone, anywhere, or never."""
    session_idle_minutes: Annotated[int, Meta(ge=1, le=1_440)] = 30
    """After so many minutes without use somebody has to sign in again."""
    session_hours: Annotated[int, Meta(ge=1, le=24)] = 12
    """After so many hours somebody has to sign in again in any case."""
    image_hosts: tuple[str, ...] = ()
    """Hosts that pictures of articles may come from, by https."""
    time_zone: str = "Europe/Berlin"
    """By which zone times are written where no venue says another."""
    venues: dict[str, VenueSettings] = {}
    """What venues are called, by the name that events have, and their time zones."""
    queues: dict[str, QueueSettings] = {}
    """What queues are called, by the name that actions have."""


class OidcSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Sign-in to the pages by OpenID Connect, and who may what there (docs/desk.md)."""

    issuer: str = ""
    """The sign-in service, as it calls itself: `https://id.example/realms/x`; empty = none."""
    client_id: str = ""
    """How it knows Legato."""
    client_secret: str = ""
    """What Legato shows it; or `file:PATH`. Empty for a client that is public there."""
    scopes: tuple[str, ...] = ("openid", "profile")
    """What it is asked for."""
    redirect_url: str = ""
    """Where it sends people back: `/pages/sign-in/back` at the public address of the API."""
    name_claim: str = "name"
    """The claim of the ID token that says what to call somebody.

    This and the next claims may be paths with dots, such as `realm_access.roles`."""
    roles_claim: str = "roles"
    """The claim that has the names of their groups."""
    roles: dict[str, str] = {}
    """Which group makes somebody an associate, agent, marketer, operator or privacy officer."""
    venues_claim: str = "venues"
    """The claim that has the names of their venues; `*` in it = all, none = none."""
    queues_claim: str = "queues"
    """The claim that has the names of their queues; `*` in it = all, none = none."""
    brands_claim: str = ""
    """The claim that has the names of their brands; empty = everybody sees all brands."""


def wrong_pages(pages: PagesSettings) -> str:
    """Say what is wrong with the pages; empty if nothing is."""
    if not is_zone(pages.time_zone):
        told = f"`pages.time_zone` is `{pages.time_zone}`"
        return f"{told}; write a zone such as `Europe/Berlin`"
    for name, venue in pages.venues.items():
        if venue.time_zone and not is_zone(venue.time_zone):
            told = f"`pages.venues` has `{venue.time_zone}` as the zone of `{name}`"
            return f"{told}; write one such as `Europe/Berlin`"
    for host in pages.image_hosts:
        if not _HOST.fullmatch(host):
            return f"`pages.image_hosts` has `{host}`; write a host such as `img.shop.example`"
    return ""


def wrong_oidc(oidc: OidcSettings) -> str:
    """Say what is wrong with the sign-in service; empty if nothing is."""
    if not oidc.issuer:
        return ""
    faults = (
        (
            is_safe_url(oidc.issuer),
            f"`oidc.issuer` is `{oidc.issuer}`; write an URL with `https://`",
        ),
        (oidc.client_id, "`oidc.issuer` needs `oidc.client_id`; write how it knows Legato"),
        (
            is_safe_url(oidc.redirect_url),
            f"`oidc.redirect_url` is no URL with `https://`; write such as `{_EXAMPLE_URL}`",
        ),
        ("openid" in oidc.scopes, "`oidc.scopes` has no `openid`; write it there"),
        (
            oidc.roles,
            '`oidc.roles` is empty, so nobody may anything; write `{"a group" = "associate"}`',
        ),
    )
    return next((told for is_well, told in faults if not is_well), "")


def is_safe_url(url: str) -> bool:
    """Can nobody read on the way there: is it https, or on this machine?"""
    try:
        told = urlsplit(url)
        host = told.hostname or ""
    except ValueError:
        return False
    return bool(host) and (
        told.scheme == "https" or (told.scheme == "http" and is_loopback(host))
    )


def is_loopback(host: str) -> bool:
    """Is it this machine, to which nobody else can come?"""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
