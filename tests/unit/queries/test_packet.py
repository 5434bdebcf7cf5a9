"""An agent is shown one packet: who it is, what they want, what was done on all channels."""

from typing import Any

import msgspec

from legato.core.events.event import Event
from legato.queries.packet import Packet, ReadArticle, packet_of
from legato.queries.visibility import VisibleContact
from legato.testing import event, story
from legato.testing.events import instant
from tests.unit.queries.test_card import context_in

NOW = instant("12:00")
DAMAGED: dict[str, Any] = {"reason": "delivery_damaged"}


def told(*steps: Event | str) -> Packet:
    """The packet of a story's only customer, who calls."""
    harness = story(*steps)
    contact = VisibleContact(NOW, NOW + 1, "call", "maria", NOW - 40_000)
    waiting = [each for each in harness.actions if each.address == "service"]
    actions = [msgspec.to_builtins(each) for each in reversed(waiting)]
    return packet_of(context_in(harness), actions, contact, NOW)


def test_one_question_on_three_channels_is_one_story() -> None:
    packet = told(
        event("message.received", "10:02", channel="email", text="Two left shoes.", **DAMAGED),
        event("contact.started", "10:50", channel="chat", queue="service", **DAMAGED),
        event("contact.ended", "10:59", channel="chat", queue="service", **DAMAGED),
        event("contact.started", "11:50", channel="call", queue="service", **DAMAGED),
    )
    [need] = packet.needs
    assert (need.said, need.channels) == ("Two left shoes.", ("email", "chat", "call"))
    assert [each.channel for each in packet.timeline] == ["call", "chat", "chat", "email"]
    assert packet.contacts == 3
    assert [each.action for each in packet.tasks] == ["brief_call_agent", "brief_chat_agent"]


def test_what_they_read_before_they_called_is_not_explained_again() -> None:
    packet = told(
        event("article.viewed", "10:00", title="How to send it back", topic="returns"),
        event("contact.started", "10:30", channel="call", queue="service", reason="returns"),
    )
    assert packet.articles == (ReadArticle(instant("10:00"), "How to send it back"),)


def test_orders_come_the_latest_first() -> None:
    item = {"sku": "A", "price": 5.0, "currency": "EUR"}
    packet = told(
        event("order.completed", "10:00", order_id="o-1", items=[item], total=5.0),
        event("order.completed", "11:00", order_id="o-2", items=[item], total=7.0),
    )
    assert [(each.id, each.total) for each in packet.orders] == [("o-2", 7.0), ("o-1", 5.0)]


def test_how_long_they_wait_is_told_while_they_wait() -> None:
    assert told(event("page.viewed", "10:00")).waited_ms == 40_000
