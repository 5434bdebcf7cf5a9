"""A playbook that is published while all runs, as a company would meet it."""

from __future__ import annotations

import json

from msgspec import Raw

from legato.core.events.event import Event
from legato.core.playbook.compile import read_playbook
from legato.core.playbook.versions import PlaybookVersion
from legato.core.values.time import DAY, HOUR, MINUTE, Instant
from legato.harness import Harness
from legato.replay import read_log, replay
from legato.wire.topics.playbooks import write_playbook_record

START: Instant = 1_772_445_600_000
CHANNELS = "version: 1\nchannels: {web: {pull: true}, email: {address: [email]}}\n"
QUIET = CHANNELS + "situations: {}\n"
LAPSING = CHANNELS + (
    "situations: {lapsing: {absence: {of: customer, after: 60d}}}\n"
    "actions: {win_back: {situation: lapsing, channel: email, purpose: service, content: x}}\n"
)
LEFT = CHANNELS + (
    "situations: {cart_left: {absence: {of: cart, after: [1h, 24h]}}}\n"
    "actions: {remind: {situation: cart_left, channel: email, purpose: service, content: x,"
    " expires: 20h}}\n"
)
SOONER = LEFT.replace("[1h, 24h]", "[30m, 2h, 24h]")
OTHER = LEFT.replace("remind:", "call_back:")


def line(text: str) -> Harness:
    return Harness(read_playbook(text.encode()))


def look(customer: str, at: Instant, kind: str = "page.viewed") -> Event:
    return Event(
        id=f"{customer}-{at}-{kind}",
        type=kind,
        channel="web",
        time=at,
        identifiers={"email": f"{customer}@example.org"},
        data=Raw(b'{"sku": "SHOE"}'),
    )


def test_a_lapsing_rule_over_ten_thousand_known_customers_sends_nothing_at_once() -> None:
    harness = line(QUIET)
    for number in range(10_000):
        harness.feed(look(f"c{number}", START + number))
    since = START + 70 * DAY
    harness.publish(LAPSING, since)
    harness.wait_until(since + 50 * DAY)
    harness.feed(look("c7", since + 50 * DAY))
    assert harness.drain() == []
    harness.wait_until(since + 111 * DAY)
    (found,) = harness.situations
    assert found.time == since + 110 * DAY
    assert [each.action for each in harness.actions] == ["win_back"]


def test_a_cart_that_was_left_before_keeps_its_stages() -> None:
    harness = line(LEFT).feed(look("ann", START, "cart.item_added"))
    harness.publish(SOONER, START + 20 * MINUTE)
    harness.feed(look("bob", START + 20 * MINUTE, "cart.item_added"))
    harness.wait_until(START + 2 * DAY)
    told = [(each.customer_id, each.time - START, each.stage) for each in harness.situations]
    ann, bob = (
        harness.customer_of({"email": f"{name}@example.org"}) for name in ("ann", "bob")
    )
    assert told == [
        (bob, 50 * MINUTE, 1),
        (ann, HOUR, 1),
        (bob, 20 * MINUTE + 2 * HOUR, 2),
        (ann, DAY, 2),
        (bob, 20 * MINUTE + DAY, 3),
    ]


def test_what_the_new_version_does_not_do_is_withdrawn() -> None:
    harness = line(LEFT).feed(look("ann", START, "cart.item_added"))
    harness.wait_until(START + HOUR)
    (sent,) = harness.actions
    harness.publish(OTHER, START + 2 * HOUR)
    harness.wait_until(START + 3 * HOUR)
    assert [(each.action_id, each.reason, each.time) for each in harness.revoked] == [
        (sent.action_id, "withdrawn", START + 2 * HOUR)
    ]
    harness.wait_until(START + DAY)
    assert [each.action for each in harness.actions] == ["remind", "call_back"]


def test_what_is_paused_is_found_and_told_and_nothing_is_done() -> None:
    harness = line(LEFT).feed(look("ann", START, "cart.item_added"))
    harness.publish(LEFT, START + MINUTE, paused=["cart_left"])
    harness.publish(LEFT, START + 2 * HOUR)
    harness.wait_until(START + DAY)
    assert [each.stage for each in harness.situations] == [1, 2]
    assert [each.candidates[0].reason for each in harness.decisions] == ["paused", "won"]
    assert [each.time - START for each in harness.actions] == [DAY]


def test_a_replay_takes_versions_between_events() -> None:
    since = START + 20 * MINUTE
    _, version = write_playbook_record(PlaybookVersion(1, since, SOONER, published=START))
    log = [_line(look("ann", START, "cart.item_added")), version]
    log.append(_line(look("bob", since, "cart.item_added")))
    harness = line(LEFT)
    told = [json.loads(each) for each in replay(harness, read_log(log), START + HOUR)]
    assert [(each["time"] - START) for each in told if each["kind"] == "situation"] == [
        50 * MINUTE,
        HOUR,
    ]


def _line(event: Event) -> bytes:
    told = {"id": event.id, "type": event.type, "channel": event.channel, "time": event.time}
    return json.dumps(
        {**told, "identifiers": event.identifiers, "data": {"sku": "SHOE"}}
    ).encode()
