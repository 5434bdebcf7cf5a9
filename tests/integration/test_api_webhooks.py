"""Vendors' webhooks against a real Kafka: their own are there byte by byte, and no other is."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from standardwebhooks import Webhook

from legato.channels.outgoing import Outgoing, sample_action
from legato.channels.twilio import callback_for
from legato.core.events.event import Event
from legato.local import wait_until
from legato.queries.topic_reader import TopicRecord
from legato.settings import KafkaSettings, Settings, WorkerSettings, load
from legato.wire.source.reader import Reader
from tests.integration.api_process import SOURCES, ApiProcess, running_api
from tests.integration.said import create, create_topics, records
from tests.unit.wire.vendor_records import SHOPIFY_EVENT, SHOPIFY_ORDER, twilio, twilio_status

ORDER = msgspec.json.encode(SHOPIFY_ORDER)
MAIL_KEY = ec.generate_private_key(ec.SECP256R1())
MAIL_SECRET = base64.b64encode(
    MAIL_KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
).decode()
STANDARD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SMS_URL = "https://api.example.org/v1/sources/sms"
STATUS_URL = "https://api.example.org/v1/sources/sms_status"
RATE = 5
WEBHOOKS = (
    f"""
[api]
rate = {RATE}
"""
    + SOURCES
    + "".join(
        f"""
[[sources]]
name = "{name}"
topics = ["{{prefix}}{name}"]
map = "{map_name}"
{webhook}
"""
        for name, map_name, webhook in (
            (
                "shop",
                "shopify.orders",
                '[sources.webhook]\nscheme = "shopify"\nsecrets = ["file:shopify", "old one"]',
            ),
            ("woo", "", '[sources.webhook]\nscheme = "woocommerce"\nsecrets = ["woo"]'),
            ("pay", "stripe", '[sources.webhook]\nscheme = "stripe"\nsecrets = ["whsec_a"]'),
            ("flood", "", '[sources.webhook]\nscheme = "shopify"\nsecrets = ["f"]'),
            (
                "mail",
                "sendgrid",
                f'[sources.webhook]\nscheme = "sendgrid"\nsecrets = ["{MAIL_SECRET}"]',
            ),
            (
                "sms",
                "twilio",
                f'[sources.webhook]\nscheme = "twilio"\nsecrets = ["12345"]\nurl = "{SMS_URL}"',
            ),
            (
                "sms_status",
                "twilio.status",
                '[sources.webhook]\nscheme = "twilio"\nsecrets = ["12345"]\n'
                f'url = "{STATUS_URL}"',
            ),
            ("desk", "zendesk", '[sources.webhook]\nscheme = "zendesk"\nsecrets = ["z"]'),
            (
                "any",
                "",
                f'[sources.webhook]\nscheme = "standard"\nsecrets = ["{STANDARD_SECRET}"]',
            ),
            ("till", "", '[sources.webhook]\nscheme = "key"'),
        )
    )
)
TOPICS = ("shop", "woo", "pay", "flood", "mail", "sms", "sms_status", "desk", "any", "till")


@pytest.fixture(scope="module")
def api(bootstrap: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiProcess]:
    prefix, folder = f"webhooks.{uuid.uuid4().hex[:8]}.", tmp_path_factory.mktemp("webhooks")
    settings = Settings(
        kafka=KafkaSettings(bootstrap=bootstrap, prefix=prefix),
        worker=WorkerSettings(group=prefix),
    )
    create_topics(settings)
    create(settings, *(prefix + name for name in (*TOPICS, "site.calls", "access.log")))
    (folder / "shopify").write_text("first\n")
    with running_api(settings, folder, WEBHOOKS) as api:
        yield api


def written(api: ApiProcess, topic: str) -> list[TopicRecord]:
    found = records(api.legato.settings, topic)
    return sorted(found, key=lambda record: record.time)


def post(
    api: ApiProcess, source: str, body: bytes, headers: dict[str, str], query: str = ""
) -> httpx.Response:
    return api.http.post(f"/v1/sources/{source}{query}", content=body, headers=headers)


def mac(secret: str, message: bytes, digest: str = "sha256") -> str:
    return base64.b64encode(hmac.digest(secret.encode(), message, digest)).decode()


def shopify(body: bytes, secret: str = "first", name: str = "d-1") -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "X-Shopify-Hmac-Sha256": mac(secret, body),
        "X-Shopify-Topic": "orders/create",
        "X-Shopify-Webhook-Id": name,
    }


def stripe(body: bytes, at: float, secret: str = "whsec_a") -> dict[str, str]:
    signed = hmac.new(secret.encode(), f"{at:.0f}.".encode() + body, hashlib.sha256)
    return {"Stripe-Signature": f"t={at:.0f},v1={signed.hexdigest()}"}


def events_of(api: ApiProcess, source: str) -> list[Event]:
    """Read the topic of a source as the worker does."""
    settings = load(api.legato.folder / "legato.toml", {})
    reader = Reader(next(each for each in settings.sources if each.name == source))
    found = [
        reader.read(record.value, record.key, record.headers, record.time)
        for record in written(api, source)
    ]
    return [each for each in found if isinstance(each, Event)]


def test_an_order_of_shopifys_comes_out_as_the_event_that_it_is(api: ApiProcess) -> None:
    again = shopify(ORDER, name="d-2")
    secret = {"Authorization": "Bearer of a secret", "Cookie": "a=b"}
    answers = [
        post(api, "shop", ORDER, headers) for headers in (shopify(ORDER) | secret, again)
    ]
    assert [(answer.status_code, answer.content) for answer in answers] == [(200, b"{}")] * 2
    first, second = written(api, "shop")
    assert first.value == second.value == ORDER
    assert first.key == second.key is not None
    assert dict(first.headers) == {
        "legato-delivery": b"d-1",
        "content-type": b"application/json",
        "x-shopify-topic": b"orders/create",
        "x-shopify-webhook-id": b"d-1",
    }
    order, repeated = events_of(api, "shop")
    assert order.id == repeated.id == SHOPIFY_EVENT["id"]
    assert (order.type, order.identifiers) == ("order.completed", SHOPIFY_EVENT["identifiers"])


def test_each_vendor_is_taken_by_its_signature(api: ApiProcess) -> None:
    now = time.time()
    mail = b'[{"sg_event_id":"e1","event":"open","email":"a@example.org","timestamp":1}]\r\n'
    moment = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    fields = twilio("Stop it")
    form, as_json = urlencode(fields).encode(), b'{"MessageSid":"SM2"}'
    hashed = f"?bodySHA256={hashlib.sha256(as_json).hexdigest()}"
    told = SMS_URL + "".join(name + value for name, value in sorted(fields.items()))
    sent = {
        "mail": (
            mail,
            {
                "X-Twilio-Email-Event-Webhook-Timestamp": f"{now:.0f}",
                "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(
                    MAIL_KEY.sign(f"{now:.0f}".encode() + mail, ec.ECDSA(SHA256()))
                ).decode(),
            },
        ),
        "desk": (
            b'{"id":"z1"}',
            {
                "X-Zendesk-Webhook-Signature-Timestamp": moment,
                "X-Zendesk-Webhook-Signature": mac("z", moment.encode() + b'{"id":"z1"}'),
                "X-Zendesk-Webhook-Invocation-Id": "i-1",
            },
        ),
        "any": (
            b'{"type":"x"}',
            {
                "Webhook-Id": "msg_1",
                "Webhook-Timestamp": f"{now:.0f}",
                "Webhook-Signature": Webhook(STANDARD_SECRET).sign(
                    "msg_1", datetime.fromtimestamp(round(now), UTC), '{"type":"x"}'
                ),
            },
        ),
    }
    for source, (body, headers) in sent.items():
        assert post(api, source, body, headers).content == b"{}", source
        assert [record.value for record in written(api, source)].count(body) == 1
    answers = (
        post(
            api,
            "sms",
            form,
            {
                "Content-Type": "application/x-www-form-urlencoded",
                "X-Twilio-Signature": mac("12345", told.encode(), "sha1"),
                "I-Twilio-Idempotency-Token": "t-1",
            },
        ),
        post(
            api,
            "sms",
            as_json,
            {
                "Content-Type": "application/json",
                "X-Twilio-Signature": mac("12345", (SMS_URL + hashed).encode(), "sha1"),
            },
            hashed,
        ),
    )
    assert [answer.text for answer in answers] == ["<Response/>"] * 2
    assert {answer.headers["content-type"].partition(";")[0] for answer in answers} == {
        "text/xml"
    }
    message, plain = written(api, "sms")
    assert msgspec.json.decode(message.value or b"") == fields
    assert (message.header("legato-delivery"), plain.value) == ("t-1", as_json)
    (closed,) = written(api, "desk")
    assert closed.header("legato-delivery") == "i-1"


def test_a_status_callback_says_of_which_action_it_tells_and_nobody_can_change_it(
    api: ApiProcess,
) -> None:
    fields = twilio_status("delivered")
    form = urlencode(fields).encode()
    action = sample_action("sms", "+14017122661")
    query = "?" + urlsplit(callback_for(Outgoing(action, {}, 0), STATUS_URL)).query
    tail = "".join(name + value for name, value in sorted(fields.items()))
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": mac("12345", (STATUS_URL + query + tail).encode(), "sha1"),
    }
    assert post(api, "sms_status", form, headers, query).status_code == 200
    forged = query.replace(action.action_id, "another")
    assert post(api, "sms_status", form, headers, forged).status_code == 401
    assert post(api, "sms_status", form, headers).status_code == 401
    (event,) = events_of(api, "sms_status")
    assert (event.type, event.customer_id) == ("action.delivered", action.customer_id)
    (record,) = written(api, "sms_status")
    assert record.key == action.customer_id.encode()


def test_what_is_late_altered_or_unsigned_is_refused_and_counted(api: ApiProcess) -> None:
    body = b'{"id":"evt_1","type":"charge.refunded"}'
    now = time.time()
    key = api.key()
    refused = [
        post(api, "pay", body, stripe(body, now - 600)),
        post(api, "pay", body, stripe(body, now + 600)),
        post(api, "pay", body + b" ", stripe(body, now)),
        post(api, "pay", body, stripe(body, now, "whsec_b")),
        post(api, "pay", body, {}),
        post(api, "pay", body, key),
    ]
    assert [answer.status_code for answer in refused] == [401] * 6
    assert {answer.headers["content-type"] for answer in refused} == {
        "application/problem+json"
    }
    assert written(api, "pay") == []
    assert post(api, "pay", body, stripe(body, now)).status_code == 200
    told = httpx.get(api.metrics).text
    assert 'legato_api_signatures_refused_total{source="pay"} 6.0' in told
    assert 'legato_api_events_total{source="pay"} 1.0' in told


def test_a_webhook_that_is_replayed_says_the_same_under_the_same_id(api: ApiProcess) -> None:
    """Who has a delivery can send it again within five minutes; the line drops the copy."""
    body = msgspec.json.encode(
        {"type": "x", "channel": "web", "time": 1_772_445_600_000, "identifiers": {"a": "1"}}
    )
    at = datetime.fromtimestamp(round(time.time()), UTC)
    headers = {
        "Webhook-Id": "msg_2",
        "Webhook-Timestamp": f"{at.timestamp():.0f}",
        "Webhook-Signature": Webhook(STANDARD_SECRET).sign("msg_2", at, body.decode()),
    }
    assert [post(api, "any", body, headers).status_code for _ in range(2)] == [200, 200]
    renamed = post(api, "any", body, headers | {"Webhook-Id": "msg_3"})
    assert renamed.status_code == 401
    assert [event.id for event in events_of(api, "any")] == ["msg_2", "msg_2"]


def test_a_secret_is_replaced_while_both_count(api: ApiProcess) -> None:
    body = b'{"id":1}'
    assert post(api, "shop", body, shopify(body, "old one")).status_code == 200
    assert post(api, "shop", body, shopify(body, "next")).status_code == 401
    (api.legato.folder / "shopify").write_text("next")
    wait_until(
        lambda: post(api, "shop", body, shopify(body, "next")).status_code == 200,
        "the new secret to count",
        deadline_s=10,
    )
    assert post(api, "shop", body, shopify(body, "first")).status_code == 401


def test_woocommerce_reads_that_somebody_answers_and_nothing_is_taken(api: ApiProcess) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert post(api, "woo", b"webhook_id=12", form).status_code == 200
    assert post(api, "woo", b"webhook_id=12&more=1", form).status_code == 401
    assert written(api, "woo") == []


def test_a_source_without_scheme_asks_for_a_key(api: ApiProcess) -> None:
    key, other = api.key(), api.key("--scope", "ingest", "--source", "site")
    body = b'{"what": "ever"}'
    assert [post(api, "till", body, each).status_code for each in ({}, other, key)] == [
        401,
        403,
        200,
    ]
    (record,) = written(api, "till")
    name = hashlib.sha256(body).digest()[:16].hex()
    assert (record.value, record.header("legato-delivery")) == (body, name)
    assert post(api, "events", body, key).status_code == 200
    assert post(api, "none", body, key).status_code == 404
    assert post(api, "till", b"x" * 500_001, key).status_code == 413


def test_forged_webhooks_take_nothing_from_the_vendors_own(api: ApiProcess) -> None:
    body = b"{}"
    forged, own = shopify(body, "wrong"), shopify(body, "f")
    assert {post(api, "flood", body, forged).status_code for _ in range(100)} == {401}
    assert post(api, "flood", body, own).status_code == 200
    assert any(post(api, "flood", body, own).status_code == 429 for _ in range(100))
