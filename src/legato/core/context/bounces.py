"""Which addresses take nothing any more: event time decides, not what is heard of first.

An address is dead from its last hard bounce on, until the customer says anew that they can be
reached there. Either may be heard of late, so both times are kept.
"""

from __future__ import annotations

from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.events.payloads import ActionFeedback, BouncePayload
from legato.core.values.time import LONG_AGO, Instant

ADDRESSES_MOST = 16
"""Of how many addresses a customer remembers when they were given, or died: the newest."""
GONE = frozenset(("no_such_address", "no_such_device"))
"""Reasons of a failure by which an address takes nothing any more, whatever is sent there."""
_NO_ADDRESSES = frozenset(("user_id", "loyalty_id", "anonymous_id"))
_ADDRESSES = {
    "email": ("email",),
    "sms": ("phone",),
    "voice": ("phone",),
    "viber": ("viber_id", "phone"),
    "whatsapp": ("whatsapp_id", "phone"),
    "mobile": ("device_id",),
}
_ANY_ADDRESS = ("email", "phone", "whatsapp_id", "viber_id")


def bounced_address(context: Context, event: Event, bounce: BouncePayload) -> str:
    """Name the address that a message came back from; empty if nobody says.

    An action that is known went to its own, however the event spells that.
    """
    for each in context.actions:
        if each.action_id == bounce.action_id and each.address:
            return each.address
    given = event.identifiers or {}
    kinds = _ADDRESSES.get(event.channel, _ANY_ADDRESS)
    return next((given[kind] for kind in kinds if kind in given), "")


def bounce_of(event: Event, news: ActionFeedback) -> BouncePayload | None:
    """Read an outcome as a hard bounce, where it says that nobody is reached there any more."""
    if event.type != "action.failed" or news.reason not in GONE:
        return None
    return BouncePayload(hard=True, action_id=news.action_id)


def note_bounce(context: Context, event: Event, bounce: BouncePayload) -> None:
    """Take an address for dead, unless it was given since."""
    address, time = bounced_address(context, event, bounce), event.time
    if address and context.given.get(address, LONG_AGO) <= time:
        since = max(time, context.bounced.get(address, time))
        context.bounced = _newest({**context.bounced, address: since})


def give_addresses(context: Context, time: Instant, identifiers: dict[str, str]) -> None:
    """Note that whoever is named so can be reached there, also where messages came back."""
    given, bounced = context.given, context.bounced
    for kind, address in identifiers.items():
        if kind not in _NO_ADDRESSES and given.get(address, LONG_AGO) < time:
            given[address] = time
        if bounced and bounced.get(address, time) < time:
            del bounced[address]
    if len(given) > ADDRESSES_MOST:
        context.given = _newest(given)


def unite_bounces(united: Context, ours: Context, theirs: Context) -> None:
    """Give a context what both know: an address that one gave last is alive for both."""
    united.given = _newest(_later(ours.given, theirs.given))
    bounced = _later(ours.bounced, theirs.bounced)
    united.bounced = _newest(
        {
            address: since
            for address, since in bounced.items()
            if united.given.get(address, LONG_AGO) <= since
        }
    )


def _later(ours: dict[str, Instant], theirs: dict[str, Instant]) -> dict[str, Instant]:
    both = {each: max(ours[each], theirs[each]) for each in ours.keys() & theirs.keys()}
    return ours | theirs | both


def _newest(times: dict[str, Instant]) -> dict[str, Instant]:
    newest = sorted(times.items(), key=_by_time)
    return dict(newest[-ADDRESSES_MOST:])


def _by_time(address_at: tuple[str, Instant]) -> tuple[Instant, str]:
    address, time = address_at
    return time, address
