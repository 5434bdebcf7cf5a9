"""Which addresses a request may go to: none that is this network's own, however it is written.

The table stands here, since what `ipaddress` calls global changes with Python's versions; a
test holds that it never lets through what that calls otherwise.
"""

from __future__ import annotations

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from legato.settings import OutboundSettings

LOOPBACK = ("127.0.0.0/8", "::1/128")
_NEVER = (
    "169.254.0.0/16",
    "fe80::/10",
    "fd00:ec2::254/128",
    "100.100.100.200/32",
    "192.0.0.192/32",
)
"""Link-local, and where clouds tell machines their secrets: no setting opens these."""
_REFUSED_4 = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
    *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"),
    *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
)
"""IANA's special-purpose registry, multicast and what is reserved."""
_PUBLIC_6 = "2000::/3"
"""Whence all public addresses of IPv6 are given out."""
_REFUSED_6 = ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
"""Of those: Teredo and other protocols, documentation, and 6to4, which wraps IPv4."""
_WRAPPED = ("::ffff:0:0/96", "64:ff9b::/96")
"""IPv4 addresses written as IPv6, by themselves and for NAT64: what counts is within."""

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def _networks(told: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ip_network(each) for each in told)


_NEVER_TO, _PUBLIC = _networks(_NEVER), _networks((_PUBLIC_6,))
_SPECIAL = _networks((*_REFUSED_4, *_REFUSED_6))
_WRAPPING = _networks(_WRAPPED)


class AddressRules:
    """What the settings allow: public addresses, and what they name besides."""

    def __init__(self, settings: OutboundSettings) -> None:
        named = (*settings.networks, *(LOOPBACK if settings.loopback else ()))
        self._named = _networks(named)

    def allow(self, written: str) -> bool:
        """May a request go to this address? What is no address may not."""
        try:
            address = _unwrapped(ip_address(written.partition("%")[0]))
        except ValueError:
            return False
        if _is_in(address, _NEVER_TO):
            return False
        return _is_in(address, self._named) or _is_public(address)


def _is_public(address: Address) -> bool:
    if _is_in(address, _SPECIAL):
        return False
    return address.version == 4 or _is_in(address, _PUBLIC)


def _is_in(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)


def _unwrapped(address: Address) -> Address:
    if address.version == 6 and _is_in(address, _WRAPPING):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
