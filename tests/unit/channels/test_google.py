"""A service account asks for a token by what it signs, and tells nobody its key."""

from __future__ import annotations

import base64
from urllib.parse import parse_qs

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from legato.adapter import Retry
from legato.channels.exchange import HttpAnswer
from legato.channels.google import AccessToken, read_account, read_token, token_request
from legato.channels.push import SCOPE

NOW = 1_772_445_600_000
KEY = rsa.generate_private_key(65_537, 2_048)


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def account_file(**changes: object) -> bytes:
    told = {
        "type": "service_account",
        "project_id": "shoes-7",
        "private_key_id": "k1",
        "private_key": pem(KEY),
        "client_email": "push@shoes-7.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    return msgspec.json.encode({**told, **changes})


def opened(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def test_the_assertion_is_signed_and_says_who_asks_for_what() -> None:
    request = token_request(read_account(account_file()), SCOPE, NOW)
    form = parse_qs(request.body.decode())
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    head, claims, signature = form["assertion"][0].split(".")
    assert msgspec.json.decode(opened(head)) == {"alg": "RS256", "typ": "JWT", "kid": "k1"}
    assert msgspec.json.decode(opened(claims)) == {
        "iss": "push@shoes-7.iam.gserviceaccount.com",
        "scope": SCOPE,
        "aud": "https://oauth2.googleapis.com/token",
        "iat": NOW // 1_000,
        "exp": NOW // 1_000 + 3_600,
    }
    KEY.public_key().verify(
        opened(signature), f"{head}.{claims}".encode(), PKCS1v15(), SHA256()
    )


@pytest.mark.parametrize(
    ("status", "body", "read"),
    [
        (200, b'{"access_token": "t", "expires_in": 3599}', AccessToken("t", NOW + 3_299_000)),
        (200, b'{"access_token": "t", "expires_in": 1}', AccessToken("t", NOW + 60_000)),
        (200, b"<html>", Retry("token_200")),
        (400, b'{"error": "invalid_grant"}', Retry("token_400")),
        (503, b"", Retry("token_503")),
    ],
)
def test_a_token_is_used_until_shortly_before_it_ends(
    status: int, body: bytes, read: object
) -> None:
    assert read_token(HttpAnswer(status, body=body, received=NOW)) == read


@pytest.mark.parametrize(
    "told",
    [
        b"{",
        b"{}",
        b"\xff",
        account_file(private_key="s3cret"),
        account_file(private_key=pem(ec.generate_private_key(ec.SECP256R1()))),
    ],
)
def test_a_file_that_is_none_is_told_without_its_secrets(told: bytes) -> None:
    with pytest.raises(ValueError, match=r"^it") as caught:
        read_account(told)
    assert "s3cret" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_what_is_secret_is_not_shown() -> None:
    account = read_account(account_file())
    assert "PRIVATE" not in repr(account)
    assert "t0ken" not in repr(AccessToken("t0ken", NOW))
