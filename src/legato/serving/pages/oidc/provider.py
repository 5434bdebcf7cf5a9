"""What the sign-in service says of itself: where it is asked, and the keys it signs with."""

from __future__ import annotations

import asyncio
import logging
import ssl
import time

import httpx
import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from msgspec import Struct

from legato.serving.pages.oidc.refused import AWAY, SignInRefused
from legato.settings.pages import is_safe_url

log = logging.getLogger(__name__)

WELL_KNOWN = "/.well-known/openid-configuration"
KEPT_S = 3_600.0
"""How long what it said counts before it is asked again."""
ASK_S = 5.0
ANSWER_MOST = 1_000_000


class Endpoints(Struct, frozen=True):
    """Where the service is asked (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)

    @property
    def secret_goes(self) -> str:
        """How our secret goes there: in a header, unless it only takes it in the form."""
        known = self.token_endpoint_auth_methods_supported
        by_form = "client_secret_basic" not in known and "client_secret_post" in known
        return "client_secret_post" if by_form else "client_secret_basic"


_read_endpoints = msgspec.json.Decoder(Endpoints).decode


class Provider:
    """Asks the service, and keeps what it said. All raise SignInRefused where it is away."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self.tls: ssl.SSLContext = httpx.create_ssl_context()
        self._asking = asyncio.Lock()
        self._endpoints: Endpoints | None = None
        self._keys: KeySet | None = None
        self._endpoints_until = self._keys_until = 0.0

    async def endpoints(self) -> Endpoints:
        """Where it is asked."""
        async with self._asking:
            if self._endpoints is None or time.monotonic() >= self._endpoints_until:
                url = self._issuer.rstrip("/") + WELL_KNOWN
                self._endpoints = self._seen(await self._get(url))
                self._endpoints_until = time.monotonic() + KEPT_S
            return self._endpoints

    async def keys(self, *, anew: bool = False) -> KeySet:
        """The keys that it signs with; `anew` where one was used that is not among them."""
        url = (await self.endpoints()).jwks_uri
        async with self._asking:
            if self._keys is None or anew or time.monotonic() >= self._keys_until:
                self._keys = self._read_keys(await self._get(url))
                self._keys_until = time.monotonic() + KEPT_S
            return self._keys

    async def _get(self, url: str) -> bytes:
        try:
            async with (
                asyncio.timeout(ASK_S),
                httpx.AsyncClient(verify=self.tls, timeout=ASK_S) as http,
            ):
                answer = await http.get(url, headers={"Accept": "application/json"})
        except (httpx.HTTPError, OSError) as error:
            raise self._away(type(error).__name__) from None
        if answer.status_code != httpx.codes.OK or len(answer.content) > ANSWER_MOST:
            raise self._away(f"status {answer.status_code}")
        return answer.content

    def _seen(self, told: bytes) -> Endpoints:
        """Read where it is asked, and see that it is who we mean, by ways nobody reads."""
        try:
            found = _read_endpoints(told)
        except msgspec.MsgspecError:
            raise self._away("no OpenID configuration") from None
        if found.issuer != self._issuer:
            raise self._away(f"it calls itself `{found.issuer}`, not as `oidc.issuer` does")
        for url in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
            if not is_safe_url(url):
                raise self._away(f"it is asked at `{url}`, which is not https")
        return found

    def _read_keys(self, told: bytes) -> KeySet:
        try:
            return KeySet.import_key_set(msgspec.json.decode(told))
        except (msgspec.MsgspecError, JoseError, ValueError, TypeError, KeyError):
            raise self._away("no keys that can be read") from None

    def _away(self, why: str) -> SignInRefused:
        log.warning("the sign-in service `%s` is of no use: %s", self._issuer, why)
        return SignInRefused(AWAY)
