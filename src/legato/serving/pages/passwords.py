"""Passwords of local users: Argon2id, away from the event loop, and few at once."""

from __future__ import annotations

import asyncio
import secrets
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from legato.serving.api.problems import try_again

PASSWORD_LEAST, PASSWORD_MOST = 12, 500
AT_ONCE = 2
"""How many are compared at once: each takes 64 MiB, and as long as it should."""
WAITING_MOST = 30
"""How many may wait for that; who comes then is told to come again."""
BUSY_S = 2.0


class Passwords:
    """Hashes and compares passwords; `hasher` says at which cost (RFC 9106 by default)."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._nobodys = self._hasher.hash(secrets.token_hex())
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._asking = 0

    def hash(self, password: str) -> str:
        """Hash a password; it takes some tenths of a second."""
        return self._hasher.hash(_normal(password))

    async def hash_beside(self, password: str) -> str:
        """The same, beside the event loop; raises Problem (503)."""
        async with self._turn():
            return await asyncio.to_thread(self.hash, password)

    async def check(self, password: str, kept: str) -> bool:
        """Is it the password that was kept? Where none was, it takes as long to say no.

        Raises Problem (503) while too many ask.
        """
        if len(password) > PASSWORD_MOST:
            return False
        async with self._turn():
            is_it = await asyncio.to_thread(self._is_it, password, kept or self._nobodys)
        return is_it and bool(kept)

    def is_dated(self, kept: str) -> bool:
        """Was it hashed at another cost than it would be today?"""
        return self._hasher.check_needs_rehash(kept)

    def _is_it(self, password: str, kept: str) -> bool:
        try:
            return self._hasher.verify(kept, _normal(password))
        except (VerificationError, InvalidHashError):
            return False

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._asking >= AT_ONCE + WAITING_MOST:
            raise try_again("many sign in just now; try again", BUSY_S)
        self._asking += 1
        try:
            async with self._turns:
                yield
        finally:
            self._asking -= 1


def fault_of_password(name: str, password: str) -> str:
    """Say what is wrong with a new password of a user; empty if nothing is."""
    if len(password) < PASSWORD_LEAST:
        return f"the password has fewer than {PASSWORD_LEAST} characters; take a longer one"
    if len(password) > PASSWORD_MOST:
        return f"the password has more than {PASSWORD_MOST} characters; take a shorter one"
    if _normal(password).strip().casefold() == name.casefold():
        return "the password is the user's name; take another"
    return ""


def _normal(password: str) -> str:
    """Write it as one, however the keyboard composes its letters (NIST SP 800-63B)."""
    return unicodedata.normalize("NFKC", password)
