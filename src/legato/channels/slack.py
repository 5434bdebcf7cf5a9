"""A message in Slack, by an incoming webhook: for those who look after customers.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks. Slack knows no key by
which a request that is repeated is shown once.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from legato.adapter import Delivered, Failed, Result, Retry
from legato.channels.exchange import (
    HttpAnswer,
    HttpRequest,
    reason_code,
    result_by_status,
)
from legato.channels.outgoing import ExchangeSample, Outgoing, json_answer, sample_action
from legato.channels.wording import BAD_CONTENT
from legato.core.values.handoff import Handoff

_REFUSED = range(400, 500)
_LATER = (408, 429)
TEXT_MOST = 3_000
"""Characters of a text in a block."""


class SlackOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which channel: `url` is its incoming webhook, or `file:PATH`, since it is a secret."""

    url: str


class SlackTranslator(Struct, frozen=True):
    """Writes for an incoming webhook."""

    url: str

    def request(self, outgoing: Outgoing) -> HttpRequest | Failed:
        """Write the parts `text` and `blocks` (JSON); without any, what the handoff says."""
        text = outgoing.parts.get("text", "").strip() or _told(outgoing)
        body: dict[str, Any] = {"text": text}
        if told := outgoing.parts.get("blocks", "").strip():
            try:
                body["blocks"] = msgspec.json.decode(told, type=list[dict[str, Any]])
            except (msgspec.MsgspecError, RecursionError):
                return BAD_CONTENT
        headers = {"Content-Type": "application/json"}
        return HttpRequest(self.url, msgspec.json.encode(body), headers)

    def result(self, answer: HttpAnswer) -> Result:
        """Read the answer: `ok`, or a word on what is wrong. A hook that is dead stays dead."""
        if answer.status not in _REFUSED or answer.status in _LATER:
            return result_by_status(answer)
        word = reason_code(answer.body.decode(errors="replace").strip())
        return Failed(word or f"http_{answer.status}")


def escaped(text: str) -> str:
    """Write a text so that Slack takes nothing in it for a mention or a link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _told(outgoing: Outgoing) -> str:
    """Say in a few lines what the handoff tells those who go on."""
    action = outgoing.action
    lines = [f"*{escaped(action.action)}* ({escaped(action.situation)})"]
    if action.handoff is not None:
        lines += _handed_over(action.handoff)
    return "\n".join(lines)[:TEXT_MOST]


def _handed_over(handoff: Handoff) -> list[str]:
    told = [handoff.goal, handoff.stopped_at, *handoff.touchpoints]
    named = [escaped(each) for each in told if each]
    if handoff.do_not_ask:
        named.append(f"do not ask: {escaped(', '.join(handoff.do_not_ask))}")
    return named


_OPTIONS = 'url = "file:/run/secrets/slack"\n'
_URL = "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"
_ACTION = sample_action(
    "slack",
    "#shop-floor",
    handoff=Handoff(
        "finish the order of 1 article, 89.00 EUR",
        1_772_445_600_000,
        stopped_at="cart filled on web",
        do_not_ask=("size 42", "<!channel>"),
    ),
)
SAMPLES = (
    ExchangeSample(
        "What a handoff says, where nothing else is written",
        _OPTIONS,
        Outgoing(_ACTION, {}, _ACTION.time),
        _URL,
        '{"text":"*cart_reminder* (cart_abandoned)\\nfinish the order of 1 article, 89.00 EUR'
        '\\ncart filled on web\\ndo not ask: size 42, &lt;!channel&gt;"}',
        answers=(
            (HttpAnswer(200, body=b"ok"), Delivered()),
            (HttpAnswer(400, body=b"invalid_payload"), Failed("invalid_payload")),
            (HttpAnswer(403, body=b"action_prohibited"), Failed("action_prohibited")),
            (HttpAnswer(404, body=b"no_service"), Failed("no_service")),
            (HttpAnswer(404, body=b"channel_not_found"), Failed("channel_not_found")),
            (HttpAnswer(410, body=b"channel_is_archived"), Failed("channel_is_archived")),
            (HttpAnswer(404, body=b"<!doctype html>"), Failed("http_404")),
            (json_answer(429, "", retry_after="30"), Retry("http_429", 30.0)),
            (HttpAnswer(500, body=b"rollup_error"), Retry("http_500")),
        ),
    ),
    ExchangeSample(
        "Blocks",
        _OPTIONS,
        Outgoing(
            _ACTION,
            {
                "text": "A cart waits.",
                "blocks": '[{"type": "section", "text": {"type": "mrkdwn", "text": "A cart"}}]',
            },
            _ACTION.time,
        ),
        _URL,
        '{"text":"A cart waits.","blocks":[{"type":"section","text":{"type":"mrkdwn","text":'
        '"A cart"}}]}',
    ),
)
