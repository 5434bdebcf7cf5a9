"""The files that the API reads as it starts, looked at without starting it."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from legato.serving.api.keys import ApiKey, read_keys
from legato.serving.api.signatures.register import SIGNATURE_SCHEMES
from legato.serving.api.sources import ApiSources
from legato.serving.api.webhook_secrets import WebhookSecrets
from legato.serving.unsubscribe import links_of
from legato.settings import ApiSettings, Settings
from legato.wire.formats.registry import FileRegistry
from legato.wire.source.webhook import FROM_FILE

BY_OTHERS = stat.S_IRWXG | stat.S_IRWXO
WRITTEN_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def read_start_files(settings: Settings) -> tuple[ApiKey, ...] | None:
    """Read keys and secrets as the API does; None where no file of keys is meant to be.

    Raises SettingsError for what would keep it from starting, never with a secret in it.
    """
    links_of(settings.unsubscribe)
    path = Path(settings.api.keys_file)
    if settings.api.keys_file == ApiSettings().keys_file and not path.exists():
        WebhookSecrets(settings.sources)
        return None
    ApiSources(settings, FileRegistry())  # which reads secrets as well
    return read_keys(path)


def open_to_others(settings: Settings) -> Iterator[str]:
    """Say of each of these files if others than its owner could use it, and what to do.

    Public keys may be read by all, and written by their owner.
    """
    for what, path, forbidden in _files(settings):
        if _others_may(path, forbidden):
            yield f"{what} in `{path}` are not their owner's alone; `chmod 600 {path}`"


def _files(settings: Settings) -> Iterator[tuple[str, str, int]]:
    """Name what is in which file, and what others may not do with it."""
    yield "the keys of the API", settings.api.keys_file, BY_OTHERS
    for source in settings.sources:
        if source.webhook and (scheme := SIGNATURE_SCHEMES.get(source.webhook.scheme)):
            what = f"source `{source.name}`: the secrets of its webhook"
            forbidden = WRITTEN_BY_OTHERS if scheme.is_public else BY_OTHERS
            yield from ((what, path, forbidden) for path in _paths(source.webhook.secrets))
    yield "the users of the pages", settings.pages.users_file, BY_OTHERS
    for path in _paths((settings.oidc.client_secret,)):
        yield "the secret of `oidc`", path, BY_OTHERS
    links = settings.unsubscribe
    for path in _paths((links.secret, *links.previous_secrets)):
        yield "the secrets of links to unsubscribe", path, BY_OTHERS


def _paths(told: tuple[str, ...]) -> Iterator[str]:
    yield from (each.removeprefix(FROM_FILE) for each in told if each.startswith(FROM_FILE))


def _others_may(path: str, forbidden: int) -> bool:
    """May others do with a file what they should not? With one that is not there, nobody."""
    try:
        return bool(Path(path).stat().st_mode & forbidden)
    except OSError:
        return False
