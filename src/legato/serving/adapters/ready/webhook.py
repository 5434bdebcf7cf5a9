"""`use = "webhook"`: actions to a URL of one's own, signed as Standard Webhooks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from legato.adapter import Action, Deliver, Failed, Result, Retry, Setup
from legato.channels.outgoing import Outgoing
from legato.channels.webhook import WebhookOptions, WebhookTranslator, fault_of_secret
from legato.serving.adapters.ready.sending import now_ms, outbound_of, parts_if_any, send
from legato.settings import SettingsError
from legato.transports.http import HttpClient
from legato.transports.secrets import read_secret

Options = WebhookOptions
__all__ = ["Options", "connect"]


@asynccontextmanager
async def connect(setup: Setup) -> AsyncIterator[Deliver]:
    """Read the secrets, open the client, and deliver by it; raises SettingsError."""
    options: WebhookOptions = setup.options
    url = read_secret(options.url, f"the url of the adapter `{setup.name}`")
    translator = WebhookTranslator(url, tuple(_secret(setup, told) for told in options.secrets))
    async with HttpClient(outbound_of(setup)) as http:

        async def deliver(action: Action) -> Result:
            parts = await parts_if_any(setup, action)
            if isinstance(parts, Failed | Retry):
                return parts
            return await send(http, translator, Outgoing(action, parts, now_ms()))

        yield deliver


def _secret(setup: Setup, told: str) -> str:
    what = f"a secret of the adapter `{setup.name}`"
    secret = read_secret(told, what)
    if fault := fault_of_secret(secret):
        raise SettingsError(f"{what} {fault}")
    return secret
