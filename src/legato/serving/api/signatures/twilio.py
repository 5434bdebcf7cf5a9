"""Twilio: base64 HMAC-SHA-1 of the address that it calls and the fields of the form.

https://www.twilio.com/docs/usage/webhooks/webhooks-security. Fields are appended sorted, name
and value, with nothing between: no signature tells where one ends. A body that is no form is
told by its SHA-256, in the query of the address: `bodySHA256`. Where a webhook rule gives a
shared key, a header names HMAC-SHA-256
(https://www.twilio.com/docs/usage/webhooks/webhook-shared-keys). Twilio does not always count
the port to the address, so both are tried, as its own libraries do. It wants to read TwiML.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import parse_qs, urlsplit

from legato.core.values.time import Instant
from legato.serving.api.forms import FormField, is_form, read_form
from legato.serving.api.signatures.signed import (
    WRONG,
    SignatureRefused,
    SignatureScheme,
    SignedRequest,
    Verdict,
    VerifiedDelivery,
    base64_hmac,
    is_one_of,
    missing,
)

HEADER, DELIVERY_ID = "x-twilio-signature", "i-twilio-idempotency-token"
RULE = "x-twilio-webhooks-signature-settings"
BODY_HASH = "bodySHA256"
_DIGESTS: Mapping[str, str] = {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}
_PORTS: Mapping[str, int] = {"http": 80, "https": 443}
UNSIGNED = SignatureRefused(
    f"the body is no form, and its hash is not the `{BODY_HASH}` of the address; only what is "
    "signed is taken"
)


def verify(request: SignedRequest, secrets: Sequence[str], _: Instant) -> Verdict:
    """Tell whether Twilio sent it. No time is signed, nor the id of the delivery."""
    given = request.headers.get(HEADER, "")
    digest = _digest_of(request.headers.get(RULE, ""))
    if not given or digest is None:
        return missing(RULE if given else HEADER)
    fields = _fields_of(request)
    if fields is None:
        return UNSIGNED
    tail = "".join(name + value for name, value in sorted(set(fields)))
    messages = [f"{url}{tail}".encode() for url in _spellings(request.url)]
    expected = [base64_hmac(each, told, digest) for each in secrets for told in messages]
    if not is_one_of(given, expected):
        return WRONG
    return VerifiedDelivery(request.headers.get(DELIVERY_ID, ""))


def _digest_of(rule: str) -> str | None:
    """Read from `key=…,algorithm=…` how it is hashed; None for a way that is not known."""
    told = dict(part.strip().partition("=")[::2] for part in rule.split(","))
    return _DIGESTS.get(told.get("algorithm", "HMAC_SHA1"))


def _fields_of(request: SignedRequest) -> Sequence[FormField] | None:
    """Read the fields that are signed; None if there is something that is not."""
    hashes = parse_qs(urlsplit(request.url).query).get(BODY_HASH, [])
    told = hashlib.sha256(request.body).hexdigest().encode()
    if not all(hmac.compare_digest(each.encode(), told) for each in hashes):
        return None
    if is_form(request.headers.get("content-type", "")):
        return read_form(request.body)
    return () if hashes or not request.body else None


def _spellings(url: str) -> Iterator[str]:
    """Write an address with and without its port."""
    parts = urlsplit(url)
    at, host = parts.netloc.rpartition("@")[::2]
    user = f"{at}@" if at else ""
    bare = host[: host.rindex(":")] if parts.port is not None else host
    port = parts.port if parts.port is not None else _PORTS.get(parts.scheme, 443)
    yield url.replace(parts.netloc, f"{user}{bare}", 1)
    yield url.replace(parts.netloc, f"{user}{bare}:{port}", 1)


SCHEME = SignatureScheme(
    name="twilio",
    header=HEADER,
    verify=verify,
    prefix="i-twilio-",
    signs_url=True,
    done=b"<Response/>",
    media_type="text/xml",
)
