"""A cap counts where actions go out, in every span around it, and remembers what it counts."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from legato import Harness, Playbook, read_playbook
from legato.core.context.context import ActionRecord, Context, OpenAsk
from legato.core.context.retention import REMEMBER_MOST
from legato.core.decisions.caps import counted_actions, is_used_up, to_remember
from legato.core.playbook.definition import FrequencyCap
from legato.core.values.time import DAY, HOUR
from tests.unit.core.stories import DAYS, HOURS, added, at, event, losers, may, only

PER = 10
TWICE = FrequencyCap("twice", 2, PER, channel="email")


def taken(number: int, out: int, channel: str = "email", **told: object) -> ActionRecord:
    record = ActionRecord(
        f"a{number}", "", "tell", "s", "promotion", channel, out, out, out + DAY
    )
    for name, value in told.items():
        setattr(record, name, value)
    return record


instants = st.integers(0, 40)


@given(st.lists(instants, max_size=12))
def test_no_span_ever_holds_more_than_the_cap_allows(wanted: list[int]) -> None:
    promised: list[ActionRecord] = []
    for number, at_ in enumerate(wanted):
        if not is_used_up(TWICE, promised, at_):
            promised.append(taken(number, at_))
    for start in range(-PER, 50):
        within = [each for each in promised if start <= each.not_before < start + PER]
        assert len(within) <= TWICE.most


@given(st.lists(instants, max_size=8), instants)
def test_it_refuses_only_what_would_be_too_many(known: list[int], one: int) -> None:
    actions = [taken(number, out) for number, out in enumerate(known)]
    used_up = is_used_up(TWICE, actions, one)
    too_many = any(
        max(*pair, one) - min(*pair, one) < PER for pair in combinations(known, TWICE.most)
    )
    assert used_up == too_many


def test_what_is_asked_for_does_not_count_against_itself() -> None:
    asked = taken(1, 5)
    alone = Context("ada", actions=(asked,))
    waiting = Context(
        "ada", actions=(asked,), asks=(OpenAsk(taken(2, 6), (), 6, 6, b"", (), {}),)
    )
    assert counted_actions(alone, asked.action_id) == ()
    assert counted_actions(alone) == (asked,)
    assert [each.action_id for each in counted_actions(waiting, "a1")] == ["a2"]


def test_what_came_to_nothing_or_goes_elsewhere_does_not_count() -> None:
    lost = [taken(n, 5, status=status) for n, status in enumerate(("failed", "revoked"))]
    assert not is_used_up(TWICE, [*lost, taken(3, 5, "sms"), taken(4, 5)], 6)


def test_a_delivery_counts_when_it_was_reported() -> None:
    late = [taken(1, 0, delivered=8), taken(2, 0, delivered=9)]
    assert is_used_up(TWICE, late, 12)
    assert not is_used_up(TWICE, late, 19)


def test_a_cap_of_none_is_always_used_up() -> None:
    assert is_used_up(FrequencyCap("never", 0, PER), [], 0)


@given(st.lists(st.tuples(instants, st.sampled_from(("email", "sms"))), max_size=90))
def test_what_a_cap_counts_is_never_forgotten_for_what_it_does_not(
    told: list[tuple[int, str]],
) -> None:
    actions = [taken(n, out, channel) for n, (out, channel) in enumerate(sorted(told))]
    kept = to_remember(Playbook(caps=(TWICE,)), actions)
    assert len(kept) == min(len(actions), REMEMBER_MOST)
    assert list(kept) == [each for each in actions if each in kept]
    now = max((out for out, _ in told), default=0)
    for out in range(now, 60):  # nothing goes out before what is decided last
        assert is_used_up(TWICE, kept, out) == is_used_up(TWICE, actions, out)


ONE_A_DAY = """
version: 1
situations: {left: {absence: {of: cart, after: [1h]}}}
channels: {email: {address: [email]}, store: {pull: true}}
actions: {tell: {situation: left, channel: email, purpose: promotion, content: x}}
caps: {daily: {most: 1, per: %s}}
quiet_hours: {from: "21:00", to: "08:00", channels: [email]}
"""
BUSY = b"""
version: 1
situations:
  left: {absence: {of: cart, after: [1h]}}
  came: {switch: {goal: none, within: 2h}}
channels: {email: {address: [email]}, store: {pull: true}}
actions:
  tell: {situation: left, channel: email, purpose: promotion, content: x, expires: 20h}
  serve: {situation: came, channel: store, purpose: service, content: y}
caps: {weekly: {most: 1, per: 7d, purpose: promotion}}
"""
KNOWN = {"identifiers": {"email": "a@x.org"}}


def playbook(per: str, expires: str = "20h") -> Playbook:
    text = (ONE_A_DAY % per).replace("content: x", f"content: x, expires: {expires}")
    return read_playbook(text.encode())


def test_what_waits_for_the_morning_counts_in_the_morning() -> None:
    """A reminder due at 23:00 goes out at 8:00; one at 9:00 would be the second of that day."""
    harness = Harness(playbook("12h"))
    harness.feed(may(0, **KNOWN), added(10 * HOURS))
    harness.feed(added(20 * HOURS, "HAT")).wait_until(at(21.5 * HOURS))
    (held, again) = harness.decisions
    assert only(harness.actions).not_before == at(20 * HOURS)
    assert held.action == "tell"
    assert losers(again) == {"tell": "frequency_cap"}


def test_sixty_services_do_not_push_a_reminder_out_of_its_cap() -> None:
    harness = Harness(read_playbook(BUSY))
    harness.feed(may(0, **KNOWN), added(1), added(HOURS + 2, "HAT"))
    for n in range(60):
        start = 2 * HOURS + n * 10
        harness.feed(event(start, "store.visited", "store"), event(start + 5, "page.viewed"))
    harness.feed(added(2 * DAYS, "SOCK")).wait_until(at(2 * DAYS + 61))
    reminders = [each for each in harness.actions if each.action == "tell"]
    assert len(reminders) == 1
    assert len(harness.actions) > REMEMBER_MOST


def test_a_cap_of_hours_is_one_of_hours() -> None:
    assert playbook("12h").caps[0].per == 12 * HOUR
