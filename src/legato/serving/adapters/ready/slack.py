"""`use = "slack"`: a message in a channel of Slack, by its incoming webhook."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from legato.adapter import Action, Deliver, Failed, Result, Retry, Setup
from legato.channels.outgoing import Outgoing
from legato.channels.slack import SlackOptions, SlackTranslator
from legato.serving.adapters.ready.sending import now_ms, outbound_of, parts_if_any, send
from legato.transports.http import HttpClient
from legato.transports.secrets import read_secret

CONTENT = True
Options = SlackOptions
__all__ = ["CONTENT", "Options", "connect"]


@asynccontextmanager
async def connect(setup: Setup) -> AsyncIterator[Deliver]:
    """Open the client, and deliver by it; raises SettingsError."""
    options: SlackOptions = setup.options
    url = read_secret(options.url, f"the url of the adapter `{setup.name}`")
    translator = SlackTranslator(url)
    async with HttpClient(outbound_of(setup)) as http:

        async def deliver(action: Action) -> Result:
            parts = await parts_if_any(setup, action)
            if isinstance(parts, Failed | Retry):
                return parts
            return await send(http, translator, Outgoing(action, parts, now_ms()))

        yield deliver
