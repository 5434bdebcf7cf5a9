"""`use = "push"`: notifications by Firebase Cloud Messaging."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from legato.adapter import Action, Deliver, Failed, Result, Retry, Setup
from legato.channels.google import (
    AccessToken,
    ServiceAccount,
    read_account,
    read_token,
    token_request,
)
from legato.channels.outgoing import Outgoing
from legato.channels.push import CHANNELS, SCOPE, PushOptions, PushTranslator
from legato.serving.adapters.ready.sending import (
    now_ms,
    outbound_of,
    parts_of,
    see_content,
    send,
)
from legato.settings import SettingsError
from legato.transports.http import HttpClient, HttpFault
from legato.transports.secrets import read_file

CONTENT = True
"""Without it there is nothing to say."""
Options = PushOptions
__all__ = ["CHANNELS", "CONTENT", "Options", "connect"]


@asynccontextmanager
async def connect(setup: Setup) -> AsyncIterator[Deliver]:
    """Read the account, open the client, and deliver by it; raises SettingsError."""
    see_content(setup)
    options: PushOptions = setup.options
    account = _account(setup, Path(options.credentials))
    async with HttpClient(outbound_of(setup)) as http:
        tokens = TokenKeeper(http, account)

        async def deliver(action: Action) -> Result:
            parts = await parts_of(setup, action)
            if isinstance(parts, Failed | Retry):
                return parts
            token = await tokens.token()
            if isinstance(token, Retry):
                return token
            translator = PushTranslator(options, account.project_id, token)
            result = await send(http, translator, Outgoing(action, parts, now_ms()))
            if result == Retry("unauthorized"):
                tokens.forget(token)
            return result

        yield deliver


class TokenKeeper:
    """Has one access token: asked for when first needed, and again shortly before its end."""

    def __init__(self, http: HttpClient, account: ServiceAccount) -> None:
        self._http, self._account = http, account
        self._token = AccessToken("", 0)
        self._asking = asyncio.Lock()

    async def token(self) -> str | Retry:
        """The token; or when to come again, where none is given out."""
        async with self._asking:
            if self._token.until <= now_ms():
                found = await self._ask()
                if isinstance(found, Retry):
                    return found
                self._token = found
            return self._token.token

    def forget(self, token: str) -> None:
        """Ask for another next time: this one is not taken."""
        if token == self._token.token:
            self._token = AccessToken("", 0)

    async def _ask(self) -> AccessToken | Retry:
        try:
            answer = await self._http.send(token_request(self._account, SCOPE, now_ms()))
        except HttpFault as fault:
            return Retry(fault.reason)
        return read_token(answer)


def _account(setup: Setup, path: Path) -> ServiceAccount:
    what = f"the credentials of the adapter `{setup.name}`"
    try:
        return read_account(read_file(path, what))
    except ValueError as error:
        if isinstance(error, SettingsError):
            raise
        raise SettingsError(f"{what} in `{path}`: {error}") from None
