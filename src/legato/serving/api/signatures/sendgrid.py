"""SendGrid: ECDSA on P-256 with SHA-256, of the time and the body; secrets are public keys.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from legato.core.values.time import Instant
from legato.serving.api.signatures.signed import (
    WRONG,
    SignatureRefused,
    SignatureScheme,
    SignedRequest,
    Verdict,
    VerifiedDelivery,
    read_seconds,
    timed_signature,
)

HEADER = "x-twilio-email-event-webhook-signature"
TIME = "x-twilio-email-event-webhook-timestamp"
_BORDER = "-----"


def verify(request: SignedRequest, secrets: Sequence[str], now: Instant) -> Verdict:
    """Tell whether SendGrid sent it, just now. A delivery has no id; each event has one."""
    told = timed_signature(request, HEADER, TIME, read_seconds, now)
    if isinstance(told, SignatureRefused):
        return told
    signature = _opened(told.given)
    if not any(_signed_by(_key(secret), signature, told.message) for secret in secrets):
        return WRONG
    return VerifiedDelivery()


def fault_of(secret: str) -> str:
    """Say what is wrong with a public key; empty if nothing is."""
    try:
        _key(secret)
    except (ValueError, UnsupportedAlgorithm):
        return "is no public key on P-256; write it as SendGrid shows it, in base64"
    return ""


@lru_cache(maxsize=64)
def _key(secret: str) -> ec.EllipticCurvePublicKey:
    """Read a key, as base64 or as PEM; raises ValueError."""
    lines = [line for line in secret.split("\n") if not line.startswith(_BORDER)]
    told = base64.b64decode("".join(map(str.strip, lines)), validate=True)
    match load_der_public_key(told):
        case ec.EllipticCurvePublicKey(curve=ec.SECP256R1()) as key:
            return key
        case _:
            raise ValueError("no key on P-256")


def _opened(given: str) -> bytes:
    """Read base64 that is written as it should be: another spelling is another signature."""
    try:
        opened = base64.b64decode(given.encode(), validate=True)
    except (binascii.Error, ValueError):
        return b""
    return opened if base64.b64encode(opened).decode() == given else b""


def _signed_by(key: ec.EllipticCurvePublicKey, signature: bytes, message: bytes) -> bool:
    try:
        key.verify(signature, message, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


SCHEME = SignatureScheme(
    name="sendgrid", header=HEADER, verify=verify, fault_of=fault_of, is_public=True
)
