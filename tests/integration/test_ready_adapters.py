"""WhatsApp within its window, by what a real Redis knows of the customer."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import parse_qs

import msgspec
import pytest
import redis

from legato.adapter import Action, Deliver, Delivered, Failed, Retry, Setup
from legato.channels.outgoing import sample_action
from legato.core.events.event import Event
from legato.core.values.time import HOUR, Instant
from legato.harness import Harness
from legato.serving.adapters.ready import message
from legato.serving.redis_view.keys import Keys
from legato.settings import OutboundSettings, RedisSettings, Settings
from legato.wire.context_view import context_view
from tests.unit.transports.web import WebServer, answering, serving

NOW = time.time_ns() // 1_000_000
TAKEN = answering(201, b'{"sid": "SM1"}')


class Shelf:
    """A Redis of its own prefix, and customers put into it as the view does."""

    def __init__(self, url: str) -> None:
        prefix = f"legato.{uuid.uuid4().hex[:8]}:"
        self.settings = Settings(
            redis=RedisSettings(url=url, prefix=prefix),
            outbound=OutboundSettings(loopback=True),
        )
        self._keys, self._redis = Keys.of(self.settings), redis.Redis.from_url(url)

    def put(self, *events: Event) -> str:
        """Let a customer do this; returns who it is."""
        harness = Harness()
        for each in events:
            harness.feed(each)
        [(customer, context)] = harness.contexts.items()
        told = msgspec.json.encode(context_view(context, []))
        self._redis.set(self._keys.customer(customer), told)
        return customer

    def merge(self, customer: str, into: str) -> None:
        told = msgspec.json.encode({"revision": 1, "index": [], "forward": into})
        self._redis.set(self._keys.customer(customer), told)


@pytest.fixture
def shelf(redis_url: str) -> Shelf:
    return Shelf(redis_url)


def wrote(ago: int, channel: str = "whatsapp", kind: str = "message.received") -> Event:
    at: Instant = NOW - ago
    told = {
        "id": f"{channel}-{kind}-{ago}",
        "type": kind,
        "channel": channel,
        "time": at,
        "identifiers": {"phone": "+14017122661"},
        "data": {},
    }
    event = msgspec.json.decode(msgspec.json.encode(told), type=Event)
    event.received = at
    return event


class Words:
    async def render(
        self, action: Action, unsubscribe_url: str = ""
    ) -> Mapping[str, str] | Failed | Retry:
        return {"text": "It waits.", "template": "HX1"}


@asynccontextmanager
async def whatsapp(shelf: Shelf) -> AsyncIterator[tuple[Deliver, WebServer]]:
    async with serving(TAKEN) as web:
        told = {
            "twilio": {
                "account": "AC1",
                "secret": "s",
                "senders": {"whatsapp": "+15"},
                "url": web.url,
            }
        }
        options = msgspec.convert(told, message.Options)
        setup = Setup("w", options=options, content=Words(), settings=shelf.settings)
        async with message.connect(setup) as deliver:
            yield deliver, web


async def said_to(shelf: Shelf, customer: str) -> str:
    """Send to a customer, and say whether it was words of our own or a template."""
    action = sample_action(
        "whatsapp", "+14017122661", customer_id=customer, expires_at=NOW + HOUR
    )
    async with whatsapp(shelf) as (deliver, web):
        assert await deliver(action) == Delivered("SM1")
    [heard] = web.heard
    return "words" if "Body" in parse_qs(heard.body.decode()) else "template"


async def test_who_wrote_there_within_a_day_gets_words(shelf: Shelf) -> None:
    assert await said_to(shelf, shelf.put(wrote(23 * HOUR))) == "words"


@pytest.mark.parametrize(
    "events",
    [
        [wrote(24 * HOUR)],
        [wrote(1 * HOUR, "sms")],
        [wrote(1 * HOUR, "whatsapp", "message.opened")],
        [wrote(1 * HOUR, "web", "page.viewed")],
    ],
    ids=["a day ago", "elsewhere", "only read", "did something else"],
)
async def test_who_did_not_gets_a_template(shelf: Shelf, events: list[Event]) -> None:
    assert await said_to(shelf, shelf.put(*events)) == "template"


async def test_the_last_time_counts_and_a_merged_customer_is_whoever_goes_on(
    shelf: Shelf,
) -> None:
    customer = shelf.put(wrote(40 * HOUR), wrote(2 * HOUR), wrote(1 * HOUR, "web"))
    shelf.merge("former", customer)
    assert await said_to(shelf, "former") == "words"


async def test_of_a_customer_whom_nobody_knows_nobody_knows_it(shelf: Shelf) -> None:
    assert await said_to(shelf, "nobody") == "template"
