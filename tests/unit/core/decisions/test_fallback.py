"""What fails or comes back in time is decided again on another channel, twice at most."""

from __future__ import annotations

import pytest

from legato import Decision, Event, Harness, Playbook, read_playbook
from legato.core.context.context import Context
from legato.core.merge.merge import merge
from legato.wire.state import read_context, write_context
from tests.unit.core.linking.test_addresses import guest, told
from tests.unit.core.linking.test_addresses import wish as agreed
from tests.unit.core.stories import HOURS, added, at, event, losers, may, only, ordered

FOUR = """
version: 1
situations: {left: {absence: {of: cart, after: [1h, 5h]}}}
channels:
  email: {address: [email]}
  sms: {address: [phone]}
  mobile: {address: [device_id]}
  whatsapp: {address: [whatsapp_id]}
actions:
  mail: {situation: left, channel: email, purpose: promotion, content: x, value: 9}
  letter: {situation: left, channel: email, purpose: promotion, content: x, value: 8}
  text: {situation: left, channel: sms, purpose: promotion, content: x, value: 3}
  push: {situation: left, channel: mobile, purpose: promotion, content: x, value: 2}
  note: {situation: left, channel: whatsapp, purpose: promotion, content: x, value: 1}
"""
PLAYBOOK = read_playbook(FOUR.encode())
KNOWN = {
    "identifiers": {
        "email": "a@x.org",
        "phone": "+49301234567",
        "device_id": "d",
        "whatsapp_id": "+49301234567",
    }
}


def mailed(playbook: Playbook = PLAYBOOK, **wish: object) -> Harness:
    """Leave a cart at noon, so that a mail goes out at one."""
    harness = Harness(playbook).feed(may(-5, **KNOWN, **wish), added(0))
    return harness.wait_until(at(60))


def fail(harness: Harness, minute: float, kind: str = "action.failed") -> Harness:
    """Report that the last action failed."""
    last = harness.actions[-1].action_id
    return harness.feed(event(minute, kind, "email", action_id=last))


def last(harness: Harness) -> Decision:
    return harness.decisions[-1]


def test_what_failed_goes_out_on_the_next_best_channel() -> None:
    harness = fail(mailed(), 70)
    mail, text = harness.actions
    assert (text.action, text.time, text.expires_at) == ("text", at(70), at(70 + 4 * HOURS))
    assert last(harness).fallback_of == mail.action_id
    assert losers(last(harness)) == {
        "mail": "duplicate",
        "letter": "unreachable",
        "push": "lost_arbitration",
        "note": "lost_arbitration",
    }
    assert [each.detail for each in last(harness).candidates[:2]] == ["", "failed"]
    first, again = harness.decisions
    assert first.situation_id == again.situation_id
    assert first.decision_id != again.decision_id
    assert len(harness.situations) == 1


@pytest.mark.parametrize("hard", [True, False])
def test_so_does_what_came_back(hard: bool) -> None:
    harness = mailed()
    name = harness.actions[0].action_id
    harness.feed(event(70, "message.bounced", "email", action_id=name, hard=hard))
    assert [each.action for each in harness.actions] == ["mail", "text"]
    assert harness.contexts["ada"].actions[0].status == "failed"


def test_a_bounce_that_names_no_action_is_about_none() -> None:
    harness = mailed().feed(event(70, "message.bounced", "email", hard=True))
    assert len(harness.decisions) == 1


def test_it_falls_back_twice_and_no_more() -> None:
    harness = fail(fail(fail(mailed(), 70), 80), 90)
    assert [each.action for each in harness.actions] == ["mail", "text", "push"]
    assert [each.fallback_of for each in harness.decisions] == [
        "",
        *(each.action_id for each in harness.actions[:2]),
    ]
    assert losers(last(harness)) | {"note": ""} == {
        "mail": "duplicate",
        "letter": "unreachable",
        "text": "duplicate",
        "note": "",
    }


@pytest.mark.parametrize(("minute", "again"), [(5 * HOURS - 1, 1), (5 * HOURS, 0)])
def test_what_has_expired_is_not_decided_again(minute: float, again: int) -> None:
    harness = mailed(read_playbook(FOUR.replace(", 5h", "").encode()))
    assert len(fail(harness, minute).decisions) == 1 + again


def test_two_reports_of_one_failure_count_once() -> None:
    harness = mailed()
    mail = harness.actions[0].action_id
    harness.feed(event(70, "action.failed", "email", action_id=mail))
    harness.feed(event(71, "message.bounced", "email", action_id=mail))
    assert len(harness.actions) == 2


@pytest.mark.parametrize(
    "status", ["action.clicked", "action.expired", "action.revoked_too_late"]
)
def test_what_was_read_expired_or_taken_back_does_not_come_to_nothing_later(
    status: str,
) -> None:
    harness = fail(fail(mailed(), 65, status), 70)
    assert len(harness.actions) == 1


def test_what_was_bought_meanwhile_is_told_and_not_done() -> None:
    harness = fail(mailed().feed(ordered(65)), 70)
    assert len(harness.actions) == 1
    assert {*losers(last(harness)).values()} == {"converted"}
    assert last(harness).fallback_of == harness.actions[0].action_id


def test_what_a_later_stage_has_done_is_not_done_for_the_earlier_one() -> None:
    text = FOUR.replace("value: 9", "value: 9, expires: 20h")
    harness = mailed(read_playbook(text.encode())).wait_until(at(6 * HOURS))
    first = harness.actions[0].action_id
    harness.feed(event(6 * HOURS, "action.failed", "email", action_id=first))
    assert {*losers(last(harness)).values()} == {"expired"}


def test_the_cap_of_what_failed_is_free() -> None:
    cap = "caps: {once: {most: 1, per: 7d}}"
    harness = fail(mailed(read_playbook((FOUR + cap).encode())), 70)
    assert [each.action for each in harness.actions] == ["mail", "text"]


def test_where_no_other_channel_is_left_nothing_is_decided() -> None:
    one = FOUR[: FOUR.index("  text:")]
    harness = fail(mailed(read_playbook(one.encode())), 70)
    assert len(harness.decisions) == 1


def test_it_goes_out_in_the_same_brand() -> None:
    harness = Harness(
        read_playbook(
            FOUR.replace(
                "absence: {of: cart, after: [1h, 5h]}", "switch: {goal: any, within: 1h}"
            ).encode()
        )
    )
    harness.feed(may(-5, **KNOWN, brand="a"), may(-4, "denied", brand="b", on="sms"), added(0))
    harness.feed(event(5, "page.viewed", "store", brand="a"))
    fail(harness, 70)
    assert [each.action for each in harness.actions] == ["mail", "text"]


def test_it_survives_bytes_and_a_merge() -> None:
    harness = mailed()
    context = harness.contexts["ada"]
    assert read_context(write_context(context)) == context
    united, _ = merge(PLAYBOOK, Context("bob"), context)
    assert united.actions == context.actions
    fail(harness, 70)
    after, _ = merge(PLAYBOOK, harness.contexts["ada"], united)
    assert [each.retry is None for each in after.actions] == [True, False]


def test_what_is_kept_for_it_is_forgotten_when_it_expires() -> None:
    harness = mailed().wait_until(at(5 * HOURS))
    first, second = harness.contexts["ada"].actions
    assert (first.retry, second.retry is None) == (None, False)


def test_an_address_of_another_is_asked_and_the_decision_says_why() -> None:
    phone = "+4930123456"
    harness = told(*guest("v-1", 0, phone=phone), until=62)
    mail = only(harness.actions)
    report = event(70, "action.failed", "email", action_id=mail.action_id)
    report.customer_id = mail.customer_id
    harness.feed(report).wait_until(at(75))
    assert [(each.action, each.address) for each in harness.actions[1:]] == [("text", phone)]
    assert last(harness).fallback_of == mail.action_id


def test_an_address_may_refuse_it() -> None:
    phone = "+4930123456"
    refused: Event = agreed(30, "denied", {"phone": phone})
    harness = told(*guest("v-1", 0, phone=phone), refused, until=62)
    mail = only(harness.actions)
    report = event(70, "action.failed", "email", action_id=mail.action_id)
    report.customer_id = mail.customer_id
    harness.feed(report).wait_until(at(75))
    assert losers(last(harness)) == {"mail": "duplicate", "text": "no_consent"}
    assert last(harness).fallback_of == mail.action_id


TROUBLE = """
version: 1
situations:
  trouble:
    repeat: {of: payment.failed, times: 2, within: 30m, by: event.cart_id}
    goal: cart
    ends: order.completed
channels: {email: {address: [email]}, sms: {address: [phone]}}
actions:
  mail: {situation: trouble, channel: email, purpose: service, content: x, value: 2}
  text: {situation: trouble, channel: sms, purpose: service, content: x}
"""


def in_trouble() -> Harness:
    """Twice the payment fails for a cart of which nobody has told."""
    known = event(-5, "account.created", "web", **KNOWN)
    failed = (event(minute, "payment.failed", "web", cart_id="k") for minute in (0, 5))
    return Harness(read_playbook(TROUBLE.encode())).feed(known, *failed)


def test_a_goal_of_which_nobody_has_told_is_not_ended() -> None:
    harness = fail(in_trouble(), 10)
    assert [each.action for each in harness.actions] == ["mail", "text"]


def test_what_comes_back_after_its_situation_has_ended_is_not_decided_again() -> None:
    harness = fail(in_trouble(), 7, "action.delivered")
    harness.feed(ordered(8, cart_id="k"))
    fail(harness, 10)
    assert [each.action for each in harness.actions] == ["mail"]
    assert harness.contexts["ada"].actions[0].status == "failed"
    assert len(harness.decisions) == 1
