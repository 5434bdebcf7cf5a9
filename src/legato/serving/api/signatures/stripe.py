"""Stripe: hexadecimal HMAC-SHA-256 of `t.body`, in `Stripe-Signature: t=…,v1=…,v1=…`.

https://docs.stripe.com/webhooks/signature. While a secret is rolled, each of the two has a `v1`
of its own. The secret is all of `whsec_…`. Each attempt is signed anew.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from legato.core.values.time import Instant
from legato.serving.api.signatures.signed import (
    UNTIMELY,
    WRONG,
    SignatureScheme,
    SignedRequest,
    Verdict,
    VerifiedDelivery,
    hex_hmac,
    is_one_of,
    is_timely,
    missing,
    read_seconds,
)

HEADER = "stripe-signature"


class _StripeEvent(Struct, gc=False):
    id: str = ""


_decode = msgspec.json.Decoder(_StripeEvent).decode


def verify(request: SignedRequest, secrets: Sequence[str], now: Instant) -> Verdict:
    """Tell whether Stripe sent it, just now."""
    parts = [part.strip().partition("=") for part in request.headers.get(HEADER, "").split(",")]
    sent = next((value for name, _, value in parts if name == "t"), "")
    given = [value for name, _, value in parts if name == "v1"]
    signed = read_seconds(sent)
    if signed is None or not given:
        return missing(HEADER)
    if not is_timely(signed, now):
        return UNTIMELY
    message = f"{sent}.".encode() + request.body
    expected = [hex_hmac(secret, message) for secret in secrets]
    if not any([is_one_of(each, expected) for each in given]):
        return WRONG
    return VerifiedDelivery(_id_of(request.body))


def _id_of(body: bytes) -> str:
    """Read what Stripe calls the event."""
    try:
        return _decode(body).id
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""


SCHEME = SignatureScheme(name="stripe", header=HEADER, verify=verify, prefix="stripe-")
