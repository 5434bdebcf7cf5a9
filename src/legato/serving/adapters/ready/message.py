"""`use = "message"`: SMS, WhatsApp, Viber and calls, by Twilio or whoever a map describes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec.structs import replace

from legato.adapter import Action, Deliver, Failed, Result, Retry, Setup
from legato.channels.message import CHANNELS, MessageOptions
from legato.channels.outgoing import Outgoing, Translator
from legato.channels.wording import needs_window
from legato.serving.adapters.ready.last_written import LastWritten, ViewAway
from legato.serving.adapters.ready.sending import (
    now_ms,
    outbound_of,
    parts_of,
    see_content,
    send,
)
from legato.settings import Settings
from legato.transports.http import HttpClient
from legato.transports.secrets import read_secret

CONTENT = True
"""Without it there is nothing to say."""
Options = MessageOptions
__all__ = ["CHANNELS", "CONTENT", "Options", "connect"]


@asynccontextmanager
async def connect(setup: Setup) -> AsyncIterator[Deliver]:
    """Open the client, and deliver by it; raises SettingsError."""
    see_content(setup)
    options: MessageOptions = setup.options
    secret = read_secret(options.secret, f"the secret of the adapter `{setup.name}`")
    settings = setup.settings if isinstance(setup.settings, Settings) else Settings()
    async with HttpClient(outbound_of(setup)) as http, LastWritten(settings) as written:
        adapter = _Messages(setup, http, options.translator(secret), written)
        yield adapter.deliver


class _Messages:
    def __init__(
        self, setup: Setup, http: HttpClient, translator: Translator, written: LastWritten
    ) -> None:
        self._setup, self._http = setup, http
        self._translator, self._written = translator, written

    async def deliver(self, action: Action) -> Result:
        """Send one message; of WhatsApp, within what it takes at this time."""
        parts = await parts_of(self._setup, action)
        if isinstance(parts, Failed | Retry):
            return parts
        outgoing = await self._dated(Outgoing(action, parts, now_ms()))
        if isinstance(outgoing, Retry):
            return outgoing
        return await send(self._http, self._translator, outgoing)

    async def _dated(self, outgoing: Outgoing) -> Outgoing | Retry:
        """Say when the customer last wrote, where that matters.

        While the view is away nobody knows: what has an approved template goes out by that.
        """
        if not needs_window(outgoing):
            return outgoing
        try:
            return replace(outgoing, written=await self._written.of(outgoing.action))
        except ViewAway:
            return outgoing if outgoing.parts.get("template") else Retry("view_away")
