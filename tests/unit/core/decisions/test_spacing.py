"""What must lie between actions: what those before forbid, at home and at an address."""

from __future__ import annotations

import pytest

from legato import Harness, read_playbook
from legato.core.context.context import ActionRecord
from legato.core.context.retention import REMEMBER_MOST
from legato.core.decisions.caps import to_remember
from legato.core.playbook.definition import Playbook
from legato.core.playbook.rules import ActionFilter, ContactRules, Cooldown
from legato.core.values.time import DAY
from tests.unit.core.linking.test_addresses import guest, of, told
from tests.unit.core.stories import DAYS, HOURS, added, at, event, losers, may, only

TWO = """
version: 1
situations: {left: {absence: {of: cart, after: [1h]}}}
channels: {email: {address: [email]}, sms: {address: [phone]}}
actions:
  mail: {situation: left, channel: email, purpose: promotion, content: x, propensity: 0.9}
  text: {situation: left, channel: sms, purpose: promotion, content: x, propensity: 0.1}
"""
KNOWN = {"identifiers": {"email": "a@x.org", "phone": "+49301234567"}}


def with_rule(rule: str) -> Playbook:
    return read_playbook((TWO + rule).encode())


def two_carts(playbook: Playbook, later: float) -> Harness:
    """Leave one cart at noon, and another so many minutes later."""
    harness = Harness(playbook).feed(may(0, **KNOWN), added(0, cart_id="a"))
    harness.feed(added(later, cart_id="b"))
    return harness.wait_until(at(later + 61))


def second(harness: Harness) -> tuple[str, dict[str, str]]:
    """What was decided about the second cart."""
    last = harness.decisions[-1]
    return last.action, losers(last)


CARE = with_rule("cooldowns: {care: {per: 3d, action: mail}}")


@pytest.mark.parametrize(("later", "action"), [(3 * DAYS - 1, "text"), (3 * DAYS, "mail")])
def test_a_cooldown_is_over_after_exactly_its_span(later: float, action: str) -> None:
    assert second(two_carts(CARE, later))[0] == action


def test_a_cooldown_names_itself_and_leaves_what_it_is_not_about() -> None:
    harness = two_carts(CARE, DAYS)
    assert second(harness) == ("text", {"mail": "cooldown"})
    assert {each.detail for each in harness.decisions[-1].candidates} == {"care", ""}


@pytest.mark.parametrize(
    ("among", "lost"),
    [
        ("channel: email", {"mail": "cooldown"}),
        ("purpose: promotion", {"mail": "cooldown", "text": "cooldown"}),
        ("situation: left", {"mail": "cooldown", "text": "cooldown"}),
        ("purpose: service", {"text": "lost_arbitration"}),
    ],
)
def test_a_cooldown_may_be_about_more_than_one_action(among: str, lost: dict[str, str]) -> None:
    rule = f"cooldowns: {{care: {{per: 3d, {among}}}}}"
    assert second(two_carts(with_rule(rule), DAYS))[1] == lost


def test_what_came_to_nothing_begins_no_cooldown() -> None:
    harness = Harness(CARE).feed(may(0, **KNOWN), added(0, cart_id="a")).wait_until(at(61))
    failed = event(62, "action.failed", "email", action_id=harness.actions[0].action_id)
    harness.feed(failed, added(DAYS, cart_id="b")).wait_until(at(DAYS + 61))
    assert second(harness)[0] == "mail"


def test_at_an_address_a_cooldown_counts_what_others_sent() -> None:
    playbook = with_rule("cooldowns: {care: {per: 3d, action: mail}}")
    harness = told(*guest("v-1", 0), *guest("v-2", HOURS), until=3 * HOURS, playbook=playbook)
    first, later = harness.decisions
    assert (first.action, later.action) == ("mail", "")
    mail = only([each for each in later.candidates if each.action == "mail"])
    assert (mail.reason, mail.detail, mail.by) == ("cooldown", "care", "address")


VOICE = "exclusions: {voice: {actions: [mail, text], per: 3d}}\n"
MAIL_ONCE = "caps: {once: {most: 1, per: 2d, channel: email}}\n"


@pytest.mark.parametrize(
    ("later", "action", "lost"),
    [
        (3 * DAYS - 1, "mail", {"text": "mutual_exclusion"}),
        (3 * DAYS, "mail", {"text": "lost_arbitration"}),
        (DAYS, "", {"mail": "frequency_cap", "text": "mutual_exclusion"}),
    ],
)
def test_of_two_that_exclude_each_other_the_first_goes_on_alone(
    later: float, action: str, lost: dict[str, str]
) -> None:
    assert second(two_carts(with_rule(VOICE + MAIL_ONCE), later)) == (action, lost)


def test_at_an_address_what_others_sent_excludes_as_well() -> None:
    """The second guest has but the cheaper mail to offer."""
    both = """
version: 1
situations:
  left: {absence: {of: cart, after: [1h]}}
channels: {email: {address: [email]}}
actions:
  dear: {situation: left, channel: email, purpose: promotion, content: x, value: 2,
         when: {value_at_least: 50}}
  cheap: {situation: left, channel: email, purpose: promotion, content: x}
exclusions: {voice: {actions: [dear, cheap], per: 3d}}
"""
    _, agreed = guest("v-2", HOURS)
    cart = of({"anonymous_id": "v-2"}, added(HOURS, price=5.0))
    playbook = read_playbook(both.encode())
    harness = told(*guest("v-1", 0), cart, agreed, until=3 * HOURS, playbook=playbook)
    first, later = harness.decisions
    assert (first.action, later.action) == ("dear", "")
    cheap = only([each for each in later.candidates if each.action == "cheap"])
    assert (cheap.reason, cheap.detail, cheap.by) == ("mutual_exclusion", "voice", "address")


def taken(number: int, out: int, name: str = "other") -> ActionRecord:
    return ActionRecord(f"a{number}", "", name, "s", "service", "web", out, out, out + DAY)


def test_what_a_rule_still_counts_is_remembered_beyond_the_last_fifty() -> None:
    actions = [taken(0, 0, "mail"), *(taken(n, n) for n in range(1, 100))]
    care = Cooldown("care", DAY, ActionFilter("mail"))
    kept = to_remember(Playbook(rules=ContactRules((care,))), actions)
    assert len(kept) == REMEMBER_MOST
    assert kept[0].name == "mail"
