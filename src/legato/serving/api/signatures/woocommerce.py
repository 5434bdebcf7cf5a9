"""WooCommerce: base64 HMAC-SHA-256 of the body, by the webhook's secret.

https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks. As a webhook is saved,
WooCommerce posts `webhook_id=N` without a signature, and shows an error unless it reads 200.
The delivery id is made of the webhook and the second: all that is sent in one second bears it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from legato.core.values.time import Instant
from legato.serving.api.ingest.events import content_id
from legato.serving.api.signatures.signed import (
    WRONG,
    SignatureScheme,
    SignedRequest,
    VendorPing,
    Verdict,
    VerifiedDelivery,
    base64_hmac,
    is_one_of,
    missing,
)

HEADER, DELIVERY_ID = "x-wc-webhook-signature", "x-wc-webhook-delivery-id"
_PING = re.compile(rb"webhook_id=[0-9]{1,20}")


def verify(request: SignedRequest, secrets: Sequence[str], _: Instant) -> Verdict:
    """Tell whether WooCommerce sent it. No time is signed, nor the id of the delivery."""
    given = request.headers.get(HEADER, "")
    if not given:
        return VendorPing() if _PING.fullmatch(request.body) else missing(HEADER)
    if not is_one_of(given, [base64_hmac(secret, request.body) for secret in secrets]):
        return WRONG
    told = request.headers.get(DELIVERY_ID, "").strip()
    return VerifiedDelivery(f"{told}:{content_id(request.body)}" if told else "")


SCHEME = SignatureScheme(name="woocommerce", header=HEADER, verify=verify, pings=True)
