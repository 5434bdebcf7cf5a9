"""A request goes to no address of this network's own, in whatever spelling."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legato.settings import OutboundSettings
from legato.transports.addresses import AddressRules

PUBLIC = AddressRules(OutboundSettings())

FORBIDDEN = {
    "this network": "0.0.0.0",
    "10/8": "10.0.0.1",
    "carrier-grade NAT": "100.64.0.1",
    "its end": "100.127.255.255",
    "loopback": "127.0.0.1",
    "all of loopback": "127.255.255.254",
    "the metadata of clouds": "169.254.169.254",
    "of containers": "169.254.170.2",
    "172.16/12": "172.16.0.1",
    "its end, too": "172.31.255.255",
    "192.168/16": "192.168.1.1",
    "of Oracle": "192.0.0.192",
    "documentation": "192.0.2.1",
    "benchmarks": "198.18.0.1",
    "multicast": "224.0.0.251",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "nothing": "::",
    "loopback of IPv6": "::1",
    "link-local": "fe80::1",
    "link-local with its zone": "fe80::1%eth0",
    "site-local": "fec0::1",
    "unique local": "fd12:3456::1",
    "the metadata of AWS by IPv6": "fd00:ec2::254",
    "multicast of IPv6": "ff02::1",
    "loopback, mapped": "::ffff:127.0.0.1",
    "metadata, mapped": "::ffff:a9fe:a9fe",
    "loopback, compatible": "::127.0.0.1",
    "10/8 by NAT64": "64:ff9b::a00:1",
    "metadata by NAT64": "64:ff9b::169.254.169.254",
    "NAT64 of one's own": "64:ff9b:1::1",
    "loopback by 6to4": "2002:7f00:1::",
    "Teredo": "2001:0:7f00:1::",
    "documentation of IPv6": "2001:db8::1",
    "discard": "100::1",
    "no address": "localhost",
    "a number": "2130706433",
    "an octal": "0177.0.0.1",
    "less than an address": "127.1",
}


@pytest.mark.parametrize("address", FORBIDDEN.values(), ids=FORBIDDEN)
def test_forbidden(address: str) -> None:
    assert not PUBLIC.allow(address)


@pytest.mark.parametrize(
    "address",
    [
        *("93.184.216.34", "172.32.0.1", "100.128.0.1", "169.253.255.255", "223.255.255.255"),
        *("2606:2800:220:1::1", "2a00:1450:4001::1", "::ffff:93.184.216.34"),
        "64:ff9b::93.184.216.34",
    ],
)
def test_allowed(address: str) -> None:
    assert PUBLIC.allow(address)


ANY = st.integers(0, 2**32 - 1).map(IPv4Address) | st.integers(0, 2**128 - 1).map(IPv6Address)
NEAR = st.sampled_from([each for each in FORBIDDEN.values() if each.count(".") == 3]).map(
    lambda told: ip_address(told) if told[:2] != "01" else ip_address("127.0.0.1")
)


@given(ANY | NEAR, st.integers(-300, 300))
def test_nothing_is_let_through_that_python_does_not_call_global(
    address: IPv4Address | IPv6Address, off: int
) -> None:
    moved = max(int(address) + off, 0)
    told = IPv4Address(moved % 2**32) if address.version == 4 else IPv6Address(moved % 2**128)
    if PUBLIC.allow(str(told)):
        assert told.is_global
        assert not told.is_multicast


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_what_is_wrapped_counts_as_what_is_within(address: IPv4Address) -> None:
    allowed = PUBLIC.allow(str(address))
    assert PUBLIC.allow(f"::ffff:{address}") is allowed
    assert PUBLIC.allow(f"64:ff9b::{address}") is allowed


def test_settings_open_networks_but_never_where_clouds_tell_secrets() -> None:
    told = OutboundSettings(networks=("10.20.0.0/16", "0.0.0.0/0", "::/0"), loopback=True)
    rules = AddressRules(told)
    assert rules.allow("10.20.3.4")
    assert rules.allow("127.0.0.1")
    assert rules.allow("::1")
    assert not rules.allow("169.254.169.254")
    assert not rules.allow("::ffff:169.254.169.254")
    assert not rules.allow("fd00:ec2::254")
    assert not AddressRules(OutboundSettings(networks=("10.20.0.0/16",))).allow("10.21.0.1")
