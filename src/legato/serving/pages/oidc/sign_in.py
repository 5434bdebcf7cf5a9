"""Sign-in by OpenID Connect: the code flow with PKCE (RFC 7636), state and nonce.

What was begun waits in Redis, once and for ten minutes, under the hash of a cookie: so it is
finished by the browser that began it, or not at all.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
import time
import warnings
from collections.abc import Mapping
from hmac import compare_digest
from typing import Any

import authlib.deprecate
import httpx
import msgspec
from msgspec import Struct

from legato.queries.rights import User
from legato.serving.api.customers import Customers
from legato.serving.pages.going_on import going_on_to
from legato.serving.pages.oidc.claimed import see_roles, user_of
from legato.serving.pages.oidc.id_token import BadIdToken, Expected, UnknownKey, read_id_token
from legato.serving.pages.oidc.provider import ASK_S, Endpoints, Provider
from legato.serving.pages.oidc.refused import (
    AWAY,
    NOT_BEGUN_HERE,
    NOT_CONFIRMED,
    SignInRefused,
)
from legato.settings import OidcSettings, read_secret

with warnings.catch_warnings():
    # It would rather have httpx2, and says so to whoever imports it.
    warnings.simplefilter("ignore", authlib.deprecate.AuthlibDeprecationWarning)
    from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuthError

log = logging.getLogger(__name__)

SIGN_IN_COOKIE = "__Host-legato-sign-in"
BEGUN_S = 600
"""How long somebody may take at the sign-in service."""
SECRET_BYTES, VERIFIER_BYTES = 32, 48
COOKIE_MOST = 100


class _Begun(Struct, frozen=True):
    """What waits for whoever was sent to the sign-in service."""

    state: str
    nonce: str
    verifier: str
    go_to: str


_encode = msgspec.json.Encoder().encode
_read = msgspec.json.Decoder(_Begun).decode


class OidcSignIn:
    """Sends people to the sign-in service, and reads whom it sends back.

    All raise SignInRefused with what to tell them, and Problem (503) where Redis is away.
    """

    def __init__(self, settings: OidcSettings, customers: Customers) -> None:
        """Look at the settings; raises SettingsError. The service is asked once needed."""
        self._settings, self._customers = settings, customers
        see_roles(settings)
        self._secret()
        self._provider = Provider(settings.issuer)

    async def begin(self, go_to: str) -> tuple[str, str]:
        """Where to send somebody, and what their cookie `SIGN_IN_COOKIE` is to say.

        `go_to` is the page that they come to afterwards, if it is one of ours.
        """
        state, nonce, cookie = (secrets.token_urlsafe(SECRET_BYTES) for _ in range(3))
        begun = _Begun(state, nonce, secrets.token_urlsafe(VERIFIER_BYTES), going_on_to(go_to))
        endpoints = await self._provider.endpoints()
        async with self._client(endpoints) as client:
            url, _ = client.create_authorization_url(
                endpoints.authorization_endpoint,
                state=state,
                nonce=nonce,
                code_verifier=begun.verifier,
            )
        await self._customers.ask("SET", self._name(cookie), _encode(begun), "EX", BEGUN_S)
        return url, cookie

    async def finish(self, params: Mapping[str, str], cookie: str) -> tuple[User, str]:
        """Who came back with these parameters and this cookie, and where they go on."""
        begun = await self._begun(params.get("state", ""), cookie)
        code = params.get("code", "")
        if not code or params.get("iss", self._settings.issuer) != self._settings.issuer:
            raise _refused("the service sent no code, or is another")
        token = await self._token(code, begun.verifier)
        expected = Expected(self._settings.issuer, self._settings.client_id, begun.nonce)
        claims = await self._claims(token, expected)
        return user_of(claims, self._settings), begun.go_to

    async def _begun(self, state: str, cookie: str) -> _Begun:
        """Take what was begun, so that nobody finishes it again."""
        kept = None
        if cookie and len(cookie) <= COOKIE_MOST:
            kept = await self._customers.ask("GETDEL", self._name(cookie))
        begun = None if kept is None else _read(kept)
        if begun is None or not compare_digest(begun.state.encode(), state.encode()):
            raise SignInRefused(NOT_BEGUN_HERE)
        return begun

    async def _token(self, code: str, verifier: str) -> str:
        """Exchange a code for an ID token."""
        endpoints = await self._provider.endpoints()
        try:
            async with asyncio.timeout(ASK_S), self._client(endpoints) as client:
                told = await client.fetch_token(
                    endpoints.token_endpoint,
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=verifier,
                )
        except OAuthError as error:
            raise _refused(f"the service says `{error.error}`") from None
        except (httpx.HTTPError, OSError, ValueError) as error:
            log.warning("the sign-in service does not answer: %s", type(error).__name__)
            raise SignInRefused(AWAY) from None
        token = told.get("id_token")
        if not isinstance(token, str):
            raise _refused("the service sent no ID token")
        return token

    async def _claims(self, token: str, expected: Expected) -> dict[str, Any]:
        """Read a token; its key may be new, so the keys are asked for once more."""
        try:
            try:
                keys = await self._provider.keys()
                return read_id_token(token, keys, expected, _now_s())
            except UnknownKey:
                keys = await self._provider.keys(anew=True)
                return read_id_token(token, keys, expected, _now_s())
        except UnknownKey:
            raise _refused("no key of the service signed the token") from None
        except BadIdToken as error:
            raise _refused(f"the token is no good: {error}") from None

    def _client(self, endpoints: Endpoints) -> Any:  # noqa: ANN401 - Authlib has no types
        secret = self._secret()
        return AsyncOAuth2Client(
            self._settings.client_id,
            secret or None,
            token_endpoint_auth_method=endpoints.secret_goes if secret else "none",
            scope=" ".join(self._settings.scopes),
            redirect_uri=self._settings.redirect_url,
            code_challenge_method="S256",
            verify=self._provider.tls,
            timeout=ASK_S,
        )

    def _secret(self) -> str:
        """Our secret at the service, as it is now; raises SettingsError."""
        return read_secret(self._settings.client_secret, "`oidc.client_secret`")

    def _name(self, cookie: str) -> str:
        return self._customers.keys.sign_in(hashlib.sha256(cookie.encode()).hexdigest())


def _refused(why: str) -> SignInRefused:
    log.warning("a sign-in was refused: %s", why)
    return SignInRefused(NOT_CONFIRMED)


def _now_s() -> int:
    return int(time.time())
