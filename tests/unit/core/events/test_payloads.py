"""What an event may carry, and what makes it a dead letter."""

import math

import msgspec
import pytest

from legato.core.events.event import FUTURE, Event, clamp
from legato.core.events.payloads import (
    CHECKS,
    READERS,
    CartPayload,
    ConversationPayload,
    Item,
    OrderPayload,
    TakenItem,
)
from legato.core.events.types import EVENT_TYPES
from legato.core.values.results import Rejected
from legato.harness import Harness
from tests.unit.core.stories import at, event, looked


def raw(kind: str, data: bytes) -> Event:
    return Event(
        id="e", type=kind, channel="web", time=0, customer_id="ada", data=msgspec.Raw(data)
    )


DEAD = [
    ("cart.item_added", b"{}", "without `sku`"),
    ("cart.item_added", b"", "without `sku`"),
    ("cart.item_added", b"null", "without `sku`"),
    ("cart.item_added", b'{"sku": ""}', "without `sku`"),
    ("cart.item_added", b'{"sku": "A", "quantity": 0}', "quantity `0`; send a number above 0"),
    ("cart.item_added", b'{"sku": "A", "quantity": -1}', "quantity `-1`"),
    ("cart.item_added", b'{"sku": "A", "quantity": null}', "quantity"),
    ("cart.item_added", b'{"sku": "A", "quantity": 1e999}', "out of range"),
    ("cart.item_added", b'{"sku": 7}', "sku"),
    ("cart.item_added", b'{"sku": "A"', "truncated"),
    ("cart.item_added", b"[]", "array"),
    ("cart.item_added", b'{"sku": "\xff"}', "utf-8"),
    ("cart.item_removed", b'{"sku": "A", "quantity": 0}', "quantity `0`"),
    ("cart.updated", b'{"items": [{"sku": "A"}, {}]}', "without `sku`"),
    ("cart.updated", b'{"items": [{"sku": "A", "quantity": 0}]}', "quantity `0`"),
    ("cart.updated", b'{"items": {}}', "array"),
    ("cart.updated", b"", "no `items`; list all that is in the cart, `[]` if nothing is"),
    ("cart.updated", b'{"items": null}', "no `items`"),
    ("cart.updated", b'{"total": 7}', "no `items`"),
    ("consent.updated", b"{}", "needs `purpose` and `status`"),
    ("consent.updated", b'{"purpose": "promotion"}', "granted, denied or"),
    ("survey.answered", b'{"kind": "mood"}', "nps, csat, ces"),
    ("customer.updated", b'{"language": "german"}', "BCP 47"),
    ("customer.updated", b'{"time_zone": "Mars/X"}', "Europe/Berlin"),
    ("cart.item_added", b'{"sku": "A", "currency": "Euros"}', "ISO 4217"),
    ("contact.started", b'{"reason": 7}', "reason"),
]


@pytest.mark.parametrize(("kind", "data", "message"), DEAD)
def test_a_dead_letter_says_what_is_wrong(kind: str, data: bytes, message: str) -> None:
    answer = EVENT_TYPES.read_payload(raw(kind, data))
    assert isinstance(answer, Rejected)
    assert message in answer.message
    assert kind in answer.message


@pytest.mark.parametrize(("kind", "data", "message"), DEAD)
def test_a_dead_letter_leaves_no_trace(kind: str, data: bytes, message: str) -> None:
    harness = Harness().feed(looked(0))
    before = msgspec.msgpack.encode(harness.contexts["ada"])
    assert isinstance(harness.take(raw(kind, data)), Rejected)
    assert msgspec.msgpack.encode(harness.contexts["ada"]) == before


def test_an_item_is_one_piece_unless_it_says_otherwise() -> None:
    assert EVENT_TYPES.read_payload(raw("cart.item_added", b'{"sku": "A"}')) == Item("A", 1)
    half = b'{"sku": "A", "quantity": 0.5, "price": 3, "unknown": true}'
    assert EVENT_TYPES.read_payload(raw("cart.item_added", half)) == Item("A", 0.5, 3)


@pytest.mark.parametrize("data", [b"", b"null", b"{}", b'{"items": null}', b'{"items": []}'])
def test_absent_null_and_empty_list_no_items(data: bytes) -> None:
    payload = EVENT_TYPES.read_payload(raw("order.completed", data))
    assert isinstance(payload, OrderPayload)
    assert not payload.items


def test_an_order_is_taken_with_items_that_a_cart_would_not_take() -> None:
    odd = b'{"items": [{"sku": "A", "quantity": 0}, {"name": "no sku"}]}'
    assert isinstance(EVENT_TYPES.read_payload(raw("order.completed", odd)), OrderPayload)


def test_a_line_of_an_order_or_a_removal_without_quantity_is_the_whole_line() -> None:
    removal = EVENT_TYPES.read_payload(raw("cart.item_removed", b'{"sku": "A"}'))
    assert isinstance(removal, Item)
    assert removal.quantity == math.inf
    order = EVENT_TYPES.read_payload(raw("order.completed", b'{"items": [{"sku": "A"}]}'))
    assert isinstance(order, OrderPayload)
    assert order.items == [TakenItem("A", math.inf)]


def test_what_names_an_article_elsewhere_is_text_or_a_number() -> None:
    told = b'{"sku": "A", "variant_id": 7, "product_id": {"id": 3}}'
    item = EVENT_TYPES.read_payload(raw("cart.item_added", told))
    assert isinstance(item, Item)
    assert item.other_ids == ("7",)


@pytest.mark.parametrize("kind", ["page.viewed", "something.unheard_of", "x", "ad.exposed"])
def test_data_of_other_types_is_not_looked_at(kind: str) -> None:
    assert EVENT_TYPES.read_payload(raw(kind, b'{"any": ["thing"]}')) is None


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("cart.viewed", b'{"items": 3}'),
        ("checkout.abandoned_by_robot", b'{"step": 2}'),
        ("contact.rated", b'{"reason": {"code": 7}}'),
        ("case.escalated", b'"to the boss"'),
        ("order.shipped", b'{"items": "all", "total": "12,00"}'),
    ],
)
def test_a_type_that_is_not_known_by_name_is_never_rejected(kind: str, data: bytes) -> None:
    payload = EVENT_TYPES.read_payload(raw(kind, data))
    assert isinstance(payload, CartPayload | OrderPayload | ConversationPayload)
    assert Harness().take(raw(kind, data)) is None


def test_an_unknown_type_is_kept_in_the_timeline() -> None:
    harness = Harness().feed(event(0, "something.unheard_of", "kiosk", a=1))
    touch = harness.contexts["ada"].timeline[-1]
    assert (touch.type, touch.channel, touch.time) == ("something.unheard_of", "kiosk", at(0))


@pytest.mark.parametrize(
    ("ahead", "clamped"), [(0, False), (FUTURE, False), (FUTURE + 1, True)]
)
def test_a_time_from_the_future_is_pulled_back_and_flagged(ahead: int, clamped: bool) -> None:
    event = clamp(Event(id="e", type="a.b", channel="web", time=at(0) + ahead), at(0))
    assert event.clamped == clamped
    assert event.time == at(0) + min(ahead, FUTURE)
    assert event.received == at(0)


def test_of_each_payload_it_is_said_what_checks_it() -> None:
    assert CHECKS.keys() == READERS.keys()
