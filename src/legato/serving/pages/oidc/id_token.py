"""An ID token, read and checked (OpenID Connect Core 1.0, section 3.1.3.7)."""

from __future__ import annotations

from typing import Any

from joserfc import jwt
from joserfc.errors import ClaimError, InvalidClaimError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from msgspec import Struct

ALGORITHMS = ("RS256", "ES256", "PS256")
"""Signatures by a key of the provider's alone: never none, nor by a secret that is shared."""
LEEWAY_S = 60


class Expected(Struct, frozen=True):
    """What a token must say: who made it, for whom, and for which sign-in."""

    issuer: str
    client_id: str
    nonce: str


class BadIdToken(Exception):
    """A token that shows nothing; the message says why, without anything that is in it."""


class UnknownKey(Exception):
    """A token is signed by a key that is not known, or not known yet."""


def read_id_token(token: str, keys: KeySet, expected: Expected, now_s: int) -> dict[str, Any]:
    """Read the claims of a token; raises BadIdToken, and UnknownKey to be asked once more."""
    signed = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    try:
        claims = jwt.decode(token, keys, registry=signed).claims
        _rules(expected, now_s).validate(claims)
        _see_rest(claims, expected)
    except InvalidKeyIdError:
        raise UnknownKey from None
    except JoseError as error:
        what = error.claim if isinstance(error, ClaimError) else ""
        raise BadIdToken(f"{error.error} {what}".strip()) from None
    except (ValueError, TypeError) as error:
        raise BadIdToken(type(error).__name__) from None
    return claims


def _rules(expected: Expected, now_s: int) -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        now=now_s,
        leeway=LEEWAY_S,
        iss={"essential": True, "value": expected.issuer},
        aud={"essential": True, "value": expected.client_id},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": expected.nonce},
    )


def _see_rest(claims: dict[str, Any], expected: Expected) -> None:
    """See that the nonce is no list, and that a token for others as well is ours (`azp`)."""
    if claims["nonce"] != expected.nonce:
        raise InvalidClaimError("nonce")
    party, audience = claims.get("azp"), claims["aud"]
    is_shared = isinstance(audience, list) and len(audience) > 1
    if party != expected.client_id and (party is not None or is_shared):
        raise InvalidClaimError("azp")
