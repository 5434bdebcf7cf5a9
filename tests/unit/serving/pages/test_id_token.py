"""An ID token lets somebody in only as the standard says, whatever else it is like."""

from __future__ import annotations

import base64
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, Key, KeySet, RSAKey

from legato.serving.pages.oidc.id_token import (
    LEEWAY_S,
    BadIdToken,
    Expected,
    UnknownKey,
    read_id_token,
)

NOW = 1_772_438_400
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
CURVE = ECKey.generate_key("P-256", {"kid": "curve"})
STRANGER = RSAKey.generate_key(2048, {"kid": "rsa"})
KEYS = KeySet([RSA, CURVE])
EXPECTED = Expected("https://id.example", "legato", "n-0S6")
CLAIMS = {
    "iss": "https://id.example",
    "aud": "legato",
    "sub": "7f3a",
    "exp": NOW + 300,
    "iat": NOW,
    "nonce": "n-0S6",
}


def signed(
    alg: str = "RS256", key: Key = RSA, kid: str = "rsa", told: dict[str, object] | None = None
) -> str:
    every = {**CLAIMS, **(told or {})}
    claims = {name: each for name, each in every.items() if each is not None}
    return jwt.encode({"alg": alg, "kid": kid}, claims, key, algorithms=[alg])


def read(token: str) -> dict[str, object]:
    return read_id_token(token, KEYS, EXPECTED, NOW)


@pytest.mark.parametrize(
    ("alg", "key", "kid"),
    [("RS256", RSA, "rsa"), ("PS256", RSA, "rsa"), ("ES256", CURVE, "curve")],
)
def test_a_token_is_read(alg: str, key: Key, kid: str) -> None:
    assert read(signed(alg, key, kid)) == CLAIMS


@pytest.mark.parametrize(
    "told",
    [
        {"aud": ["legato"]},
        {"aud": ["legato", "other"], "azp": "legato"},
        {"azp": "legato"},
        {"exp": NOW - LEEWAY_S + 1},
        {"iat": NOW + LEEWAY_S},
        {"nbf": NOW + LEEWAY_S},
    ],
)
def test_what_the_standard_allows_is_read(told: dict[str, object]) -> None:
    assert read(signed(told=told))["sub"] == "7f3a"


@pytest.mark.parametrize(
    "told",
    [
        {"iss": "https://evil.example"},
        {"iss": "https://id.example/"},
        {"iss": None},
        {"iss": ["https://id.example"]},
        {"aud": "other"},
        {"aud": []},
        {"aud": ["other"]},
        {"aud": None},
        {"aud": ["legato", "other"]},
        {"aud": ["legato", "other"], "azp": "other"},
        {"azp": "other"},
        {"azp": ""},
        {"nonce": "another"},
        {"nonce": None},
        {"nonce": ["n-0S6"]},
        {"exp": NOW - LEEWAY_S},
        {"exp": None},
        {"exp": "soon"},
        {"iat": NOW + LEEWAY_S + 1},
        {"iat": None},
        {"nbf": NOW + LEEWAY_S + 1},
        {"sub": None},
        {"sub": 7},
        {"sub": ""},
    ],
)
def test_a_token_of_something_else_is_refused(told: dict[str, object]) -> None:
    with pytest.raises(BadIdToken) as refused:
        read(signed(told=told))
    assert "evil" not in str(refused.value)


def test_a_token_of_another_key_is_refused() -> None:
    with pytest.raises(BadIdToken, match="bad_signature"):
        read(signed(key=STRANGER))
    with pytest.raises(UnknownKey):
        read(signed(kid="new"))
    with pytest.raises(BadIdToken):
        read(signed("ES256", CURVE, "rsa"))


def part(told: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "alg", ["none", "None", "NONE", "", "HS256", "RS384", None, 7, ["RS256"]]
)
def test_a_token_that_nobody_signed_is_refused(alg: object) -> None:
    token = f"{part({'alg': alg, 'kid': 'rsa'})}.{part(CLAIMS)}."
    with pytest.raises(BadIdToken):
        read(token)
    with pytest.raises(BadIdToken):
        read(token + signed().rpartition(".")[2])


def test_the_public_key_is_no_shared_secret() -> None:
    """The oldest trick: a token signed by HMAC with what everybody knows."""
    told = f"{part({'alg': 'HS256', 'kid': 'rsa'})}.{part(CLAIMS)}"
    by = hmac.digest(RSA.as_pem(private=False), told.encode(), "sha256")
    with pytest.raises(BadIdToken, match="unsupported_algorithm"):
        read(f"{told}.{base64.urlsafe_b64encode(by).rstrip(b'=').decode()}")


def test_a_token_brings_no_key_of_its_own() -> None:
    header = {"alg": "RS256", "kid": "rsa", "jwk": STRANGER.as_dict(private=False)}
    with pytest.raises(BadIdToken):
        read(jwt.encode(header, dict(CLAIMS), STRANGER))


def test_what_must_be_understood_and_is_not_is_refused() -> None:
    header = {"alg": "RS256", "kid": "rsa", "crit": ["x"], "x": 1}
    token = f"{part(header)}.{part(CLAIMS)}.{signed().rpartition('.')[2]}"
    with pytest.raises(BadIdToken):
        read(token)


@given(st.text(max_size=40) | st.text(".eyJ0", max_size=30))
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(BadIdToken):
        read(text)


@given(st.data())
def test_a_token_with_a_letter_changed_is_refused(data: st.DataObject) -> None:
    token = signed()
    at = data.draw(st.integers(0, len(token) - 3))  # the last may have bits that do not count
    letter = data.draw(st.sampled_from("ABCxyz019-_."))
    changed = token[:at] + letter + token[at + 1 :]
    if changed != token:
        with pytest.raises((BadIdToken, UnknownKey)):
            read(changed)
