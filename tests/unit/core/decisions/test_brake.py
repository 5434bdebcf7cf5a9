"""At most so many an hour, in whatever order slots are asked for; the rest waits."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legato.core.decisions.brake import MOST_BUSY, Brake
from legato.core.playbook.compile import PlaybookError, read_playbook
from legato.core.values.outputs import Action
from legato.core.values.time import DAY, HOUR, MINUTE, Instant
from legato.harness import Harness
from tests.unit.core.linking.test_addresses import REMIND, guest, told
from tests.unit.core.stories import HOURS, added, at, event, losers, may, playbook

MAIL = """
version: 1
situations: {left: {absence: {of: cart, after: [1h]}}}
channels: {email: {address: [email]}, web: {pull: true}, sms: {address: [phone]}}
actions: {mail: {situation: left, channel: email, purpose: promotion, content: x, expires: 2h}}
rate: {email: 2/h}
"""


def taken(brake: Brake, wanted: list[Instant]) -> list[Instant]:
    """Take a slot for each, in this order."""
    slots = []
    for each in wanted:
        slot = brake.slot("email", each)
        brake.take("email", slot)
        slots.append(slot)
    return slots


@given(st.lists(st.integers(0, 10 * HOUR)), st.integers(1, 50), st.integers(1, 12))
def test_in_order_it_is_the_generic_cell_rate_algorithm(
    wanted: list[Instant], rate: int, partitions: int
) -> None:
    gap, due, expected = -(-HOUR * partitions // rate), 0, []
    for each in sorted(wanted):
        slot = max(each, due)
        due = slot + gap
        expected.append(slot)
    assert taken(Brake({"email": rate}, partitions, {}), sorted(wanted)) == expected


@given(st.lists(st.integers(0, 10 * HOUR), max_size=200), st.integers(1, 50), st.integers(1, 4))
def test_in_any_order_no_two_lie_closer_than_the_rate_says(
    wanted: list[Instant], rate: int, partitions: int
) -> None:
    slots = taken(Brake({"email": rate}, partitions, {}), wanted)
    gap = HOUR * partitions / rate
    assert all(later - earlier >= gap for earlier, later in pairwise(sorted(slots)))
    assert all(slot >= each for slot, each in zip(slots, wanted, strict=True))
    for first in slots:
        within = sum(first <= slot < first + HOUR for slot in slots)
        assert within <= rate / partitions + 1


@given(st.lists(st.integers(0, 3 * HOUR), max_size=30), st.integers(20, 50))
def test_nobody_waits_who_need_not(wanted: list[Instant], rate: int) -> None:
    brake, gap = Brake({"email": rate}, 1, {}), -(-HOUR // rate)
    slots: list[Instant] = []
    for each in wanted:
        slot = brake.slot("email", each)
        tried = {each, *(other + gap for other in slots if other + gap >= each)}
        free = [at for at in tried if all(abs(at - other) >= gap for other in slots)]
        assert slot == min(free)
        brake.take("email", slot)
        slots.append(slot)


def test_what_waits_for_tomorrow_keeps_nobody_waiting_today() -> None:
    brake = Brake({"email": 1}, 1, {})
    assert taken(brake, [DAY, DAY, 0]) == [DAY, DAY + HOUR, 0]


def test_it_remembers_so_many_stretches_and_then_errs_on_the_safe_side() -> None:
    brake = Brake({"email": 60}, 1, {})
    taken(brake, [each * 10 * MINUTE for each in range(3 * MOST_BUSY)])
    assert len(brake.taken["email"]) == MOST_BUSY
    assert brake.slot("email", 0) > 0
    again = Brake({"email": 60}, 1, brake.taken)
    assert again.slot("email", 0) == brake.slot("email", 0)


def customers(*names: str, minute: float = 0) -> Harness:
    """Let them leave a cart each at the same minute."""
    harness = Harness(playbook(MAIL))
    for name in names:
        who = {"customer_id": name, "identifiers": {"email": f"{name}@example.org"}}
        harness.feed(may(minute - 1, id=f"{name}-may", **who))
        harness.feed(added(minute, id=f"{name}-cart", **who))
    return harness.wait_until(at(minute + 5 * HOURS))


def not_before(actions: list[Action]) -> list[float]:
    return [(each.not_before - at(0)) / MINUTE for each in actions]


def test_the_rest_waits_and_who_would_wait_too_long_loses_without_a_slot() -> None:
    harness = customers("ada", "bob", "eve", "kim", "lee", "mia")
    assert not_before(harness.actions) == [60, 90, 120, 150]
    late = [each for each in harness.decisions if not each.action]
    assert [losers(each) for each in late] == [{"mail": "expired"}] * 2
    assert {each.detail for decision in late for each in decision.candidates} == {"rate"}


def test_what_lost_for_another_reason_takes_no_slot() -> None:
    harness = Harness(playbook(MAIL))
    for name, status in (("ada", "denied"), ("bob", "granted")):
        who = {"customer_id": name, "identifiers": {"email": f"{name}@example.org"}}
        harness.feed(may(-1, status, id=f"{name}-may", **who), added(0, id=name, **who))
    harness.wait_until(at(2 * HOURS))
    assert not_before(harness.actions) == [60]


def test_a_slot_does_not_lie_in_the_quiet_hours() -> None:
    quiet = 'quiet_hours: {from: "14:15", to: "15:00", channels: [email]}'
    harness = Harness(playbook(f"{MAIL}\n{quiet}"))
    for name in ("ada", "bob", "eve"):
        who = {"customer_id": name, "identifiers": {"email": f"{name}@example.org"}}
        harness.feed(may(0, id=f"{name}-may", **who), added(60, id=name, **who))
    harness.wait_until(at(6 * HOURS))
    assert not_before(harness.actions) == [120, 180, 210]


def test_a_failed_message_falls_back_through_the_same_brake() -> None:
    both = MAIL.replace("email: 2/h", "email: 2/h, sms: 1/h").replace(
        "actions: {", "actions: {text: {situation: left, channel: sms, purpose: promotion, "
        "content: x, expires: 6h, value: 0.5}, "
    )  # fmt: skip
    harness = Harness(playbook(both))
    for name in ("ada", "bob"):
        who = {
            "customer_id": name,
            "identifiers": {"email": f"{name}@example.org", "phone": f"+4930123456{len(name)}"},
        }
        harness.feed(may(-1, id=f"{name}-may", **who), added(0, id=name, **who))
    harness.wait_until(at(61))
    for action in harness.actions[:2]:
        failed = event(62, "action.failed", "email", action_id=action.action_id)
        failed.customer_id, failed.id = action.customer_id, f"{action.customer_id}-failed"
        harness.feed(failed)
    harness.wait_until(at(3 * HOURS))
    texts = [each for each in harness.actions if each.channel == "sms"]
    assert not_before(texts) == [62, 122]


def test_an_address_is_asked_for_the_slot_that_is_kept_for_it() -> None:
    asking = read_playbook(f"{REMIND}rate: {{email: 1/h}}\n".encode())
    guests = [*guest("v-1", 0), *guest("v-2", 0, "kim@example.com")]
    harness = told(*guests, until=62, playbook=asking)
    assert sorted(not_before(harness.actions)) == [60, 120]
    reserved = [
        each.ask.not_before
        for context in harness.contexts.values()
        for each in context.reserved
    ]
    assert sorted(reserved) == sorted(each.not_before for each in harness.actions)


@pytest.mark.parametrize(
    ("rate", "fault"),
    [
        ("{email: 2000}", "rate"),
        ("{email: 20/m}", "`20/m` is no rate; write how many an hour, such as `2000/h`"),
        ("{email: x/h}", "`x/h` is no rate"),
        ("{email: 0/h}", "let it be `1/h` to `1000000/h`"),
        ("{email: 2000000/h}", "let it be `1/h` to `1000000/h`"),
        ("{fax: 1/h}", "nobody knows channel `fax`"),
        ("{web: 1/h}", "on `web` the customer is there already"),
    ],
)
def test_a_rate_that_cannot_be_meant_is_a_fault(rate: str, fault: str) -> None:
    with pytest.raises(PlaybookError) as error:
        playbook(MAIL.replace("{email: 2/h}", rate))
    assert fault in str(error.value)
