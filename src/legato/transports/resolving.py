"""From a name to the addresses that a connection goes to: looked up once, and checked.

A name that leads to a forbidden address is refused, whatever else it leads to. The connection
is made to what was checked, and the socket is made only for what is allowed; so neither a name
that leads elsewhere a moment later nor an address in the URL gets around it.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

from aiohttp.abc import AbstractResolver, ResolveResult

from legato.transports.addresses import AddressRules

Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""Looks up the addresses of a name, for a port; raises OSError."""


class AddressRefused(OSError):
    """A name or an address leads where no request may go."""


async def ask_system(host: str, port: int) -> Sequence[str]:
    """Look a name up as the system does."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(place[0]) for *_, place in found]


class CheckedResolver(AbstractResolver):
    """Looks names up for aiohttp, and hands on addresses that were checked."""

    def __init__(self, rules: AddressRules, resolve: Resolve) -> None:
        self._rules, self._resolve = rules, resolve

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - aiohttp gives it
    ) -> list[ResolveResult]:
        """Look a name up; raises OSError, and AddressRefused if any of it is forbidden."""
        found = [*dict.fromkeys(await self._resolve(host, port))]
        if not found:
            raise OSError("the name has no address")
        if not all(map(self._rules.allow, found)):
            raise AddressRefused
        return [_result(host, address, port) for address in found]

    async def close(self) -> None:
        """Nothing is held open."""


def socket_maker(rules: AddressRules) -> Callable[[Any], socket.socket]:
    """Make what opens sockets, for addresses that are allowed alone."""

    def make(info: tuple[Any, ...]) -> socket.socket:
        family, kind, proto, _, place = info
        if not rules.allow(str(place[0])):
            raise AddressRefused
        return socket.socket(family, kind, proto)

    return make


def _result(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=family,
        proto=socket.IPPROTO_TCP,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )
