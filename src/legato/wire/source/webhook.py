"""How a vendor signs what it posts to a source: `[sources.webhook]` of the settings."""

from __future__ import annotations

from urllib.parse import urlsplit

from msgspec import Struct

BY_KEY = "key"
WITH_URL = "twilio"
SCHEMES = (
    "shopify",
    "woocommerce",
    "stripe",
    "sendgrid",
    "twilio",
    "zendesk",
    "standard",
    BY_KEY,
)
FROM_FILE = "file:"


class SourceWebhook(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who may post to `/v1/sources/NAME`.

    `scheme` is how the vendor signs; `key` means an API key instead of a signature. `secrets`
    are what it signs with, two at once while one is replaced: each the secret itself, or
    `file:PATH`. `url` is the address as the vendor calls it, where that is signed too.
    """

    scheme: str
    secrets: tuple[str, ...] = ()
    url: str = ""


def fault_of_webhook(webhook: SourceWebhook) -> str:
    """Say what is wrong with a webhook, and what to do; empty if nothing is."""
    scheme = webhook.scheme
    if scheme not in SCHEMES:
        known = ", ".join(f"`{each}`" for each in SCHEMES)
        return f"`scheme` is `{scheme}`; write one of {known}"
    if scheme == BY_KEY:
        told = "an API key has neither `secrets` nor `url`; leave them out"
        return told if webhook.secrets or webhook.url else ""
    if not webhook.secrets:
        return f"`{scheme}` needs what the vendor signs with; write it under `secrets`"
    if not all(each.removeprefix(FROM_FILE).strip() for each in webhook.secrets):
        return "one of the `secrets` is empty; write the secret, or `file:PATH`"
    return _fault_of_url(webhook)


def _fault_of_url(webhook: SourceWebhook) -> str:
    if webhook.scheme != WITH_URL:
        told = f"`{webhook.scheme}` signs no `url`; leave it out"
        return told if webhook.url else ""
    try:
        parts = urlsplit(webhook.url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname)
        sound = sound and parts.port != 0 and not parts.fragment
    except ValueError:
        sound = False
    if sound:
        return ""
    return (
        f"`{webhook.scheme}` signs the address that it calls; write it under `url`, such as "
        "`https://api.example.org/v1/sources/NAME`, without anything after `#`"
    )
