"""Standard Webhooks 1.0, symmetric (`v1`): by the library of those who wrote the standard.

https://github.com/standard-webhooks/standard-webhooks. Each attempt is signed anew, and its id
stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook

from legato.channels.webhook import fault_of_secret
from legato.core.values.time import SECOND, Instant
from legato.serving.api.signatures.signed import (
    UNTIMELY,
    WRONG,
    SignatureScheme,
    SignedRequest,
    Verdict,
    VerifiedDelivery,
    is_one_of,
    is_timely,
    missing,
    read_seconds,
)

ID, TIME, HEADER = "webhook-id", "webhook-timestamp", "webhook-signature"


def verify(request: SignedRequest, secrets: Sequence[str], now: Instant) -> Verdict:
    """Tell whether somebody who has a secret sent it, just now; the id is signed too.

    The library's own check looks at the clock, so that here it signs, and does not verify.
    """
    name, sent, given = (request.headers.get(each, "") for each in (ID, TIME, HEADER))
    if not (name and given):
        return missing(HEADER if name else ID)
    signed = read_seconds(sent)
    if signed is None or str(signed // SECOND) != sent:
        return missing(TIME)
    if not is_timely(signed, now):
        return UNTIMELY
    try:
        text = request.body.decode()
    except UnicodeDecodeError:
        return WRONG
    at = datetime.fromtimestamp(signed // SECOND, UTC)
    expected = [Webhook(secret).sign(name, at, text).encode() for secret in secrets]
    if not any([is_one_of(each, expected) for each in given.split(" ")]):
        return WRONG
    return VerifiedDelivery(name)


SCHEME = SignatureScheme(
    name="standard", header=HEADER, verify=verify, prefix="webhook-", fault_of=fault_of_secret
)
