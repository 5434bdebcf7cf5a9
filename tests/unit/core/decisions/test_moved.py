"""A customer's time zone changes while an action waits for the end of the quiet hours."""

from __future__ import annotations

import pytest

from legato import Harness, read_playbook
from tests.unit.core.stories import added, at, event, may

KNOWN = {"identifiers": {"email": "a@x.org", "phone": "+49301234567"}}
PLAYBOOK = """
version: 1
situations: {left: {absence: {of: cart, after: [1h]}}}
channels: {email: {address: [email]}, sms: {address: [phone]}}
quiet_hours: {from: "12:30", to: "14:30", channels: [email]}
actions:
  mail: {situation: left, channel: email, purpose: service, content: x, value: 9, expires: 20h}
"""
TEXT = "  text: {situation: left, channel: sms, purpose: service, content: x, expires: 20h}\n"


def waiting(more: str = "") -> Harness:
    """Leave a cart at noon, UTC, so that at one a mail is told to wait for half past two."""
    harness = Harness(read_playbook((PLAYBOOK + more).encode()))
    zone = event(-9, "customer.updated", time_zone="UTC", **KNOWN)
    return harness.feed(zone, may(-5, **KNOWN), added(0)).wait_until(at(61))


def moved_to(zone: str, more: str = "") -> Harness:
    return waiting(more).feed(event(70, "customer.updated", time_zone=zone))


def test_it_waits_by_the_clock_of_the_zone_that_is_known() -> None:
    (mail,) = waiting().actions
    assert (mail.action, mail.not_before) == ("mail", at(150))


@pytest.mark.parametrize("zone", ["Atlantic/Azores", "America/Noronha"])
def test_what_would_go_out_at_night_there_is_taken_back(zone: str) -> None:
    (revoked,) = moved_to(zone).revoked
    assert (revoked.reason, revoked.time, revoked.too_late) == ("quiet_hours", at(70), False)


def test_and_decided_again_on_a_channel_that_keeps_no_quiet() -> None:
    harness = moved_to("Atlantic/Azores", TEXT)
    mail, text = harness.actions
    assert [each.action_id for each in harness.revoked] == [mail.action_id]
    assert (text.action, text.not_before) == ("text", at(70))
    assert harness.decisions[-1].fallback_of == mail.action_id


@pytest.mark.parametrize(
    "zone", ["Asia/Kolkata", "Australia/Lord_Howe", "Europe/Berlin", "UTC"]
)
def test_where_it_is_day_then_it_goes_out_as_it_was_told(zone: str) -> None:
    harness = moved_to(zone, TEXT)
    assert harness.revoked == []
    assert len(harness.actions) == 1


def test_what_went_out_before_stays() -> None:
    late = waiting(TEXT).feed(event(151, "customer.updated", time_zone="Atlantic/Azores"))
    assert late.revoked == []


def test_another_fact_about_the_customer_changes_nothing() -> None:
    harness = waiting(TEXT).feed(event(70, "customer.updated", language="de"))
    assert (harness.revoked, len(harness.actions)) == ([], 1)
