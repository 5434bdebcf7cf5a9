"""How a service account of Google gets an access token: by a signed assertion (RFC 7523).

https://developers.google.com/identity/protocols/oauth2/service-account. The signature is by
`cryptography`; Google's own library would send by a client of its own, past the rules that hold
for what goes out.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from functools import lru_cache
from urllib.parse import urlencode

import msgspec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from msgspec import Struct

from legato.adapter import Retry
from legato.channels.exchange import (
    HttpAnswer,
    HttpRequest,
    later,
    read_json,
    retry_after_s,
)
from legato.core.values.time import HOUR, MINUTE, SECOND, Instant, Span

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIVES: Span = HOUR
EARLIER: Span = 5 * MINUTE
"""So long before it ends a token is renewed."""


class ServiceAccount(Struct, frozen=True):
    """What is used of the JSON file that Google gives out."""

    project_id: str
    client_email: str
    private_key: str
    private_key_id: str = ""
    token_uri: str = "https://oauth2.googleapis.com/token"  # noqa: S105 - where one is given

    def __repr__(self) -> str:
        return f"ServiceAccount({self.project_id!r})"


class AccessToken(Struct, frozen=True):
    """A token, and until when it is used."""

    token: str
    until: Instant

    def __repr__(self) -> str:
        return f"AccessToken(until={self.until})"


def read_account(told: bytes) -> ServiceAccount:
    """Read the file; raises ValueError for one that is none, without a word of its secrets."""
    try:
        account = msgspec.json.decode(told, type=ServiceAccount)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise ValueError("it is no JSON file of a service account") from None
    _key_of(account.private_key)
    return account


def token_request(account: ServiceAccount, scope: str, now: Instant) -> HttpRequest:
    """Ask for a token."""
    form = {"grant_type": GRANT, "assertion": _assertion(account, scope, now)}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return HttpRequest(account.token_uri, urlencode(form).encode(), headers)


def read_token(answer: HttpAnswer) -> AccessToken | Retry:
    """Read the token that was given; else when to ask again."""
    try:
        told = msgspec.convert(read_json(answer), _Given)
    except msgspec.ValidationError:
        return later(answer, f"token_{answer.status}")
    if not answer.is_success:
        return Retry(f"token_{answer.status}", retry_after_s(answer))
    lives = max(told.expires_in * SECOND - EARLIER, MINUTE)
    return AccessToken(told.access_token, answer.received + lives)


class _Given(Struct):
    access_token: str
    expires_in: int = 3600


def _assertion(account: ServiceAccount, scope: str, now: Instant) -> str:
    at = now // SECOND
    head = {"alg": "RS256", "typ": "JWT", "kid": account.private_key_id}
    claims = {
        "iss": account.client_email,
        "scope": scope,
        "aud": account.token_uri,
        "iat": at,
        "exp": at + LIVES // SECOND,
    }
    signed = f"{_part(msgspec.json.encode(head))}.{_part(msgspec.json.encode(claims))}"
    signature = _key_of(account.private_key).sign(signed.encode(), PKCS1v15(), SHA256())
    return f"{signed}.{_part(signature)}"


def _part(told: bytes) -> str:
    return urlsafe_b64encode(told).rstrip(b"=").decode()


@lru_cache(maxsize=4)
def _key_of(pem: str) -> RSAPrivateKey:
    """Read a key once: to see that it is sound takes 40 ms, in which nothing else is done."""
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError):
        raise ValueError("its `private_key` is no PEM") from None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("its `private_key` is not of RSA")  # noqa: TRY004 - a value of a file
    return key
