"""Each channel does what its samples say, and what the documentation shows of them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from legato.adapter import Delivered, Failed, Retry
from legato.channels.exchange import HttpAnswer, HttpRequest
from legato.channels.outgoing import SAMPLE_TIME, Outgoing, sample_action
from legato.channels.webhook import WebhookTranslator
from tests.unit.channels.samples import SAMPLES, SIGNING, ChannelSample

NAMES = [f"{each.use}: {each.sample.about}" for each in SAMPLES]
every = pytest.mark.parametrize("each", SAMPLES, ids=NAMES)


def request_of(each: ChannelSample, outgoing: Outgoing | None = None) -> HttpRequest:
    request = each.translator.request(outgoing or each.sample.outgoing)
    assert isinstance(request, HttpRequest)
    return request


@every
def test_the_request_is_the_one_shown(each: ChannelSample) -> None:
    request = request_of(each)
    assert (request.url, request.body.decode()) == (each.sample.url, each.sample.shown)
    assert request.method == each.sample.method
    for name, told in each.sample.headers.items():
        assert request.headers[name].startswith(told.removesuffix("SIGNATURE"))


@every
def test_the_answers_mean_what_is_shown(each: ChannelSample) -> None:
    for answer, result in each.sample.answers:
        assert each.translator.result(answer) == result, answer


@every
def test_the_same_action_is_the_same_request_on_each_try(each: ChannelSample) -> None:
    assert request_of(each) == request_of(each)


@every
def test_nothing_of_a_request_is_shown_by_accident(each: ChannelSample) -> None:
    shown = repr(request_of(each))
    assert each.sample.outgoing.action.address not in shown
    assert "s3cret" not in shown


BODIES = st.binary(max_size=200) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                (
                    *("sid", "code", "status", "error", "details", "messages", "id"),
                    *("message_uuid", "name", "error_code", "errorCode", "@type", "title"),
                )
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
).map(msgspec.json.encode)


@pytest.mark.parametrize("each", SAMPLES[:1] + SAMPLES[4:], ids=NAMES[:1] + NAMES[4:])
@given(status=st.integers(100, 599), body=BODIES, whole=st.booleans())
def test_whatever_is_answered_means_something(
    each: ChannelSample, status: int, body: bytes, whole: bool
) -> None:
    """Nothing raises, and no reason holds more than a code."""
    result = each.translator.result(HttpAnswer(status, {}, body, whole))
    match result:
        case Delivered():
            assert 200 <= status < 300
        case Failed(reason=reason) | Retry(reason=reason):
            assert re.fullmatch(r"[a-z0-9_.:-]{1,64}", reason)
    if status >= 500:
        assert isinstance(result, Retry) or each.use == "message"


@every
def test_words_of_customers_stay_words(each: ChannelSample) -> None:
    """Whatever a text holds, it comes out as it went in, or not at all."""
    odd = 'a"b\\c\r\nX-Evil: 1&d=<e>{secret}{address}😀'
    was = each.sample.outgoing
    parts = {**was.parts, "text": odd, "title": odd, "body": odd}
    parts.pop("variables", None)
    told = request_of(each, msgspec.structs.replace(was, parts=parts))
    assert told.url == each.sample.url
    assert all("\n" not in value for value in told.headers.values())
    assert b"s3cret" not in told.body


def test_a_webhook_is_signed_as_the_standard_has_it() -> None:
    [each] = [one for one in SAMPLES if one.use == "webhook"]
    request = request_of(each)
    at = datetime.fromtimestamp(SAMPLE_TIME / 1_000, UTC)
    name = each.sample.outgoing.action.action_id
    signed = Webhook(SIGNING).sign(name, at, request.body.decode())
    assert request.headers["webhook-signature"] == signed


def test_while_a_secret_is_replaced_both_sign() -> None:
    [each] = [one for one in SAMPLES if one.use == "webhook"]
    other = "whsec_" + "A" * 32
    both = WebhookTranslator(each.sample.url, (SIGNING, other)).request(each.sample.outgoing)
    assert isinstance(both, HttpRequest)
    one, two = both.headers["webhook-signature"].split(" ")
    assert one != two
    assert one == request_of(each).headers["webhook-signature"]


def test_an_action_without_words_is_not_sent() -> None:
    for each in SAMPLES:
        if each.use in ("message", "push"):
            bare = Outgoing(sample_action("sms", "+14017122661"), {}, 0)
            assert each.translator.request(bare) == Failed("no_content")
