"""What the Redis view says against sending, asked for many actions at once."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Iterable, Sequence
from typing import cast

import msgspec
import redis.asyncio as redis
from msgspec import Struct
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry as RedisRetry

from legato.core.context.consent import consent_for
from legato.core.context.context import ConsentRecord
from legato.core.context.erasure import REQUESTED
from legato.core.values.outputs import Action
from legato.serving.adapters.machine.facts import Refused
from legato.serving.adapters.ready.last_written import ViewAway
from legato.serving.redis_view.keys import Keys
from legato.settings import RedisSettings, Settings, SettingsError
from legato.wire.context_view import ConsentView, ErasureView

HOPS_MOST = 8
"""A customer who was merged leads on; so often at most."""
NO_CONSENT, ERASED = Refused("no_consent"), Refused("erased")
UNREADABLE = Refused("view_unreadable")


class _SeenCustomer(Struct):
    forward: str = ""
    consents: tuple[ConsentView, ...] = ()
    erased: int | None = None
    readable: bool = True
    erasure: ErasureView | None = None


_decode = msgspec.json.Decoder(_SeenCustomer).decode


class ViewCheck:
    """Asks the view right before a send. Where it knows nothing, it says nothing against it."""

    def __init__(self, settings: Settings) -> None:
        self._keys = Keys.of(settings)
        self._redis = _connect(settings.redis)

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def ask(self, actions: Sequence[Action]) -> list[Refused | None]:
        """Say of each action why it must not be sent; None if nothing is against it.

        Raises ViewAway.
        """
        seen = await self._customers({action.customer_id for action in actions})
        return [self._against(action, seen) for action in actions]

    async def _customers(self, ids: Iterable[str]) -> dict[str, _SeenCustomer]:
        """Read customers, and as whom those go on who were merged."""
        seen: dict[str, _SeenCustomer] = {}
        wanted = [*ids]
        for _ in range(HOPS_MOST):
            keys = [key for each in wanted for key in self._keys_of(each)]
            found = await self._read(keys)
            for customer_id, raw, void in zip(wanted, found[::2], found[1::2], strict=True):
                seen[customer_id] = _read(raw, void)
            wanted = [
                each.forward
                for each in (seen[name] for name in wanted)
                if each.forward and each.forward not in seen
            ]
            if not wanted:
                break
        return seen

    def _keys_of(self, customer_id: str) -> tuple[str, str]:
        return self._keys.customer(customer_id), self._keys.erased(customer_id)

    async def _read(self, keys: list[str]) -> list[bytes | None]:
        try:
            asked = cast(Awaitable[list[bytes | None]], self._redis.mget(keys))
            return await asked
        except (RedisError, OSError) as error:
            raise ViewAway(type(error).__name__) from None

    def _against(self, action: Action, seen: dict[str, _SeenCustomer]) -> Refused | None:
        customer = seen.get(action.customer_id)
        for _ in range(HOPS_MOST):
            if customer is None:
                return None
            if not customer.readable:
                return UNREADABLE
            if customer.erased is not None and action.time <= customer.erased:
                return ERASED
            if customer.erasure is not None and customer.erasure.status == REQUESTED:
                return ERASED
            if not customer.forward:
                return None if _wants(customer, action) else NO_CONSENT
            customer = seen.get(customer.forward)
        return None


def _read(raw: bytes | None, void: bytes | None) -> _SeenCustomer:
    """Read a document; of an erased customer that is an offset, and `void` up to when."""
    try:
        customer = _decode(raw) if raw else _SeenCustomer()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _SeenCustomer(readable=False)
    if void is not None:
        customer.erased = int(void)
    elif customer.erased is not None:
        customer.erased = time.time_ns() // 1_000_000
    return customer


def _wants(customer: _SeenCustomer, action: Action) -> bool:
    """Is there no refusal of this purpose on this channel by this brand?"""
    wishes = {
        f"{each.purpose}|{each.channel}|{each.brand}|?{number}": ConsentRecord(
            each.status, each.time, each.basis, each.source, each.proof
        )
        for number, each in enumerate(customer.consents)
    }
    said = consent_for(wishes, action.purpose, action.channel, action.brand)
    return said is not False


def _connect(settings: RedisSettings) -> redis.Redis:
    try:
        return redis.Redis.from_url(
            settings.url,
            socket_timeout=settings.timeout_s,
            socket_connect_timeout=settings.timeout_s,
            retry=RedisRetry(NoBackoff(), 0),
        )
    except ValueError as error:
        raise SettingsError(
            f"`redis.url` is no address of a Redis: {error}; write `redis://HOST:PORT/DATABASE`"
        ) from None
