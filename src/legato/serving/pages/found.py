"""Whom an agent may look at after the contact, or without one: found by a search of theirs."""

from __future__ import annotations

import hashlib

from legato.serving.api.customers import Customers

STAYS_S = 2 * 60 * 60
NAME_DIGITS = 32


class FoundByAgent:
    """Remembers it in Redis, for two hours. All raise Problem (503) without it."""

    def __init__(self, customers: Customers, prefix: str) -> None:
        self._customers, self._prefix = customers, f"{prefix}found:"

    async def note(self, user_id: str, customer_id: str) -> None:
        """Let an agent look at a customer from now on."""
        await self._customers.ask("SET", self._name(user_id, customer_id), "1", "EX", STAYS_S)

    async def is_known(self, user_id: str, customer_id: str) -> bool:
        """May they?"""
        return bool(await self._customers.ask("EXISTS", self._name(user_id, customer_id)))

    def _name(self, user_id: str, customer_id: str) -> str:
        told = f"{user_id}\x1f{customer_id}".encode()
        return self._prefix + hashlib.sha256(told).hexdigest()[:NAME_DIGITS]
