"""Shopify: base64 HMAC-SHA-256 of the body, by the client secret of the app.

https://shopify.dev/docs/apps/build/webhooks/verify-deliveries
"""

from __future__ import annotations

from collections.abc import Sequence

from legato.core.values.time import Instant
from legato.serving.api.signatures.signed import (
    WRONG,
    SignatureScheme,
    SignedRequest,
    Verdict,
    VerifiedDelivery,
    base64_hmac,
    is_one_of,
    missing,
)

HEADER, DELIVERY_ID = "x-shopify-hmac-sha256", "x-shopify-webhook-id"


def verify(request: SignedRequest, secrets: Sequence[str], _: Instant) -> Verdict:
    """Tell whether Shopify sent it. No time is signed, nor the id of the delivery."""
    given = request.headers.get(HEADER, "")
    if not given:
        return missing(HEADER)
    if not is_one_of(given, [base64_hmac(secret, request.body) for secret in secrets]):
        return WRONG
    return VerifiedDelivery(request.headers.get(DELIVERY_ID, ""))


SCHEME = SignatureScheme(name="shopify", header=HEADER, verify=verify)
