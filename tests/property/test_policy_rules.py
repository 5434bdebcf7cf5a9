"""Whatever happens, what goes out keeps the rules; told over with no care for speed."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise, permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from legato import Action, Harness, read_playbook
from legato.core.values.time import DAY, HOUR, Instant
from tests.examples import examples
from tests.unit.core.stories import added, event, may

PLAYBOOK = read_playbook(b"""
version: 1
situations:
  left: {absence: {of: cart, after: [1h, 5h, 24h]}}
  came: {switch: {goal: any, within: 24h}}
channels:
  email: {address: [email]}
  sms: {address: [phone]}
  mobile: {address: [device_id]}
  store: {pull: true}
actions:
  mail: {situation: left, channel: email, purpose: promotion, content: x, value: 3, offer: ten}
  text: {situation: left, channel: sms, purpose: promotion, content: x, value: 2}
  push: {situation: left, channel: mobile, purpose: promotion, content: x, offer: five}
  brief: {situation: came, channel: store, purpose: service, content: x, when: {to: [store]}}
caps:
  daily: {most: 1, calendar: day, channel: email}
  weekly: {most: 2, calendar: week, channel: sms}
cooldowns: {care: {per: 7h, action: push}}
exclusions: {voice: {actions: [text, push], per: 9h}}
suppress: {tired: {rejections: 2, within: 1d, for: 2d, purpose: promotion}}
quiet_hours: {from: "21:00", to: "08:00", channels: [email, sms]}
""")
KNOWN = {"email": "ada@x.org", "phone": "+49301234567", "device_id": "d"}
HOURS = 60
DEEDS = ("cart a", "cart b", "store", "web", "failed", "rejected", "clicked", "bounced")
steps = st.tuples(
    st.sampled_from([0.5, 20, 60, 5 * HOURS, 11 * HOURS, 24 * HOURS]), st.sampled_from(DEEDS)
)


def lived(life: list[tuple[float, str]]) -> tuple[Harness, dict[str, Instant]]:
    """Let Ada live; of what was waved away, say when."""
    harness, minute = Harness(PLAYBOOK).feed(may(-1, identifiers=KNOWN)), 0.0
    told: dict[str, Instant] = {}
    for number, (pause, deed) in enumerate(life):
        minute += pause
        one = event(minute, "page.viewed", "web", id=f"e{number}")
        if deed.startswith("cart"):
            one = added(minute, id=f"e{number}", cart_id=deed)
        elif deed == "store":
            one = event(minute, "store.visited", "store", id=f"e{number}")
        elif deed != "web":
            harness.wait_until(one.time)
            open_ = [each for each in harness.actions if each.action_id not in told]
            if not open_ or open_[-1].not_before > one.time:
                continue
            name = open_[-1].action_id
            kind = "message.bounced" if deed == "bounced" else f"action.{deed}"
            one = event(minute, kind, "email", id=f"e{number}", action_id=name)
            told[name] = one.time if deed == "rejected" else -1
        harness.feed(one)
    return harness.wait_until(harness.engine.clock + 2 * DAY), told


def standing(harness: Harness) -> list[Action]:
    """The actions that did not come to nothing."""
    lost = {
        taken.action_id
        for taken in harness.contexts["ada"].actions
        if taken.status in ("failed", "revoked", "expired")
    }
    return [each for each in harness.actions if each.action_id not in lost]


def local_day(action: Action) -> datetime:
    day = datetime.fromtimestamp(action.not_before / 1000, UTC)
    return day.replace(hour=0, minute=0, second=0, microsecond=0)


def apart(one: Action, other: Action) -> int:
    return abs(one.not_before - other.not_before)


@given(st.lists(steps, max_size=25))
@settings(max_examples=examples(300), deadline=None)
def test_what_goes_out_keeps_the_rules(life: list[tuple[float, str]]) -> None:
    harness, told = lived(life)
    out = standing(harness)
    mails = [local_day(each) for each in out if each.action == "mail"]
    assert len(mails) == len({*mails})
    weeks = [(local_day(each).toordinal() - 1) // 7 for each in out if each.action == "text"]
    assert all(weeks.count(week) <= 2 for week in weeks)
    for one, other in permutations(out, 2):
        assert {one.action, other.action} != {"push"} or apart(one, other) >= 7 * HOUR
        assert {one.action, other.action} != {"text", "push"} or apart(one, other) >= 9 * HOUR
        if one.offer and other.offer and one.offer != other.offer and one.time < other.time:
            over = told.get(one.action_id, -1)
            assert one.expires_at <= other.not_before or -1 < over <= other.time
    promotions = {each.action_id for each in harness.actions if each.purpose == "promotion"}
    waved_away = [told[name] for name in promotions & told.keys()]
    for each in out:
        assert each.action_id not in promotions or not silenced(each, waved_away)


def silenced(action: Action, waved_away: list[Instant]) -> bool:
    """Were two waved away within a day, before this was decided and less than two days ago?"""
    times = sorted(time for time in waved_away if -1 < time < action.time)
    pairs = pairwise(times)
    return any(
        later - first < DAY and action.not_before < later + 2 * DAY for first, later in pairs
    )


@given(st.lists(steps, max_size=25))
@settings(max_examples=examples(150), deadline=None)
def test_each_action_is_taken_once_and_falls_back_twice_at_most(
    life: list[tuple[float, str]],
) -> None:
    harness, _ = lived(life)
    names = [each.action_id for each in harness.actions]
    assert len(names) == len({*names})
    decided = [each.decision_id for each in harness.decisions]
    assert len(decided) == len({*decided})
    again = [each for each in harness.decisions if each.fallback_of]
    assert len({each.fallback_of for each in again}) == len(again)
    found = [each.situation_id for each in again]
    assert all(found.count(name) <= 2 for name in found)
