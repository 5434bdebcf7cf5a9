"""What WhatsApp takes, and when; and which options make no sense."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from legato.adapter import Failed
from legato.channels.exchange import HttpRequest
from legato.channels.message import MessageOptions
from legato.channels.outgoing import SAMPLE_TIME, Outgoing, sample_action
from legato.channels.twilio import TwilioOptions, TwilioTranslator, callback_for
from legato.channels.wording import WINDOW, Wording, needs_window, wording_of
from legato.core.values.time import HOUR, MINUTE

TEXT = {"text": "It waits."}
TEMPLATE = {"template": "HX1"}
FREE, APPROVED = Wording(text="It waits."), Wording(template="HX1")
OUTSIDE = Failed("outside_window")


@pytest.mark.parametrize(
    ("channel", "parts", "ago", "said"),
    [
        ("whatsapp", TEXT, 0, FREE),
        ("whatsapp", TEXT, 23 * HOUR, FREE),
        ("whatsapp", TEXT, WINDOW - 1, FREE),
        ("whatsapp", TEXT, WINDOW, OUTSIDE),
        ("whatsapp", TEXT, 30 * HOUR, OUTSIDE),
        ("whatsapp", TEXT, None, OUTSIDE),
        ("whatsapp", TEXT | TEMPLATE, 0, FREE),
        ("whatsapp", TEXT | TEMPLATE, WINDOW, APPROVED),
        ("whatsapp", TEXT | TEMPLATE, None, APPROVED),
        ("whatsapp", TEMPLATE, 0, APPROVED),
        ("whatsapp", TEMPLATE, None, APPROVED),
        ("whatsapp", {}, 0, Failed("no_content")),
        ("whatsapp", {"text": "  "}, 0, Failed("no_content")),
        ("sms", TEXT, None, FREE),
        ("viber", TEXT, None, FREE),
        ("sms", TEMPLATE, None, APPROVED),
        ("sms", TEMPLATE | {"variables": "{"}, None, Failed("bad_content")),
        ("sms", TEMPLATE | {"variables": "[" * 9_999}, None, Failed("bad_content")),
    ],
)
def test_what_is_said(
    channel: str, parts: dict[str, str], ago: int | None, said: object
) -> None:
    written = None if ago is None else SAMPLE_TIME - ago
    action = sample_action(channel, "+14017122661")
    assert wording_of(Outgoing(action, parts, SAMPLE_TIME, written)) == said


@given(st.integers(-HOUR, 48 * HOUR), st.booleans())
def test_words_of_ones_own_go_out_within_the_window_alone(ago: int, approved: bool) -> None:
    action = sample_action("whatsapp", "+14017122661")
    parts = TEXT | (TEMPLATE if approved else {})
    said = wording_of(Outgoing(action, parts, SAMPLE_TIME, SAMPLE_TIME - ago))
    assert (said == FREE) == (ago < 24 * HOUR - MINUTE)


def test_only_whatsapp_with_words_of_its_own_asks_when_the_customer_wrote() -> None:
    asks = [
        (channel, needs_window(Outgoing(sample_action(channel, "+1"), parts, SAMPLE_TIME)))
        for channel in ("sms", "whatsapp")
        for parts in (TEXT, TEMPLATE)
    ]
    assert [needed for _, needed in asks] == [False, False, True, False]


def twilio(service: str = "") -> TwilioTranslator:
    options = TwilioOptions(account="AC1", secret="", senders={"sms": "+15"}, service=service)
    return TwilioTranslator(options, "s3cret")


def fields_of(request: HttpRequest | Failed) -> dict[str, list[str]]:
    assert isinstance(request, HttpRequest)
    return parse_qs(request.body.decode())


def test_a_messaging_service_chooses_who_sends() -> None:
    outgoing = Outgoing(sample_action("sms", "+14"), TEXT, SAMPLE_TIME)
    fields = fields_of(twilio(service="MG1").request(outgoing))
    assert fields["MessagingServiceSid"] == ["MG1"]
    assert "From" not in fields


def test_a_channel_for_which_nobody_sends_comes_to_nothing() -> None:
    outgoing = Outgoing(sample_action("viber", "+14"), TEXT, SAMPLE_TIME)
    assert twilio().request(outgoing) == Failed("no_sender")


@pytest.mark.parametrize(
    ("left", "told"),
    [(4 * HOUR, ["14400"]), (11 * HOUR, None), (0, ["1"]), (1_500, ["1"])],
)
def test_twilio_keeps_no_message_beyond_its_end(left: int, told: list[str] | None) -> None:
    action = sample_action("sms", "+14", expires_at=SAMPLE_TIME + left)
    fields = fields_of(twilio().request(Outgoing(action, TEXT, SAMPLE_TIME)))
    assert fields.get("ValidityPeriod") == told


def test_variables_that_are_no_object_are_no_content_for_twilio() -> None:
    action = sample_action("sms", "+14")
    for told, result in (("[1]", Failed("bad_content")), ('"a"', Failed("bad_content"))):
        parts = TEMPLATE | {"variables": told}
        assert twilio().request(Outgoing(action, parts, SAMPLE_TIME)) == result


@pytest.mark.parametrize(
    ("callback", "expected"),
    [
        ("https://a.example/v1/sources/t", "https://a.example/v1/sources/t?{}"),
        ("https://a.example/t?x=1", "https://a.example/t?x=1&{}"),
        ("https://a.example/t#rc=5&rp=all", "https://a.example/t?{}#rc=5&rp=all"),
    ],
)
def test_a_callback_says_of_which_action_it_tells(callback: str, expected: str) -> None:
    action = sample_action("sms", "+14", action_id="a&b", customer_id="c=d")
    url = callback_for(Outgoing(action, {}, 0), callback)
    assert url == expected.format("action_id=a%26b&customer_id=c%3Dd")
    assert parse_qs(urlsplit(url).query)["action_id"] == ["a&b"]


PROVIDER = {"url": "https://a.example/{address}", "body": {"to": "{digits}"}}


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({}, "write either `twilio` or `provider`"),
        ({"twilio": {"account": "a", "secret": "s"}}, "nobody sends"),
        (
            {
                "twilio": {"account": "a", "secret": "s", "service": "MG1"},
                "provider": PROVIDER,
            },
            "write either",
        ),
        ({"provider": {**PROVIDER, "url": "/a"}}, "needs a host of its own"),
        ({"provider": {**PROVIDER, "url": "https://{address}/"}}, "needs a host of its own"),
        ({"provider": {**PROVIDER, "body": {"a": "{x}"}}}, "`{x}` stands for nothing"),
        ({"provider": {**PROVIDER, "body": {"a": ["{secret}"]}}}, "in `headers` alone"),
        ({"provider": {**PROVIDER, "url": "https://a.example/{secret}"}}, "in `headers` alone"),
        ({"provider": {**PROVIDER, "bodies": {}}}, "unknown field `bodies`"),
        ({"provider": {**PROVIDER, "answer": {"failed": {"1": "Not Ok"}}}}, "is no reason"),
        ({"provider": {"url": "https://a.example"}}, "missing required field `body`"),
    ],
)
def test_options_that_make_no_sense_say_so(told: dict[str, Any], why: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=why.replace("{", r"\{")):
        msgspec.convert(told, MessageOptions)


def test_an_address_cannot_leave_its_place_in_a_url() -> None:
    options = msgspec.convert({"provider": PROVIDER}, MessageOptions)
    action = sample_action("sms", "../../x?y#z@evil.example")
    request = options.translator("").request(Outgoing(action, TEXT, SAMPLE_TIME))
    assert isinstance(request, HttpRequest)
    assert request.url == "https://a.example/..%2F..%2Fx%3Fy%23z%40evil.example"


def test_a_template_without_a_body_for_it_is_not_sent() -> None:
    options = msgspec.convert({"provider": PROVIDER}, MessageOptions)
    outgoing = Outgoing(sample_action("whatsapp", "+14"), TEMPLATE, SAMPLE_TIME)
    assert options.translator("").request(outgoing) == Failed("no_template_body")
