"""What is written of a webhook, and the secrets that it is checked by."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from legato.core.events.event import Event
from legato.queries.identifier_lookup import IdentifierLookup
from legato.serving.api.access import Access
from legato.serving.api.forms import form_as_json, read_form
from legato.serving.api.ingest.events import EventIntake, content_id
from legato.serving.api.ingest.webhooks import webhook_event
from legato.serving.api.keys import KeyRing, write_keys
from legato.serving.api.problems import Problem
from legato.serving.api.webhook_secrets import WebhookSecrets
from legato.settings import Settings, SettingsError
from legato.wire.formats.envelope import each_of
from legato.wire.source.reader import Reader
from legato.wire.source.source import Source
from legato.wire.source.webhook import SourceWebhook
from tests.unit.serving.api.goldens import FORM, PUBLIC_KEY, TWILIO
from tests.unit.wire.vendor_records import MARCH, SHOPIFY_ORDER

ORDER = msgspec.json.encode(SHOPIFY_ORDER)


def test_the_body_stays_as_it_is_and_maps_may_ask_for_the_vendors_headers() -> None:
    body = b'{ "id" : 1 }\r\n'
    event = webhook_event(
        body,
        {
            "content-type": "application/json; charset=utf-8",
            "x-shopify-topic": "orders/create",
            "webhook-id": "w1",
            "accept": "*/*",
            "user-agent": "Shopify",
        },
        "webhook-",
        "d-1",
    )
    assert event.value == body
    assert dict(event.headers) == {
        "legato-delivery": b"d-1",
        "content-type": b"application/json; charset=utf-8",
        "x-shopify-topic": b"orders/create",
        "webhook-id": b"w1",
    }


@pytest.mark.parametrize(
    "name",
    [
        "authorization",
        "cookie",
        "x-shopify-hmac-sha256",
        "x-wc-webhook-signature",
        "webhook-signature",
        "x-api-key",
        "x-auth-token",
        "x-gitlab-token",
        "x-forwarded-for",
        "x-real-ip",
    ],
)
def test_what_opens_a_door_or_says_where_somebody_is_stays_out(name: str) -> None:
    event = webhook_event(b"{}", {name: "secret"}, "webhook-", "d-1")
    assert dict(event.headers) == {"legato-delivery": b"d-1"}


def test_what_stood_in_the_query_comes_along_where_it_is_vouched_for() -> None:
    query = "action_id=a%2F7&customer_id=1-9&x=&token=s3cret&b%20c=1&d=%0A&e=" + "f" * 257
    event = webhook_event(b"{}", {}, "x-", "d-1", query)
    assert dict(event.headers) == {
        "legato-delivery": b"d-1",
        "legato-query-action_id": b"a/7",
        "legato-query-customer_id": b"1-9",
    }
    many = "&".join(f"a{number}=1" for number in range(21))
    assert dict(webhook_event(b"{}", {}, "x-", "d", many).headers) == {"legato-delivery": b"d"}


@pytest.mark.parametrize("vendor_id", ["", "  ", "x" * 201, "a\nb", "\x00"])
def test_a_delivery_that_nobody_names_is_called_after_its_bytes(vendor_id: str) -> None:
    event = webhook_event(b"{}", {}, "x-", vendor_id)
    assert event.id == content_id(b"{}")
    assert webhook_event(b"{}", {}, "x-", vendor_id).id == event.id
    assert webhook_event(b"{ }", {}, "x-", vendor_id).id != event.id


def test_a_form_is_written_as_the_object_that_its_map_reads() -> None:
    body = b"MessageSid=SM1&From=%2B14017122661&Body=Stop+it&WaId=&To=1&To=2"
    event = webhook_event(body, {"content-type": f"{FORM}; charset=UTF-8"}, "i-twilio-", "d")
    assert msgspec.json.decode(event.value) == {
        "MessageSid": "SM1",
        "From": "+14017122661",
        "Body": "Stop it",
        "WaId": "",
        "To": ["1", "2"],
    }
    assert dict(event.headers)["content-type"] == b"application/json"
    read = Reader(Source(name="t", topics=("t",), map="twilio")).read(
        event.value, None, event.headers, MARCH
    )
    (message,) = each_of(read)
    assert isinstance(message, Event)
    assert (message.id, message.type) == ("SM1", "message.received")


@pytest.mark.parametrize("body", [b"\xff=1", "ü=1".encode(), b"&".join([b"a=1"] * 1_001)])
def test_what_is_no_form_stays_as_it_is(body: bytes) -> None:
    assert (read_form(body), form_as_json(body)) == (None, None)
    assert webhook_event(body, {"content-type": FORM}, "x-", "d").value == body


def test_fields_that_are_no_text_are_read_all_the_same() -> None:
    assert read_form(b"a=%ff&b=%00&%FF=") == [("a", "�"), ("b", "\x00"), ("�", "")]


def test_a_shopify_order_lies_by_its_customer() -> None:
    reader = Reader(Source(name="shop", topics=("t",), map="shopify.orders"))
    intake = EventIntake(reader, "t", IdentifierLookup(Settings()))
    events = [webhook_event(ORDER, {}, "x-", name) for name in ("d-1", "d-2")]
    first, second = intake.forward(events, MARCH)
    assert first.key == second.key is not None
    assert first.value == ORDER


def test_what_cannot_be_read_is_written_for_the_worker_to_say() -> None:
    reader = Reader(Source(name="shop", topics=("t",), map="shopify.orders"))
    intake = EventIntake(reader, "t", IdentifierLookup(Settings()))
    bodies = (b"", b"no json", b"[]", b"\x00\x01", b"[" * 10_000)
    events = [webhook_event(body, {}, "x-", "") for body in bodies]
    records = intake.forward(events, MARCH)
    assert [(record.key, record.value) for record in records] == [(None, b) for b in bodies]


def signed(*secrets: str, scheme: str = "shopify") -> Source:
    return Source(
        name="shop", topics=("t",), webhook=SourceWebhook(scheme=scheme, secrets=secrets)
    )


def test_secrets_are_those_of_the_settings_and_of_files(tmp_path: Path) -> None:
    (tmp_path / "next").write_text("after\n")
    secrets = WebhookSecrets([signed("now", f"file:{tmp_path}/next")])
    assert secrets.of("shop") == ("now", "after")
    assert secrets.of("other") == ()


def test_a_file_is_read_anew_and_what_was_holds_until_it_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("one")
    secrets = WebhookSecrets([signed(f"file:{path}")])
    assert not secrets.refresh()
    path.write_text("another")
    assert secrets.refresh()
    assert secrets.of("shop") == ("another",)
    for spoilt in ("", "  \n", None):
        path.write_text(spoilt) if spoilt is not None else path.unlink()
        secrets.refresh()
        assert secrets.of("shop") == ("another",)
    path.write_text("third")
    secrets.refresh()
    assert secrets.of("shop") == ("third",)


def test_a_secret_that_is_none_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(
        SettingsError, match=r"source `shop`: cannot read the secret .* \(No such"
    ):
        WebhookSecrets([signed(f"file:{tmp_path}/none")])
    (tmp_path / "empty").touch()
    with pytest.raises(SettingsError, match=r"in `.*/empty`, is empty; write it there"):
        WebhookSecrets([signed(f"file:{tmp_path}/empty")])
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="it is no text"):
        WebhookSecrets([signed(f"file:{tmp_path}/bytes")])
    with pytest.raises(SettingsError, match="of its webhook is no public key on P-256") as told:
        WebhookSecrets([signed(PUBLIC_KEY, "not a key", scheme="sendgrid")])
    assert "not a key" not in str(told.value)


def test_a_source_that_takes_keys_has_no_secrets() -> None:
    by_key = Source(name="a", topics=("t",), webhook=SourceWebhook(scheme="key"))
    assert WebhookSecrets([by_key, Source(name="b", topics=("t",))]).of("a") == ()


def test_a_source_has_a_rate_of_its_own(tmp_path: Path) -> None:
    write_keys(tmp_path / "keys.json", [])
    access = Access(KeyRing(tmp_path / "keys.json"), rate=1)
    access.spend_of("shop")
    access.spend_of("shop")
    with pytest.raises(Problem, match="this source may send 1 a second") as told:
        access.spend_of("shop")
    assert told.value.status == 429
    access.spend_of("mail")


def test_what_twilio_signed_is_what_is_written() -> None:
    """What is checked and what is kept are read in one way."""
    event = webhook_event(TWILIO.body, TWILIO.headers, "i-twilio-", TWILIO.id)
    assert msgspec.json.decode(event.value) == dict(read_form(TWILIO.body) or ())
