"""Who asked to be forgotten gets nothing, whatever it is for; what is open is taken back."""

from __future__ import annotations

import pytest

from legato import Event, Harness, Playbook, read_playbook
from legato.core.context.context import Context
from legato.core.merge.merge import merge
from legato.core.values.outputs import Revoked
from tests.unit.core.context.test_erasure import asked, took_back
from tests.unit.core.stories import DAYS, HOURS, added, at, event, losers, may, only, ordered

PLAYBOOK = """
version: 1
situations:
  left: {absence: {of: cart, after: [1h, 5h]}}
  came: {switch: {goal: cart, within: 24h}}
channels:
  email: {address: [email]}
  sms: {address: [phone]}
  store: {pull: true}
quiet_hours: {from: "21:00", to: "08:00", channels: [email]}
actions:
  mail:
    {situation: left, channel: email, purpose: promotion, content: x, value: 9, expires: 20h}
  text: {situation: left, channel: sms, purpose: service, content: x, expires: 20h}
  brief:
    {situation: came, channel: store, purpose: service, content: x, when: {to: [store]}}
"""
WAYS = read_playbook(PLAYBOOK.encode())
KNOWN = {"identifiers": {"email": "a@x.org", "phone": "+49301234567"}}
EVENING = 9 * HOURS
AGREED = may(-5, **KNOWN)


def told(*events: Event, until: float, playbook: Playbook = WAYS) -> Harness:
    ordered_by_receipt = sorted(events, key=lambda each: each.received or each.time)
    return Harness(playbook).feed(AGREED, *ordered_by_receipt).wait_until(at(until))


def verdicts(harness: Harness) -> list[tuple[str, dict[str, str]]]:
    return [(each.action, losers(each)) for each in harness.decisions]


def taken_back(harness: Harness) -> list[tuple[str, str, float, bool]]:
    names = {each.action_id: each.action for each in harness.actions}
    return [
        (names[each.action_id], each.reason, (each.time - at(0)) / 60_000, each.too_late)
        for each in harness.revoked
    ]


def report(harness: Harness, minute: float, status: str, nth: int = 0) -> Event:
    action = harness.actions[nth]
    return event(minute, f"action.{status}", action.channel, action_id=action.action_id)


ALL_ERASED = ("", {"mail": "erased", "text": "erased"})


def test_promotion_and_service_lose_alike() -> None:
    harness = told(added(0), asked(10), until=62)
    assert verdicts(harness) == [ALL_ERASED]
    assert harness.actions == []


def test_a_request_that_was_taken_back_lets_later_decisions_pass() -> None:
    harness = told(added(0), asked(10), took_back(90), until=6 * HOURS)
    assert verdicts(harness) == [ALL_ERASED, ("mail", {"text": "lost_arbitration"})]


def test_who_asks_again_is_to_be_forgotten_again() -> None:
    harness = told(added(0), asked(10), took_back(20), asked(30), until=62)
    assert verdicts(harness) == [ALL_ERASED]


def test_it_is_asked_after_what_is_not_planned_at_all_and_before_what_is_over() -> None:
    bought = told(added(0), asked(10), ordered(20, "SHOE", channel="store"), until=62)
    (came,) = bought.decisions
    assert losers(came) == {"brief": "erased"}, "the same event finished it"
    elsewhere = told(added(0), asked(10), event(20, "page.viewed", "mobile"), until=30)
    assert losers(only(elsewhere.decisions)) == {"brief": "not_eligible"}


def test_what_went_out_and_of_which_nobody_heard_is_taken_back() -> None:
    harness = told(added(0), asked(90), until=100)
    assert taken_back(harness) == [("mail", "erased", 90, False)]
    assert harness.contexts["ada"].actions[0].status == "revoked"


def test_what_waits_for_the_morning_is_taken_back() -> None:
    harness = told(added(EVENING), asked(EVENING + 90), until=DAYS)
    assert harness.actions[0].not_before > at(EVENING + 90)
    assert taken_back(harness)[0] == ("mail", "erased", EVENING + 90, False)


def test_what_waits_for_a_free_slot_is_taken_back() -> None:
    braked = read_playbook((PLAYBOOK + "rate: {email: 1/h}\n").encode())
    other = [may(-5, customer_id="eve", **KNOWN), added(-1, customer_id="eve")]
    harness = told(*other, added(0), asked(70), until=80, playbook=braked)
    mine = only([each for each in harness.actions if each.customer_id == "ada"])
    assert mine.not_before > at(70)
    assert [each.action_id for each in harness.revoked] == [mine.action_id]


def test_what_reached_them_before_they_asked_is_over() -> None:
    harness = told(added(0), until=62)
    harness.feed(report(harness, 65, "delivered"), asked(90))
    assert harness.revoked == []


def test_what_reached_them_after_they_asked_was_taken_back_too_late() -> None:
    harness = told(added(0), until=62)
    harness.feed(report(harness, 80, "delivered"), asked(70, received=90))
    assert taken_back(harness) == [("mail", "erased", 90, True)]


def test_what_expired_or_failed_before_is_over() -> None:
    assert told(added(0), asked(26 * HOURS), until=26 * HOURS).revoked == []
    failed = told(added(0), until=62)
    failed.feed(report(failed, 65, "failed"))
    failed.feed(report(failed, 66, "failed", 1), asked(70))
    assert failed.revoked == []


@pytest.mark.parametrize("status", ["", "delivered", "viewed"])
def test_a_handoff_that_somebody_may_still_see_to_is_closed(status: str) -> None:
    harness = told(added(0), event(20, "store.visited", "store"), until=21)
    if status:
        harness.feed(report(harness, 22, status))
    harness.feed(asked(30))
    assert taken_back(harness) == [("brief", "erased", 30, bool(status))]


@pytest.mark.parametrize("status", ["accepted", "rejected", "failed", "expired"])
def test_one_that_is_over_stays_as_it_was(status: str) -> None:
    harness = told(added(0), event(20, "store.visited", "store"), until=21)
    harness.feed(report(harness, 22, status), asked(30))
    assert harness.revoked == []


def test_a_request_that_comes_late_takes_back_what_was_decided_after_it() -> None:
    harness = told(added(0), until=62).feed(asked(30, received=90))
    assert taken_back(harness) == [("mail", "erased", 90, False)]


def test_so_it_does_where_it_was_taken_back_by_now() -> None:
    both = [took_back(80), asked(30, received=90)]
    harness = told(added(0), *both, until=100)
    assert taken_back(harness) == [("mail", "erased", 90, False)]
    after = told(added(0), took_back(50), asked(30, received=90), until=100)
    assert after.revoked == [], "it was decided once they had taken it back"


def test_what_is_found_late_of_the_time_before_they_asked_stays_undone() -> None:
    visit = event(20, "store.visited", "store", received=60)
    harness = told(added(0), asked(30), took_back(40), visit, until=59)
    assert losers(harness.decisions[0]) == {"brief": "erased"}


def test_what_failed_is_not_decided_again_elsewhere() -> None:
    harness = told(added(0), until=62)
    harness.feed(asked(70, received=70), report(harness, 80, "failed"))
    assert [each.action for each in harness.actions] == ["mail"]
    harness = told(added(0), until=62)
    harness.feed(report(harness, 65, "delivered"), asked(70))
    mine = harness.actions[0].action_id
    harness.feed(event(80, "message.bounced", "email", action_id=mine))
    again = harness.decisions[-1]
    assert again.fallback_of == mine
    assert losers(again)["text"] == "erased"


def test_nor_once_they_took_it_back_for_it_was_found_before() -> None:
    harness = told(added(0), until=62)
    harness.feed(report(harness, 65, "delivered"), asked(70), took_back(75))
    mine = harness.actions[0].action_id
    harness.feed(event(80, "message.bounced", "email", action_id=mine))
    assert losers(harness.decisions[-1])["text"] == "erased"


def test_somebody_who_is_heard_of_first_by_their_request_is_known() -> None:
    harness = Harness(WAYS).feed(asked(0), may(5, **KNOWN), added(10)).wait_until(at(72))
    assert verdicts(harness) == [ALL_ERASED]


def half(*events: Event) -> Context:
    return Harness(WAYS).feed(*events).contexts["ada"]


def halves_merged(theirs: Context, since: float) -> list[Revoked]:
    mine = told(added(0), until=62).contexts["ada"]
    both, said = merge(WAYS, mine, theirs, at(since))
    other, also = merge(WAYS, theirs, mine, at(since))
    assert both.erasures == other.erasures
    ways = [[each for each in way if isinstance(each, Revoked)] for way in (said, also)]
    assert len({(*(each.action_id for each in way),) for way in ways}) == 1
    return ways[0]


def test_what_one_half_decided_the_other_half_takes_back() -> None:
    revoked = only(halves_merged(half(asked(30)), since=70))
    assert (revoked.reason, revoked.time, revoked.too_late) == ("erased", at(70), False)
    assert only(halves_merged(half(asked(65)), since=70)).reason == "erased"


def test_but_not_what_was_decided_while_no_request_stood() -> None:
    assert halves_merged(half(asked(30), took_back(40)), since=70) == []
    assert halves_merged(half(asked(30)), since=30 * HOURS) == [], "it expired by then"
