"""What must lie between actions: what those before forbid, at home and at an address."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from legato import Harness, PlaybookError, read_playbook
from legato.core.context.context import ActionRecord, Context, Rejection
from legato.core.context.retention import MOST_REJECTIONS, REMEMBER_MOST
from legato.core.decisions.address_news import handed_over
from legato.core.decisions.answering import answer_due, change_reservation
from legato.core.decisions.caps import to_remember
from legato.core.decisions.rejections import to_keep
from legato.core.events.event import Event
from legato.core.identity.commands import AskAddress, ReservationChanged
from legato.core.line.partition import Partition
from legato.core.merge.merge import merge
from legato.core.playbook.definition import Playbook
from legato.core.playbook.rules import ActionFilter, ContactRules, Cooldown
from legato.core.values.time import DAY
from legato.wire.blobs import TODAY
from legato.wire.state import read_context, write_context
from tests.unit.core.linking.test_addresses import ADDRESS, guest, of, told
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


TIRED = with_rule("suppress: {tired: {rejections: 2, within: 10d, for: 40d, action: mail}}")


def rejected(minute: float, harness: Harness, who: str = "ada") -> Event:
    """Say that the last action was waved away."""
    last = harness.actions[-1].action_id
    return event(minute, "action.rejected", "email", action_id=last, customer_id=who)


def rejecting(*days: float) -> Harness:
    """Reject a mail on each of these days, an hour after it was sent."""
    harness = Harness(TIRED).feed(may(0, **KNOWN))
    for day in days:
        start = day * DAYS
        harness.feed(added(start, cart_id=f"c{day}")).wait_until(at(start + 60))
        harness.feed(rejected(start + 120, harness))
    return harness


def a_cart(harness: Harness, minute: float) -> tuple[str, dict[str, str]]:
    """What is decided in this minute about a cart that was left an hour before."""
    return second(harness.feed(added(minute - 60, cart_id="late")).wait_until(at(minute)))


@pytest.mark.parametrize(
    ("days", "later", "action"),
    [
        ((0, 9), 49 * DAYS + 119, "text"),
        ((0, 9), 49 * DAYS + 120, "mail"),
        ((0, 10), 11 * DAYS, "mail"),
        ((0,), 11 * DAYS, "mail"),
    ],
)
def test_who_rejects_too_much_gets_none_for_a_while(
    days: tuple[float, ...], later: float, action: str
) -> None:
    assert a_cart(rejecting(*days), later)[0] == action


def test_the_reason_names_the_rule() -> None:
    harness = rejecting(0, 1)
    assert a_cart(harness, 2 * DAYS)[1] == {"mail": "suppressed_after_rejections"}
    assert harness.decisions[-1].candidates[0].detail == "tired"


def test_one_action_that_is_rejected_twice_counts_once() -> None:
    harness = rejecting(0)
    harness.feed(rejected(130, harness), rejected(140, harness))
    assert len(harness.contexts["ada"].rejections) == 1
    assert a_cart(harness, 2 * DAYS)[0] == "mail"


def test_a_rejection_outlives_its_action_and_the_bytes() -> None:
    context = rejecting(0, 9).contexts["ada"]
    assert [each.name for each in context.rejections] == ["mail", "mail"]
    assert read_context(write_context(context)).rejections == context.rejections


def test_two_who_become_one_have_rejected_what_either_did() -> None:
    ours, theirs = Context("ada"), Context("bob")
    ours.rejections = to_keep(Rejection(n, f"a{n}", "mail", "s", "p", "c") for n in range(60))
    theirs.rejections = to_keep(
        Rejection(n + 30, f"a{n}", "mail", "s", "p", "c") for n in range(40, 80)
    )
    both = merge(TIRED, ours, theirs)[0].rejections
    assert both == merge(TIRED, theirs, ours)[0].rejections
    assert both == to_keep((*ours.rejections, *theirs.rejections))
    assert len(both) == MOST_REJECTIONS
    assert {each.time for each in both if each.action_id == "a50"} == {80}


def test_what_is_rejected_at_an_address_counts_for_all_who_send_there() -> None:
    tired = with_rule("suppress: {tired: {rejections: 1, within: 10d, for: 40d}}")
    harness = told(*guest("v-1", 0), until=62, playbook=tired)
    said = rejected(70, harness, harness.actions[0].customer_id)
    harness.feed(said, *guest("v-2", 80)).wait_until(at(3 * HOURS))
    assert [each.action for each in harness.decisions] == ["mail", ""]
    mail = only([each for each in harness.decisions[-1].candidates if each.action == "mail"])
    assert (mail.reason, mail.by) == ("suppressed_after_rejections", "address")
    judge = harness.contexts[str(harness.customer_of({"email": ADDRESS}))]
    assert only(judge.rejections).name == "mail"


OFFERS = TWO.replace("propensity: 0.9", "propensity: 0.9, offer: ten, expires: 24h").replace(
    "propensity: 0.1", "propensity: 0.1, params: {offer: twenty}"
)
MAIL_CAP = "caps: {once: {most: 1, per: 30d, channel: email}}\n"


def offered(later: float, status: str = "", text: str = OFFERS) -> tuple[str, dict[str, str]]:
    """Make an offer by mail an hour after noon, then see what else may be offered."""
    harness = Harness(read_playbook((text + MAIL_CAP).encode()))
    harness.feed(may(0, **KNOWN), added(0, cart_id="a")).wait_until(at(60))
    if status:
        name = harness.actions[0].action_id
        harness.feed(event(90, f"action.{status}", "email", action_id=name))
    return a_cart(harness, later)


def test_an_offer_holds_until_it_expires() -> None:
    assert offered(25 * HOURS - 1) == ("", {"mail": "frequency_cap", "text": "existing_offer"})
    assert offered(25 * HOURS)[0] == "text"


@pytest.mark.parametrize(
    ("status", "action"), [("rejected", "text"), ("converted", "text"), ("clicked", "")]
)
def test_or_until_it_is_rejected_or_made_use_of(status: str, action: str) -> None:
    assert offered(20 * HOURS, status)[0] == action


def test_the_same_offer_may_be_made_on_every_channel() -> None:
    assert offered(20 * HOURS, text=OFFERS.replace("twenty", "ten"))[0] == "text"
    assert (
        offered(20 * HOURS, text=OFFERS.replace(", params: {offer: twenty}", ""))[0] == "text"
    )


def test_at_an_address_an_offer_of_others_holds_and_is_not_told() -> None:
    more = "{situation: left, channel: email, purpose: promotion, content: x, offer: five}"
    dear = "propensity: 0.9, value: 2, offer: ten, when: {value_at_least: 50}"
    text = TWO.replace("propensity: 0.9", dear).replace("  text:", f"  other: {more}\n  text:")
    _, agreed = guest("v-2", HOURS)
    cart = of({"anonymous_id": "v-2"}, added(HOURS, price=5.0))
    playbook = read_playbook(text.encode())
    harness = told(*guest("v-1", 0), cart, agreed, until=2.5 * HOURS, playbook=playbook)
    assert [each.action for each in harness.decisions] == ["mail", ""]
    other = only([x for x in harness.decisions[-1].candidates if x.action == "other"])
    assert (other.reason, other.detail, other.by) == ("existing_offer", "", "address")


def test_an_action_that_makes_two_offers_is_refused() -> None:
    text = TWO.replace("propensity: 0.9", "offer: ten, params: {offer: five}")
    with pytest.raises(PlaybookError, match="its `params` make another offer than `ten`"):
        read_playbook(text.encode())


def test_an_address_that_goes_is_told_what_was_sent_there_and_what_was_rejected() -> None:
    """The first mail begins a cooldown; that the second went out is told, not asked."""
    line = Partition(CARE, TODAY, continuous=True)
    feed = [may(0, **KNOWN), added(0, cart_id="a")]
    for each in feed:
        line.feed(each, each.time)
    line.advance(at(61))
    former = line.context_of("ada")
    first = only(former.actions)
    line.feed(event(70, "action.rejected", "email", action_id=first.action_id), at(70))
    again = replace(first, action_id="again", not_before=at(80), decided=at(80))
    former.actions = (first, again)
    judge = Context("judge")
    for command in handed_over(former, "judge", "a@x.org"):
        if isinstance(command, AskAddress):
            judge.questions = (*judge.questions, command)
        elif isinstance(command, ReservationChanged):
            change_reservation(judge, command)
    answer_due(CARE, judge, at(90))
    assert [each.ask.action_id for each in judge.reserved] == [first.action_id, "again"]
    assert judge.rejections == former.rejections
    assert judge.rejections[0].name == "mail"


def taken(number: int, out: int, name: str = "other") -> ActionRecord:
    return ActionRecord(f"a{number}", "", name, "s", "service", "web", out, out, out + DAY)


def test_what_a_rule_still_counts_is_remembered_beyond_the_last_fifty() -> None:
    actions = [taken(0, 0, "mail"), *(taken(n, n) for n in range(1, 100))]
    care = Cooldown("care", DAY, ActionFilter("mail"))
    kept = to_remember(Playbook(rules=ContactRules((care,))), actions)
    assert len(kept) == REMEMBER_MOST
    assert kept[0].name == "mail"
