"""Where the events of a forwarder go."""

from __future__ import annotations

from legato.core.context.context import Context
from legato.core.identity.device_logins import had_device, latest_login
from legato.core.identity.state import DeviceLogin, IdentityState
from legato.core.linking.outbox import Outbox
from legato.core.linking.outcomes import when_it_counts
from legato.core.values.time import Instant


def send_on(
    desk: Outbox, context: Context, identity: IdentityState, claims: tuple[DeviceLogin, ...]
) -> None:
    """Send the events that wait to whom they belong; their ids are counted there."""
    for each in context.waiting:
        event = desk.codec.read_event(each.event)
        event.customer_id = target(identity, claims, when_it_counts(event))
        if event.authenticated is False and identity.device_logins:
            event.identifiers = {
                kind: value
                for kind, value in (event.identifiers or {}).items()
                if desk.rules.is_device(kind)
            }
        desk.sent.append(event)
    context.waiting, context.seen = (), bytearray()


def target(identity: IdentityState, claims: tuple[DeviceLogin, ...], time: Instant) -> str:
    """Where an event of this time goes: a device's to who had it then, by all known claims."""
    last = latest_login(identity.device_logins)
    if last is None:
        return identity.forward
    by = had_device(claims, time)
    return identity.forward if by == last.by else by
