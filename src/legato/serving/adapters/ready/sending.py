"""What ready-made adapters do alike: have the content made, send, and read what came of it."""

from __future__ import annotations

import time
from collections.abc import Mapping

from legato.adapter import Action, Failed, Result, Retry, Setup
from legato.channels.outgoing import Outgoing, Translator
from legato.channels.wording import NO_CONTENT
from legato.core.values.time import Instant
from legato.settings import OutboundSettings, Settings, SettingsError
from legato.transports.http import HttpClient, HttpFault

OURS = frozenset(("bad_request",))
"""Faults that no other try mends."""


def outbound_of(setup: Setup) -> OutboundSettings:
    """Where requests of this deployment may go."""
    settings = setup.settings
    return settings.outbound if isinstance(settings, Settings) else OutboundSettings()


async def parts_of(setup: Setup, action: Action) -> Mapping[str, str] | Failed | Retry:
    """Have an action's content made; none where none is set."""
    return {} if setup.content is None else await setup.content.render(action)


async def parts_if_any(setup: Setup, action: Action) -> Mapping[str, str] | Failed | Retry:
    """The same for what goes out without content as well."""
    parts = await parts_of(setup, action)
    return {} if parts == NO_CONTENT else parts


async def send(http: HttpClient, translator: Translator, outgoing: Outgoing) -> Result:
    """Send an action, and say what came of it."""
    request = translator.request(outgoing)
    if isinstance(request, Failed):
        return request
    try:
        return translator.result(await http.send(request))
    except HttpFault as fault:
        return Failed(fault.reason) if fault.reason in OURS else Retry(fault.reason)


def see_content(setup: Setup) -> None:
    """Refuse to start an adapter that could say nothing; raises SettingsError."""
    if setup.content is None:
        raise nothing_to_say(setup)


def nothing_to_say(setup: Setup) -> SettingsError:
    """Say what an adapter without content lacks."""
    return SettingsError(f"the adapter `{setup.name}` has nothing to say; set `[content]`")


def now_ms() -> Instant:
    """The time of day; here is where it comes in."""
    return time.time_ns() // 1_000_000
