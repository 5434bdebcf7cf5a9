"""Local users, who are for trying: a file of them, and who signs in with a password."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from legato.core.values.time import NEVER, Instant
from legato.queries.rights import ALL, Role, User
from legato.serving.api.keys import ApiKey, stamp_of, write_whole
from legato.serving.api.problems import Problem
from legato.serving.pages.passwords import Passwords
from legato.settings import SettingsError

log = logging.getLogger(__name__)

USER_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,62}")
Argon2id = Annotated[str, Meta(pattern=r"^\$argon2id\$")]
PAGES_KEY = "pages"
_NO_SECRET = "0" * 64


class LocalUser(
    Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """A user as the file keeps them: not the password, but its Argon2id hash.

    `password_since` is when it was set: what began with another password is over.
    """

    name: str
    password: Argon2id
    password_since: Instant
    roles: tuple[Role, ...]
    brands: tuple[str, ...] = ()
    venues: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    language: str = ""
    ends: Instant = NEVER
    disabled: bool = False

    def counts(self, now: Instant) -> bool:
        """May they sign in, and stay so, at this moment?"""
        return now < self.ends and not self.disabled

    @property
    def user(self) -> User:
        """Who they are to the pages, with all their rights."""
        return User(
            id=self.name,
            name=self.name,
            roles=self.roles,
            brands=self.brands,
            venues=self.venues,
            queues=self.queues,
            language=self.language,
        )


class _KeptUsers(Struct, frozen=True, forbid_unknown_fields=True):
    version: Literal[1]
    users: tuple[LocalUser, ...]


def read_users(path: Path) -> tuple[LocalUser, ...]:
    """Read the file; raises SettingsError with what to do. Where there is none, nobody is."""
    try:
        users = msgspec.json.decode(path.read_bytes(), type=_KeptUsers).users
    except FileNotFoundError:
        return ()
    except OSError as error:
        told = f"`pages.users_file`: cannot read `{path}` ({error.strerror})"
        raise SettingsError(f"{told}; give it to whoever runs Legato") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"`pages.users_file`: `{path}` is no file of users: {error}"
        ) from None
    if len({each.name for each in users}) < len(users):
        raise SettingsError(
            f"`pages.users_file`: `{path}` has two users of one name; take one away"
        )
    return users


@contextmanager
def changing_users(path: Path) -> Iterator[dict[str, LocalUser]]:
    """Give the users by name, and write them as they are left; whoever else does so waits.

    Raises SettingsError, OSError; then, and where anything else is raised, all stays as it was.
    """
    with _alone_in(path.parent):
        users = {each.name: each for each in read_users(path)}
        yield users
        told = msgspec.json.encode(_KeptUsers(1, tuple(users.values())))
        write_whole(path, msgspec.json.format(told, indent=2) + b"\n")


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


class UserFile:
    """The users that count, read anew when their file changes. Without a path, nobody."""

    def __init__(self, path: Path | None, passwords: Passwords | None = None) -> None:
        """Read the file; raises SettingsError."""
        self._path = path
        self._passwords = passwords or Passwords()
        self._seen = stamp_of(path) if path else ()
        self._users = _by_name(read_users(path)) if path else {}

    @property
    def may_be(self) -> bool:
        """May anybody sign in with a password here?"""
        return self._path is not None

    def find(self, name: str, now: Instant) -> LocalUser | None:
        """Find somebody who counts now."""
        known = self._users.get(name)
        return known if known is not None and known.counts(now) else None

    async def sign_in(self, name: str, password: str, now: Instant) -> LocalUser | None:
        """Find whose name and password these are; None where they are nobody's.

        It takes the same time for a name that there is not. Raises Problem (503).
        """
        known = self.find(plain_name(name), now)
        right = await self._passwords.check(password, known.password if known else "")
        if known is None or not right:
            return None
        if self._passwords.is_dated(known.password):
            await self._hash_anew(known, password)
        return known

    def refresh(self) -> bool:
        """Read the file if it changed; one that cannot be read leaves all as they were."""
        if self._path is None or (stamp := stamp_of(self._path)) == self._seen:
            return False
        self._seen = stamp
        try:
            self._users = _by_name(read_users(self._path))
        except SettingsError as error:
            log.warning("%s; the users of before count until it can be read", error)
            return False
        log.info("read %d users anew", len(self._users))
        return True

    async def _hash_anew(self, known: LocalUser, password: str) -> None:
        """Hash a password as it is today; a file that others give us stays as it is."""
        hashed = await self._passwords.hash_beside(password)
        try:
            await asyncio.to_thread(self._keep_hash, known, hashed)
        except (OSError, SettingsError):
            log.info("a password is hashed as it was once; `legato users password` mends it")

    def _keep_hash(self, known: LocalUser, hashed: str) -> None:
        if self._path is None:
            return
        with changing_users(self._path) as users:
            if users.get(known.name) == known:
                users[known.name] = replace(known, password=hashed)


def plain_name(told: str) -> str:
    """Write the name of a user as the file does, however it was typed."""
    return told.strip().casefold()


def key_of(user: User) -> ApiKey:
    """With what the pages read customers for somebody: never more than they may see.

    A key without brands sees all, so nobody without brands has one: raises Problem (403).
    """
    if not user.brands:
        detail = "you may see customers of no brand; ask for one"
        raise Problem(HTTPStatus.FORBIDDEN, detail)
    return ApiKey(
        id=PAGES_KEY,
        name=user.id,
        sha256=_NO_SECRET,
        scopes=("read", "act"),
        brands=() if ALL in user.brands else user.brands,
        created=0,
    )


def _by_name(users: Iterable[LocalUser]) -> dict[str, LocalUser]:
    return {each.name: each for each in users}
