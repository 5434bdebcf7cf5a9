"""The channels of a playbook that declares none: those that it names, as Legato ships them."""

from __future__ import annotations

from collections.abc import Iterator

from legato.core.playbook.definition import ChannelSpec
from legato.core.playbook.schema import PlaybookText

USUAL = {
    each.name: each
    for each in (
        ChannelSpec("email", ("email",)),
        ChannelSpec("mobile", ("device_id", "user_id", "loyalty_id")),
        ChannelSpec("sms", ("phone",)),
        ChannelSpec("whatsapp", ("whatsapp_id", "phone")),
        *(ChannelSpec(name, pull=True) for name in ("web", "store", "call", "chat")),
    )
}
"""As the default playbook declares them."""


def channels_of(written: PlaybookText) -> dict[str, ChannelSpec]:
    """Return the channels that are declared; if none is, the usual ones that are named."""
    if written.channels:
        return {
            name: ChannelSpec(name, channel.address, channel.pull)
            for name, channel in written.channels.items()
        }
    named = {*_named(written)}
    return {name: channel for name, channel in USUAL.items() if name in named}


def _named(written: PlaybookText) -> Iterator[str]:
    """Name every channel that something in a playbook is about."""
    for section in (
        written.actions,
        written.caps,
        written.cooldowns,
        written.suppress,
        written.holdouts,
    ):
        yield from (each.channel for each in section.values())
    yield from written.capacity
    yield from written.rate
    if written.quiet_hours is not None:
        yield from written.quiet_hours.channels
