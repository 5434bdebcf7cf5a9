"""One webhook of each scheme as its vendor would send it, with a secret that signed it.

Those of SendGrid, Twilio and Standard Webhooks are the vectors that the vendors' own libraries
are tested with; the others were signed by `openssl dgst -hmac`.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from legato.core.values.time import Instant
from legato.serving.api.signatures.register import SIGNATURE_SCHEMES
from legato.serving.api.signatures.signed import SignedRequest, Verdict

MARCH: Instant = 1_772_445_600_000
"""2026-03-02T10:00:00Z"""
TWILIO_URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
FORM = "application/x-www-form-urlencoded"
PUBLIC_KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEDr2LjtURuePQzplybdC+u4CwrqDqBaWjcMMsTbhdbcwHBcepxo7yAQG"
    "hHPTnlvFYPAZFceEu/1FwCM/QmGUhA=="
)
OTHER_KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEok1K2jloFXfCPbTW3CH8jdleQhjGE2577BFP3HpHk2s6n04oMO0JQLNE"
    "U28KCTe1x3lzKrn2Qxz1T+pI9MGUHA=="
)


class GoldenWebhook(Struct, frozen=True, kw_only=True):
    """What comes, and when; `needs` are the headers without which it is nobody's."""

    name: str
    scheme: str
    secret: str
    other: str = "c29tZXRoaW5nIGVsc2U"
    body: bytes
    headers: Mapping[str, str]
    needs: tuple[str, ...]
    signed: Instant | None = None
    url: str = ""
    id: str = ""

    @property
    def now(self) -> Instant:
        """When it comes."""
        return self.signed or MARCH

    @property
    def header(self) -> str:
        """The header with the signature."""
        return SIGNATURE_SCHEMES[self.scheme].header

    def verdict(self, *secrets: str, now: Instant | None = None, **changes: object) -> Verdict:
        """Ask what the scheme says of it, with some of it changed."""
        changed = replace(self, **changes)
        request = SignedRequest(changed.body, changed.headers, changed.url)
        at = self.now if now is None else now
        return SIGNATURE_SCHEMES[self.scheme].verify(request, secrets or (self.secret,), at)


SHOPIFY = GoldenWebhook(
    name="shopify",
    scheme="shopify",
    secret="hush",
    body=b'{"id":820982911946154508,"email":"jon@example.com"}',
    headers={
        "content-type": "application/json",
        "x-shopify-hmac-sha256": "D0UMXmhjwBRi4y66TmhJrDlhQABD7zI2fm3p6/QLMo8=",
        "x-shopify-topic": "orders/create",
        "x-shopify-webhook-id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
    },
    needs=("x-shopify-hmac-sha256",),
    id="b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
)
WOOCOMMERCE = GoldenWebhook(
    name="woocommerce",
    scheme="woocommerce",
    secret="wc secret",
    body=b'{"id":727,"status":"processing"}',
    headers={
        "x-wc-webhook-signature": "gYAiMW5NT15KwWnfJW7NM4Cy7AOKkH8lAXjstojJYwU=",
        "x-wc-webhook-delivery-id": "b1f2",
    },
    needs=("x-wc-webhook-signature",),
    id="b1f2:ee63f3b80cb1a93d78eb27be778c3c40",
)
STRIPE = GoldenWebhook(
    name="stripe",
    scheme="stripe",
    secret="whsec_test",
    other="whsec_other",
    body=b'{"id":"evt_1","type":"charge.refunded"}',
    headers={
        "stripe-signature": (
            "t=1772445600,v1=0543317bfc92d03dfef6b32849300f10338287e36d2d1a22fac35a09b730c714"
        )
    },
    needs=("stripe-signature",),
    signed=MARCH,
    id="evt_1",
)
SENDGRID = GoldenWebhook(
    name="sendgrid",
    scheme="sendgrid",
    secret=PUBLIC_KEY,
    other=OTHER_KEY,
    body=b'{"category":"example_payload","event":"test_event","message_id":"message_id"}',
    headers={
        "x-twilio-email-event-webhook-signature": (
            "MEUCIQCtIHJeH93Y+qpYeWrySphQgpNGNr/U+UyUlBkU6n7RAwIgJTz2C+8a8xonZGi6BpSzoQsbVRamr2nl"
            "xFDWYNH2j/0="
        ),
        "x-twilio-email-event-webhook-timestamp": "1588788367",
    },
    needs=(
        "x-twilio-email-event-webhook-signature",
        "x-twilio-email-event-webhook-timestamp",
    ),
    signed=1_588_788_367_000,
)
TWILIO = GoldenWebhook(
    name="twilio",
    scheme="twilio",
    secret="12345",
    body=(
        b"CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&To=%2B18005551212"
        b"&Caller=%2B14158675309"
    ),
    headers={
        "content-type": FORM,
        "x-twilio-signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
        "i-twilio-idempotency-token": "cb02e8a7",
    },
    needs=("x-twilio-signature", "content-type"),
    url=TWILIO_URL,
    id="cb02e8a7",
)
TWILIO_JSON = GoldenWebhook(
    name="twilio JSON",
    scheme="twilio",
    secret="12345",
    body=b'{"property": "value", "boolean": true}',
    headers={
        "content-type": "application/json",
        "x-twilio-signature": "a9nBmqA0ju/hNViExpshrM61xv4=",
    },
    needs=("x-twilio-signature",),
    url=(
        f"{TWILIO_URL}&bodySHA256="
        "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
    ),
)
TWILIO_SHARED_KEY = replace(
    TWILIO,
    name="twilio shared key",
    headers={
        **TWILIO.headers,
        "x-twilio-signature": "033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s=",
        "x-twilio-webhooks-signature-settings": "key=WK1,algorithm=HMAC_SHA256",
    },
    needs=(*TWILIO.needs, "x-twilio-webhooks-signature-settings"),
)
ZENDESK = GoldenWebhook(
    name="zendesk",
    scheme="zendesk",
    secret="dGhpc19pc19ub3RfYV9zZWNyZXQ",
    body=b'{"id":"z1","type":"zen:event-type:ticket.created"}',
    headers={
        "x-zendesk-webhook-signature": "Jzm0+A7cdrimLYjEh1ENU+U8g5zHpwTK+k6Fecr2ODI=",
        "x-zendesk-webhook-signature-timestamp": "2026-03-02T10:00:00Z",
        "x-zendesk-webhook-invocation-id": "8350205582",
    },
    needs=("x-zendesk-webhook-signature", "x-zendesk-webhook-signature-timestamp"),
    signed=MARCH,
    id="8350205582",
)
STANDARD = GoldenWebhook(
    name="standard",
    scheme="standard",
    secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    body=b'{"test": 2432232314}',
    headers={
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    },
    needs=("webhook-id", "webhook-timestamp", "webhook-signature"),
    signed=1_614_265_330_000,
    id="msg_p5jXN8AQM9LWM0D4loKWxJek",
)
GOLDENS = (
    SHOPIFY,
    WOOCOMMERCE,
    STRIPE,
    SENDGRID,
    TWILIO,
    TWILIO_JSON,
    TWILIO_SHARED_KEY,
    ZENDESK,
    STANDARD,
)
