"""An action as it is, to a URL of one's own, signed as Standard Webhooks 1.0 has it.

https://www.standardwebhooks.com. `webhook-id` is the id of the action, the same on each try:
who has seen it answers 2xx and does nothing. What becomes of the action is told by
`POST /v1/actions/{id}/outcome`.
"""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct
from standardwebhooks import Webhook

from legato.adapter import Delivered, Failed, Result, Retry
from legato.channels.exchange import HttpAnswer, HttpRequest, later, result_by_status
from legato.channels.outgoing import ExchangeSample, Outgoing, json_answer, sample_action
from legato.core.values.time import SECOND

GONE = 410
"""Whoever answers this wants nothing more."""
TYPE = "legato.action"
_PREFIX = "whsec_"
_ASYMMETRIC = ("whsk_", "whpk_")
"""What keys of the asymmetric kind begin with: the library does not know it."""


class WebhookOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where actions go. `url` may be `file:PATH`, where it is a secret itself.

    `secrets` are `whsec_…`, or `file:PATH`; each signs, so there are two while one is replaced.
    """

    url: str
    secrets: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.secrets:
            raise ValueError("nothing signs: write at least one of `secrets`")


class WebhookTranslator(Struct, frozen=True):
    """Writes for a URL, and signs with each secret."""

    url: str
    secrets: tuple[str, ...]

    def request(self, outgoing: Outgoing) -> HttpRequest | Failed:
        """Write the action, and its content by part if there is any."""
        at = datetime.fromtimestamp(outgoing.now // SECOND, UTC)
        body = msgspec.json.encode(
            {"type": TYPE, "timestamp": at, "data": _data(outgoing)}
        ).decode()
        name = outgoing.action.action_id
        headers = {
            "Content-Type": "application/json",
            "webhook-id": name,
            "webhook-timestamp": str(outgoing.now // SECOND),
            "webhook-signature": " ".join(
                Webhook(secret).sign(name, at, body) for secret in self.secrets
            ),
        }
        return HttpRequest(self.url, body.encode(), headers)

    def result(self, answer: HttpAnswer) -> Result:
        """Taken is 2xx and nothing else; 410 means that nobody is there any more."""
        if answer.status == GONE:
            return Failed("gone")
        result = result_by_status(answer)
        return later(answer, result.reason) if isinstance(result, Failed) else result


def fault_of_secret(secret: str) -> str:
    """Say what is wrong with a secret of the standard's; empty if nothing is."""
    if secret.startswith(_ASYMMETRIC):
        return "is a key of `v1a`, and only `v1` is spoken here; ask for a `whsec_`"
    text = secret.removeprefix(_PREFIX)
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    return "" if key else "is no `whsec_` and base64; write it as the sender shows it"


def _data(outgoing: Outgoing) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(outgoing.action)
    told.pop("kind", None)
    return {**told, "content": dict(outgoing.parts)} if outgoing.parts else told


_ACTION = sample_action("crm", "4711")
SAMPLES = (
    ExchangeSample(
        "An action for a system of one's own",
        'url = "https://crm.example/legato"\nsecrets = ["file:/run/secrets/crm"]\n',
        Outgoing(_ACTION, {"text": "Call Ada."}, _ACTION.time),
        "https://crm.example/legato",
        '{"type":"legato.action","timestamp":"2026-03-02T10:00:00Z","data":{"customer_id":'
        '"1-9f2c7a1e0b4d5c6f7a8b9c0d","action_id":"5d41402abc4b2a76","occurrence_id":'
        '"b9719d911017c592","journey_id":"7d793037a0760186","situation":"cart_abandoned",'
        '"action":"cart_reminder","purpose":"promotion","channel":"crm","address":"4711",'
        '"content_ref":"cart_reminder","time":1772445600000,"not_before":1772445600000,'
        '"expires_at":1772460000000,"factors":{"propensity":0.5,"context":1.0,"value":1.0,'
        '"lever":1.0},"language":"en","content":{"text":"Call Ada."}}}',
        {
            "webhook-id": "5d41402abc4b2a76",
            "webhook-timestamp": "1772445600",
            "webhook-signature": "v1,SIGNATURE",
        },
        answers=(
            (HttpAnswer(200), Delivered()),
            (HttpAnswer(204), Delivered()),
            (HttpAnswer(200, whole=False), Delivered()),
            (HttpAnswer(410), Failed("gone")),
            (HttpAnswer(400), Retry("http_400")),
            (HttpAnswer(404), Retry("http_404")),
            (HttpAnswer(302), Retry("http_302")),
            (HttpAnswer(401), Retry("unauthorized")),
            (json_answer(429, "", retry_after="9"), Retry("http_429", 9.0)),
            (HttpAnswer(500), Retry("http_500")),
        ),
    ),
)
