"""What vendors sign their webhooks with: in the settings, or in files that may change."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from legato.serving.api.keys import stamp_of
from legato.serving.api.signatures.register import SIGNATURE_SCHEMES
from legato.settings import SettingsError
from legato.wire.source.source import Source
from legato.wire.source.webhook import FROM_FILE

log = logging.getLogger(__name__)


class _SecretPlace(Struct):
    """Where a secret is: in a file, if there is a path; `stamp` is of what was read."""

    source: str
    scheme: str
    path: Path | None
    secret: str
    stamp: Sequence[int] = ()


class WebhookSecrets:
    """The secrets of all sources whose vendors sign; those in files are read anew."""

    def __init__(self, sources: Iterable[Source]) -> None:
        """Read all; raises SettingsError for one that cannot be read, or is none."""
        self._places = [place for source in sources for place in _places_of(source)]
        for place in self._places:
            _read(place)
        self._by_source = self._sorted()

    def of(self, source: str) -> tuple[str, ...]:
        """The secrets of a source, any of which a vendor may sign with."""
        return self._by_source.get(source, ())

    def refresh(self) -> bool:
        """Read the files that changed; one that cannot be read leaves its secret as it was."""
        changed = [each for each in self._places if each.path and _changed(each, each.path)]
        for place in changed:
            try:
                _read(place)
            except SettingsError as error:
                log.warning("%s; the secret of before counts until it can be read", error)
            else:
                log.info("read a secret of the source `%s` anew", place.source)
        self._by_source = self._sorted()
        return bool(changed)

    def _sorted(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for place in self._places:
            found[place.source] = (*found.get(place.source, ()), place.secret)
        return found


def _places_of(source: Source) -> Iterable[_SecretPlace]:
    if source.webhook is None or source.webhook.scheme not in SIGNATURE_SCHEMES:
        return
    for told in source.webhook.secrets:
        path = Path(told.removeprefix(FROM_FILE)) if told.startswith(FROM_FILE) else None
        yield _SecretPlace(source.name, source.webhook.scheme, path, "" if path else told)


def _changed(place: _SecretPlace, path: Path) -> bool:
    return stamp_of(path) != place.stamp


def _read(place: _SecretPlace) -> None:
    """Read a secret if it is in a file, and look at it; raises SettingsError."""
    told = place.secret if place.path is None else _read_file(place, place.path)
    secret = told.strip()
    where = f"source `{place.source}`: a secret of its webhook"
    if place.path is not None:
        where += f", in `{place.path}`,"
    if not secret:
        raise SettingsError(f"{where} is empty; write it there")
    if fault := SIGNATURE_SCHEMES[place.scheme].fault_of(secret):
        raise SettingsError(f"{where} {fault}")
    place.secret = secret


def _read_file(place: _SecretPlace, path: Path) -> str:
    place.stamp = stamp_of(path)
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SettingsError(
            f"source `{place.source}`: cannot read the secret of its webhook in `{path}` "
            f"({reason}); put it there"
        ) from None
