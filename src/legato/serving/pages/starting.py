"""What the pages read as they start, looked at for `legato check` as well."""

from __future__ import annotations

from pathlib import Path

from legato.serving.pages.oidc.claimed import see_roles
from legato.serving.pages.users import UserFile, read_users
from legato.settings import Settings, SettingsError, read_secret
from legato.settings.pages import is_loopback


def check_pages(settings: Settings, pages_on: bool) -> None:
    """See that the pages could start; with `pages_on` also that somebody may sign in.

    Raises SettingsError with what to do.
    """
    pages, oidc = settings.pages, settings.oidc
    if oidc.issuer:
        see_roles(oidc)
        read_secret(oidc.client_secret, "`oidc.client_secret`")
    if has_local_users(settings):
        read_users(Path(pages.users_file))
    elif pages_on and not oidc.issuer:
        raise SettingsError(_nobody(settings))


def has_local_users(settings: Settings) -> bool:
    """May local users sign in, by the settings and by where the API listens?"""
    match settings.pages.local_users:
        case "anywhere":
            return True
        case "never":
            return False
        case "loopback":
            return is_loopback(settings.api.host)


def users_of(settings: Settings) -> UserFile:
    """Read the local users, where they may sign in; raises SettingsError."""
    return UserFile(Path(settings.pages.users_file) if has_local_users(settings) else None)


def _nobody(settings: Settings) -> str:
    """Say why nobody could sign in, and what to do."""
    if settings.pages.local_users == "never":
        return "nobody could sign in to the pages; set `oidc.issuer`, or `pages.local_users`"
    return (
        "nobody could sign in to the pages: local users do so on loopback alone, and "
        f"`api.host` is `{settings.api.host}`; set `oidc.issuer`, or "
        "`pages.local_users` to `anywhere`"
    )
