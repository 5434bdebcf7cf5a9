"""All schemes that there are, by the names that settings give them."""

from __future__ import annotations

from collections.abc import Mapping

from legato.serving.api.signatures import (
    sendgrid,
    shopify,
    standard,
    stripe,
    twilio,
    woocommerce,
    zendesk,
)
from legato.serving.api.signatures.signed import SignatureScheme

SIGNATURE_SCHEMES: Mapping[str, SignatureScheme] = {
    each.name: each
    for each in (
        shopify.SCHEME,
        woocommerce.SCHEME,
        stripe.SCHEME,
        sendgrid.SCHEME,
        twilio.SCHEME,
        zendesk.SCHEME,
        standard.SCHEME,
    )
}
"""An API key in place of a signature is no scheme: `legato.wire.source.webhook.BY_KEY`."""
