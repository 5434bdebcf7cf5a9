"""explain and backtest against a real broker."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from msgspec import Raw

from legato.core.events.event import Event
from legato.core.values.outputs import Action
from legato.core.values.time import HOUR, MINUTE
from legato.settings import KafkaSettings, Settings, WorkerSettings
from legato.wire.topics.outcomes import Outcome
from tests.integration.legato_command import Legato
from tests.integration.said import Said, create, create_topics

T0 = 1_772_438_400_000

pytestmark = pytest.mark.integration


@pytest.fixture
def legato(bootstrap: str, topic_prefix: str, tmp_path: Path) -> Legato:
    settings = Settings(
        kafka=KafkaSettings(bootstrap=bootstrap, prefix=topic_prefix),
        worker=WorkerSettings(group=topic_prefix),
    )
    create_topics(settings)
    return Legato(settings, tmp_path)


def event(minute: int, kind: str, data: object, whose: str = "kim@example.org") -> Event:
    return Event(
        id=f"{whose} {minute}",
        type=kind,
        channel="web",
        time=T0 + minute * MINUTE,
        identifiers={"email": whose},
        data=Raw(msgspec.json.encode(data)),
    )


def a_cart_that_is_reminded_of(legato: Legato) -> None:
    """Kim is reminded of a cart and follows the link; Ada only looks."""
    said = Said(legato.settings)
    story = [
        event(0, "consent.updated", {"purpose": "promotion", "status": "granted"}),
        event(1, "page.viewed", {}, "ada@example.org"),
        event(2, "cart.item_added", {"sku": "SHOE", "price": 89}),
    ]
    outputs = said.follow(story, until=T0 + 2 * HOUR)
    (action,) = (each for each in outputs if isinstance(each, Action))
    at = action.time + MINUTE
    done = Outcome(action.action_id, action.customer_id, "email", "delivered", at)
    said.write("action.outcomes", action.customer_id, msgspec.json.encode(done))
    said.flush()


def test_a_customer_is_explained_from_the_topics(legato: Legato) -> None:
    a_cart_that_is_reminded_of(legato)
    told = legato("explain", "email:kim@example.org", "--json")
    assert told.code == 0, told.err
    (story,) = told.objects
    assert [each["type"] for each in story["seen"]] == ["consent.updated", "cart.item_added"]
    assert [each["situation"] for each in story["situations"]] == ["cart_abandoned"]
    (action,) = story["actions"]
    assert action["action"]["action"] == "remind_by_email"
    assert [each["status"] for each in action["outcomes"]] == ["delivered"]
    page = legato("explain", "email:kim@example.org")
    assert "✘  remind_by_sms on sms" in page.out
    earlier = legato("explain", "email:kim@example.org", "--at", "2026-03-02T08:30:00Z")
    assert "none so far" in earlier.out
    nobody = legato("explain", "email:eve@example.org")
    assert (nobody.code, "nothing is known of customer" in nobody.err) == (1, True)


SOONER = """\
version: 1
situations: {left: {absence: {of: cart, after: [10m]}}}
channels: {email: {address: [email]}}
actions: {write: {situation: left, channel: email, purpose: service, content: x}}
"""


def test_another_playbook_is_tried_on_what_the_topic_holds(legato: Legato) -> None:
    a_cart_that_is_reminded_of(legato)
    (legato.folder / "new.yaml").write_text(SOONER)
    told = legato("backtest", "--playbook", "new.yaml", "--topic", "--until", "+1h", "--json")
    assert told.code == 0, told.err
    (report,) = told.objects
    assert report["events"] == 3
    assert {(each["name"], each["after"]) for each in report["counts"]} == {
        ("left", 1),
        ("write@email", 1),
        ("email", 1),
    }


CHEAP = """\
version: 1
situations:
  looked: {match: {on: product.viewed, once: 1s}}
  cheaper: {match: {on: reference.price, where: event.data.amount < event.before.amount}}
channels: {web: {pull: true}, store: {pull: true}}
actions:
  show:
    situation: looked
    channel: web
    purpose: service
    content: x
    when: ref.price.SHOE.amount < 50
  talk: {situation: cheaper, channel: store, purpose: service, content: x}
"""


def test_references_are_read_beside_what_the_topic_holds(legato: Legato) -> None:
    said = Said(legato.settings)
    create(legato.settings, f"{legato.settings.kafka.prefix}references")
    looks = [event(minute, "product.viewed", {"sku": "SHOE"}) for minute in (1, 3)]
    told_by_the_line = event(2, "reference.price", {"amount": 40})
    for each in (looks[0], told_by_the_line, looks[1]):
        said.write("customer.events", "kim", msgspec.json.encode(each))
    for minute, amount in ((0, 60), (2, 40), (600, 10)):
        at = T0 + minute * MINUTE
        value = msgspec.json.encode({"time": at, "value": {"amount": amount}})
        topic = f"{said.prefix}references"
        said.producer.produce(topic, value, b"price/SHOE", timestamp=min(at, T0 + 2 * MINUTE))
    said.flush()
    (legato.folder / "new.yaml").write_text(CHEAP)
    legato.environ["LEGATO_REFERENCES"] = "true"
    told = legato("backtest", "--playbook", "new.yaml", "--topic", "--json")
    assert told.code == 0, told.err
    (report,) = told.objects
    assert (report["events"], report["unread"]) == (2, 0)
    actions = {each["name"]: each["after"] for each in report["counts"] if "@" in each["name"]}
    assert actions == {"show@web": 1, "talk@store": 1}
