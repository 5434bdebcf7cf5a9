"""Which keys there are: their hashes in a file, and what each may do."""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
from collections.abc import Iterable, Sequence
from hmac import compare_digest
from pathlib import Path
from typing import Annotated, Literal, TypeAlias, get_args

import msgspec
from msgspec import Meta, Struct

from legato.core.values.time import NEVER, Instant
from legato.settings import SettingsError

log = logging.getLogger(__name__)

Scope: TypeAlias = Literal["ingest", "read", "act", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
BEGINS = "lgt"
Sha256: TypeAlias = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
EmbedOrigin: TypeAlias = Annotated[
    str,
    Meta(
        pattern=r"\A(https://[a-z0-9-]+(\.[a-z0-9-]+)*|http://(localhost|127\.0\.0\.1))"
        r"(:[0-9]{1,5})?\Z"
    ),
]
"""As a browser tells it: small letters, no path; without `https` on one's own machine alone."""
ID_BYTES, SECRET_BYTES = 5, 32
KEY_MOST = 200
"""No key is longer: what is, is not looked at."""


class ApiKey(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A key as the file keeps it: not the secret, but its SHA-256 in hexadecimal.

    No `sources`, `brands` or `channels` are all of them. `origins` are the pages from which a
    browser may use it, `embed_origins` those that may show pages of the desk in a frame. `rate`
    is in events, or requests, a second; 0 = `api.rate`.
    """

    id: str
    name: str
    sha256: Sha256
    scopes: tuple[Scope, ...]
    sources: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    embed_origins: tuple[EmbedOrigin, ...] = ()
    rate: float = 0
    created: Instant
    ends: Instant = NEVER
    revoked: Instant = NEVER

    def holds(self, now: Instant) -> bool:
        """Does it count at this moment?"""
        return now < self.ends and now < self.revoked

    def may(self, scope: Scope) -> bool:
        """May it do this?"""
        return scope in self.scopes or "admin" in self.scopes


class _KeyFile(Struct, frozen=True, forbid_unknown_fields=True):
    version: Literal[1]
    keys: tuple[ApiKey, ...]


def new_key(**told: object) -> tuple[str, ApiKey]:
    """Make a key of 256 random bits: what its bearer sends, and what the file keeps."""
    name = secrets.token_hex(ID_BYTES)
    token = f"{BEGINS}_{name}_{secrets.token_urlsafe(SECRET_BYTES)}"
    return token, msgspec.convert({"id": name, "sha256": _hash(token), **told}, ApiKey)


def is_embed_origin(told: str) -> bool:
    """Can a page of this origin have pages of the desk in a frame, as far as its name goes?"""
    try:
        msgspec.convert(told, EmbedOrigin)
    except msgspec.ValidationError:
        return False
    return True


def read_keys(path: Path) -> tuple[ApiKey, ...]:
    """Read the file; raises SettingsError with what to do."""
    try:
        keys = msgspec.json.decode(path.read_bytes(), type=_KeyFile).keys
    except OSError as error:
        raise SettingsError(
            f"`api.keys_file`: cannot read `{path}` ({error.strerror}); make a key with "
            "`legato keys create NAME --scope ingest`"
        ) from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise SettingsError(f"`api.keys_file`: `{path}` is no file of keys: {error}") from None
    if len({key.id for key in keys}) < len(keys):
        raise SettingsError(f"`api.keys_file`: `{path}` has two keys of one id; take one away")
    return keys


def write_keys(path: Path, keys: Iterable[ApiKey]) -> None:
    """Write the file as a whole, for its owner alone; raises OSError."""
    told = msgspec.json.format(msgspec.json.encode(_KeyFile(1, tuple(keys))), indent=2)
    write_whole(path, told + b"\n")


def write_whole(path: Path, told: bytes) -> None:
    """Write a file as a whole or not at all, for its owner alone; raises OSError."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.touch(mode=0o600)
    beside.write_bytes(told)
    beside.replace(path)


class KeyRing:
    """The keys that count, read anew when their file changes."""

    def __init__(self, path: Path) -> None:
        """Read the file; raises SettingsError."""
        self._path = path
        self._seen = stamp_of(path)
        self._keys = _by_id(read_keys(path))

    @property
    def keys(self) -> tuple[ApiKey, ...]:
        """All that there are, those included that do not count any more."""
        return tuple(self._keys.values())

    def find(self, token: str, now: Instant) -> ApiKey | None:
        """Find the key that a client bears, if it counts now."""
        begins, _, rest = token.partition("_")
        name = rest.partition("_")[0]
        if begins != BEGINS or len(token) > KEY_MOST:
            return None
        key = self._keys.get(name)
        same = compare_digest(_hash(token), key.sha256 if key is not None else _NOBODY)
        return key if same and key is not None and key.holds(now) else None

    def by_id(self, key_id: str, now: Instant) -> ApiKey | None:
        """What has become of a key that was found before; None if it counts no more."""
        key = self._keys.get(key_id)
        return key if key is not None and key.holds(now) else None

    def refresh(self) -> bool:
        """Read the file if it changed; one that cannot be read leaves the keys as they were."""
        stamp = stamp_of(self._path)
        if stamp == self._seen:
            return False
        self._seen = stamp
        try:
            self._keys = _by_id(read_keys(self._path))
        except SettingsError as error:
            log.warning("%s; the keys of before count until it can be read", error)
            return False
        log.info("read %d keys anew", len(self._keys))
        return True


def stamp_of(path: Path) -> Sequence[int]:
    """Tell one state of a file from another; empty if there is none."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_size, found.st_ino


def _by_id(keys: Iterable[ApiKey]) -> dict[str, ApiKey]:
    return {key.id: key for key in keys}


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


_NOBODY = "0" * 64
