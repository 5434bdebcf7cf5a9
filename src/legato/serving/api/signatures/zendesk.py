"""Zendesk: base64 HMAC-SHA-256 of the time, as it is written, and the body.

https://developer.zendesk.com/documentation/webhooks/verifying/
"""

from __future__ import annotations

from collections.abc import Sequence

from legato.core.values.time import Instant, read_instant
from legato.serving.api.signatures.signed import (
    WRONG,
    SignatureRefused,
    SignatureScheme,
    SignedRequest,
    Verdict,
    VerifiedDelivery,
    base64_hmac,
    is_one_of,
    timed_signature,
)

HEADER, TIME = "x-zendesk-webhook-signature", "x-zendesk-webhook-signature-timestamp"
DELIVERY_ID = "x-zendesk-webhook-invocation-id"


def verify(request: SignedRequest, secrets: Sequence[str], now: Instant) -> Verdict:
    """Tell whether Zendesk sent it, just now. The id of the delivery is not signed."""
    told = timed_signature(request, HEADER, TIME, _instant, now)
    if isinstance(told, SignatureRefused):
        return told
    if not is_one_of(told.given, [base64_hmac(secret, told.message) for secret in secrets]):
        return WRONG
    return VerifiedDelivery(request.headers.get(DELIVERY_ID, ""))


def _instant(text: str) -> Instant | None:
    try:
        return read_instant(text)
    except (ValueError, OverflowError):
        return None


SCHEME = SignatureScheme(name="zendesk", header=HEADER, verify=verify)
