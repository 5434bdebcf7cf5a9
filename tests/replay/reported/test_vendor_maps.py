"""Records of vendors that were misread, as reported: what `source check` makes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from legato.cli import main

HERE = Path(__file__).parent


def _check(case: str, source: str, sample: str = "events.jsonl", *words: str) -> Result:
    folder = HERE / case
    told = ("--settings", str(folder / "legato.toml"), "source", "check", source)
    return CliRunner().invoke(main, [*told, "--sample", str(folder / sample), *words])


def _records(case: str, source: str, sample: str = "events.jsonl", *words: str) -> list[Any]:
    told = _check(case, source, sample, "--json", *words)
    assert told.exit_code == 0, told.output
    return [msgspec.json.decode(line) for line in told.stdout.splitlines()]


def _events(case: str, source: str, sample: str = "events.jsonl", *words: str) -> list[Any]:
    records = _records(case, source, sample, *words)
    return [event for record in records for event in record["events"]]


SENDGRID = "06_sendgrid_unsubscribe"
OWN_OR_READY_MADE = pytest.mark.parametrize("own", [True, False])


@OWN_OR_READY_MADE
def test_06_an_unsubscribe_and_a_spam_report_are_refusals_and_a_batch_is_its_events(
    own: bool,
) -> None:
    source = "sendgrid" if own else "ready_made"
    sent, *refusals = _events(SENDGRID, source)
    assert sent["type"] == "message.sent"
    if not own:
        spam = refusals.pop(1)
        assert spam["type"] == "message.complained"
        assert spam["identifiers"] == refusals[0]["identifiers"]
    assert {each["type"] for each in refusals} == {"consent.updated"}
    for each in refusals:
        wish = {name: each["data"][name] for name in ("purpose", "channel", "status")}
        assert wish == {"purpose": "promotion", "channel": "email", "status": "revoked"}
    (batch,) = _records(SENDGRID, source, "batch.json")
    assert [each["id"] for each in batch["events"]] == ["e-1", "e-4"]


def test_08_amounts_in_text_and_ids_in_numbers_are_read() -> None:
    case = "08_shopify_order_webhook"
    (order,) = _events(case, "shopify")
    assert order["type"] == "order.completed"
    assert order["data"]["total"] == 249.0
    assert [item["price"] for item in order["data"]["items"]] == [199.0, 50.0]
    (variant,) = _events(case, "variant")
    assert [item["sku"] for item in variant["data"]["items"]] == ["4415318", "4415319"]
    (ready,) = _events(case, "ready_made")
    assert ready["data"]["total"] == 249.0
    assert [item["sku"] for item in ready["data"]["items"]] == ["LAMP-3", "4415319"]


@OWN_OR_READY_MADE
def test_09_a_time_in_gmt_has_a_zone_and_a_guest_has_no_account(own: bool) -> None:
    (order,) = _events("09_woocommerce_order_webhook", "woo" if own else "ready_made")
    assert (order["type"], order["time"]) == ("order.completed", 1_772_471_112_000)
    who = {"email": "nora@example.com", "phone": "(312) 555-0188"}
    assert order["identifiers"] == who


@OWN_OR_READY_MADE
def test_10_each_call_is_what_it_says_and_an_order_has_its_items(own: bool) -> None:
    records = _records("10_segment_calls", "segment" if own else "ready_made")
    types = [event["type"] for record in records for event in record["events"]]
    assert types == ["customer.updated", "page.viewed", "cart.item_added", "order.completed"]
    (order,) = records[3]["events"]
    assert [(item["sku"], item["quantity"]) for item in order["data"]["items"]] == [("G-32", 1)]
    assert order["order_id"] == "50314"
    assert [record["left_out"] for record in records] == [None] * 4 + ["when"] * 2


@OWN_OR_READY_MADE
def test_12_a_delete_is_read_by_what_was_before_and_its_tombstone_passed_over(
    own: bool,
) -> None:
    records = _records("12_debezium_delete_and_tombstone", "cdc" if own else "ready_made")
    events = [record["events"] for record in records]
    types = [each["type"] for (each,) in events[:3]]
    assert types == ["account.created", "customer.updated", "customer.deleted"]
    assert events[2][0]["identifiers"] == {"user_id": "1001", "email": "nora.b@example.com"}
    tombstone = {name: value for name, value in records[3].items() if name != "warnings"}
    assert tombstone == {"line": 4, "events": [], "left_out": "empty", "dead_letters": []}


def test_14_a_name_may_begin_with_a_dollar() -> None:
    (added,) = _events("14_keys_that_begin_with_a_dollar", "sift")
    assert added["type"] == "cart.item_added"
    assert added["identifiers"]["user_id"] == "u-1"
    assert added["data"] == {"sku": "004834GQ", "price": 38.99, "currency": "USD"}


CALL = {
    "id": "77:CONNECTED",
    "type": "contact.started",
    "channel": "call",
    "time": 1_760_000_000_000,
    "source": "telephony",
    "identifiers": {"phone": "+49301234567"},
    "case_id": "900",
    "data": {"reason": "refund", "queue": "returns", "wait_s": 31},
}


def test_41_a_sample_is_read_with_its_key_however_that_is_told() -> None:
    case = "41_docs_own_telephony_sample"
    assert _events(case, "telephony") == [CALL]
    assert _events(case, "telephony", "value.json", "--key", "+49301234567") == [CALL]
    told = _check(case, "telephony", "value.json", "--json")
    assert told.exit_code == 1
    record = msgspec.json.decode(told.stdout)
    assert record["dead_letters"][0]["reason"] == "no_identifier"
    assert record["warnings"] == ["`identifiers.phone`: nothing was ever found under `$key`"]
