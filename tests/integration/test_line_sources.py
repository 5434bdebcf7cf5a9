"""A till in Avro, telephony in JSON and a web stream in CloudEvents reach one context."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from legato.core.values.outputs import Situation
from legato.settings import RegistrySettings, Settings
from legato.wire.formats.avro import write_avro
from legato.wire.formats.registry import FileRegistry
from legato.wire.source.source import Source
from tests.integration.conftest import Kafka
from tests.integration.line_case import Case
from tests.integration.line_settings import line_settings
from tests.unit.wire.reading import known

NOON = 1_760_000_000_000
MINUTE = 60_000
CARD = "42"
RECEIPT: dict[str, Any] = {
    "type": "record",
    "name": "Receipt",
    "fields": [
        {"name": "receipt_no", "type": "string"},
        {"name": "printed_at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "card", "type": "string"},
        {"name": "shop", "type": "string"},
        {
            "name": "articles",
            "type": {
                "type": "array",
                "items": {
                    "type": "record",
                    "name": "Article",
                    "fields": [
                        {"name": "ean", "type": "string"},
                        {"name": "pieces", "type": "int"},
                    ],
                },
            },
        },
    ],
}


def _sources(prefix: str) -> list[Source]:
    till = Source(
        name="till",
        topics=(f"{prefix}pos.receipts",),
        format="avro",
        fields={"id": "receipt_no", "time": "printed_at", "location.venue": "shop"},
        identifiers={"loyalty_id": "card"},
        data={"items[].sku": "articles[].ean", "items[].quantity": "articles[].pieces"},
        defaults={"type": "order.completed", "channel": "store"},
    )
    calls = Source(
        name="calls",
        topics=(f"{prefix}acd.events",),
        format="json",
        fields={"id": "call+event", "type": "event", "time": "at"},
        identifiers={"loyalty_id": "ivr.card"},
        data={"reason": "skill", "queue": "queue"},
        types={"CONNECTED": "contact.started"},
        defaults={"channel": "call"},
    )
    return [till, calls, Source(name="web", topics=(f"{prefix}web",), format="cloudevents")]


def _settings(kafka: Kafka, prefix: str, schemas: Path) -> Settings:
    settings = line_settings(kafka.bootstrap, prefix, _sources(prefix))
    sources = tuple(
        msgspec.structs.replace(source, clock="event_time") for source in settings.sources
    )
    registry = RegistrySettings(url=f"file:{schemas}")
    return msgspec.structs.replace(settings, sources=sources, registry=registry)


def test_three_topics_of_a_company_reach_one_context(
    kafka: Kafka, topic_prefix: str, tmp_path: Path
) -> None:
    schemas = tmp_path / "schemas"
    schemas.mkdir()
    (schemas / "receipt.avsc").write_bytes(msgspec.json.encode(RECEIPT))
    case = Case(_settings(kafka, topic_prefix, schemas), tmp_path)
    till, calls = case.create("pos.receipts", 2), case.create("acd.events", 3)
    web = case.create("web", 1)
    with case.worker() as worker:
        _fill_a_cart(case, web)
        _arrived(case)
        case.put(calls, _call(), None)
        _arrived(case)
        case.put(till, _receipt(schemas), b"till-7")
        _arrived(case)
        assert worker.stop() == 0
    (context,) = case.contexts().values()
    assert context.identifiers == {"loyalty_id": [CARD]}
    assert [(touch.channel, touch.type) for touch in context.timeline] == [
        ("web", "cart.item_added"),
        ("call", "contact.started"),
        ("store", "order.completed"),
    ]
    assert not context.carts, "the till's order names the article that lay in the web cart"
    assert [each.reason for each in context.cases.values()] == ["delivery"]
    assert _switches(case) == [("web", "call"), ("call", "store")]


def _arrived(case: Case) -> None:
    """Let one thing happen after the other: topics have no order among them."""
    case.producer.flush(30)
    case.wait_until_done()


def _fill_a_cart(case: Case, topic: str) -> None:
    data = {
        "channel": "web",
        "identifiers": {"loyalty_id": CARD},
        "data": {"sku": "4006381333931", "price": 89},
    }
    case.producer.produce(
        topic,
        msgspec.json.encode(data),
        b"cookie-9",
        headers={
            "ce_specversion": "1.0",
            "ce_id": "w1",
            "ce_source": "shop",
            "ce_type": "cart.item_added",
            "ce_time": "2025-10-09T08:53:20Z",
            "content-type": "application/json",
        },
    )


def _call() -> bytes:
    return msgspec.json.encode(
        {
            "call": "c-1",
            "event": "CONNECTED",
            "at": NOON + 5 * MINUTE,
            "ivr": {"card": 42},
            "skill": "delivery",
            "queue": "care-de",
        }
    )


def _receipt(schemas: Path) -> bytes:
    receipt = {
        "receipt_no": "r-1",
        "printed_at": NOON + 30 * MINUTE,
        "card": CARD,
        "shop": "BER-1",
        "articles": [{"ean": "4006381333931", "pieces": 1}],
    }
    return write_avro(receipt, known(FileRegistry(schemas), RECEIPT))


def _switches(case: Case) -> list[tuple[str, str]]:
    found = case.outputs(case.topics.situations)
    return [
        (each.evidence["from"], each.evidence["to"])
        for each in found
        if isinstance(each, Situation) and each.situation == "channel_switched"
    ]
