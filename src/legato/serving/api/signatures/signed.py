"""What every scheme is given and answers, and what most of them do alike."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from msgspec import Struct

from legato.core.values.time import MINUTE, SECOND, Instant, Span

TOLERANCE: Span = 5 * MINUTE
"""How far the time that a vendor signed may lie from ours, before and after."""
SECONDS_DIGITS = 12


class SignedRequest(Struct, frozen=True, gc=False):
    """A webhook as it came: the raw bytes, headers by their names in lower case.

    `url` is the whole address as the vendor called it, where the source says that.
    """

    body: bytes
    headers: Mapping[str, str]
    url: str = ""


class VerifiedDelivery(Struct, frozen=True, gc=False):
    """A webhook of the vendor's; `id` is what they call the delivery, or empty."""

    id: str = ""


class VendorPing(Struct, frozen=True, gc=False):
    """A call that brings nothing: the vendor tries whether somebody answers."""


class SignatureRefused(Struct, frozen=True, gc=False):
    """A webhook that is taken for nobody's; `why` is one sentence."""

    why: str


Verdict: TypeAlias = VerifiedDelivery | VendorPing | SignatureRefused
ReadTime: TypeAlias = Callable[[str], Instant | None]
Verify: TypeAlias = Callable[[SignedRequest, Sequence[str], Instant], Verdict]


def sound(_: str) -> str:
    """Find no fault with a secret: any text will do."""
    return ""


class SignatureScheme(Struct, frozen=True, kw_only=True):
    """How a vendor signs: the header that bears the signature, and what tells if it is right.

    With `signs_url`, the address that is called is signed too, with its query; with
    `is_public`, what a source has of it are public keys.
    `prefix` is what the vendor's own headers begin with, if not with `x-`. `fault_of` says
    what is wrong with a secret. `pings` says that the vendor also calls without a signature,
    with next to nothing. `done` and `media_type` are what they want to read in the end.
    """

    name: str
    header: str
    verify: Verify
    prefix: str = "x-"
    fault_of: Callable[[str], str] = sound
    pings: bool = False
    signs_url: bool = False
    is_public: bool = False
    done: bytes = b"{}"
    media_type: str = "application/json"


def missing(header: str) -> SignatureRefused:
    """Refuse a webhook that lacks a header which the vendor always sends."""
    told = f"`{header}` is missing, or not as the vendor writes it"
    return SignatureRefused(f"{told}; only what the vendor signed is taken")


WRONG = SignatureRefused(
    "none of the source's secrets gives this signature; see `secrets`, and that nobody on the "
    "way changes the body"
)
UNTIMELY = SignatureRefused(
    "it was signed more than 5 min ago, or ahead of our clock; let the vendor send it again"
)


class TimedSignature(Struct, frozen=True, gc=False):
    """A signature of about now, and what it is of: the time as it was written, and the body."""

    given: str
    message: bytes


def timed_signature(
    request: SignedRequest, header: str, time: str, read: ReadTime, now: Instant
) -> TimedSignature | SignatureRefused:
    """Read a signature, and the time in a header of its own; refuse what is not of now."""
    given, sent = request.headers.get(header, ""), request.headers.get(time, "")
    signed = read(sent)
    if not given:
        return missing(header)
    if signed is None:
        return missing(time)
    if not is_timely(signed, now):
        return UNTIMELY
    return TimedSignature(given, sent.encode() + request.body)


def base64_hmac(secret: str, message: bytes, digest: str = "sha256") -> bytes:
    """Sign as most do."""
    signed = hmac.digest(secret.encode(), message, digest)
    return base64.b64encode(signed)


def hex_hmac(secret: str, message: bytes) -> bytes:
    """Sign by HMAC-SHA-256, written in hexadecimal."""
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest().encode()


def is_one_of(given: str, expected: Sequence[bytes]) -> bool:
    """Compare with each, in a time that tells neither which nor how far."""
    told = given.encode()
    return any([hmac.compare_digest(told, each) for each in expected])


def read_seconds(text: str) -> Instant | None:
    """Read seconds since 1970 as an instant; None for what is not written so."""
    if not (text.isascii() and text.isdecimal() and len(text) <= SECONDS_DIGITS):
        return None
    return int(text) * SECOND


def is_timely(signed: Instant, now: Instant) -> bool:
    """Tell whether it was signed about now."""
    return abs(now - signed) <= TOLERANCE
