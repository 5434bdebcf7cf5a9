"""Why an action is not taken, and when it may go out."""

import pytest

from legato.core.events.event import Event
from legato.core.playbook.definition import Playbook
from legato.core.values.outputs import Action, Consent, Decision
from legato.core.values.time import MINUTE
from legato.harness import Harness
from tests.unit.core.stories import (
    DAYS,
    HOURS,
    NOON,
    added,
    at,
    event,
    looked,
    losers,
    may,
    only,
    ordered,
    partition,
    playbook,
)

ADDRESSES = {"email": "ada@example.com", "phone": "+4930123", "device_id": "d-1"}


def known(minute: float = -30, **identifiers: str) -> Event:
    return event(minute, "account.logged_in", identifiers=identifiers or ADDRESSES)


def decided(*events: Event, until: float = 60, rules: Playbook | None = None) -> Harness:
    return Harness(rules).feed(*events).wait_until(at(until))


def decision(*events: Event, until: float = 60) -> Decision:
    """The last decision, but for those about somebody who asks again."""
    found = decided(*events, until=until).decisions
    return next(each for each in reversed(found) if each.situation != "repeated_contact")


def minutes(action: Action) -> tuple[float, float]:
    return (action.not_before - NOON) / MINUTE, (action.expires_at - NOON) / MINUTE


def test_without_a_word_on_it_promotion_is_denied() -> None:
    told = decision(known(), added(0))
    assert losers(told) == dict.fromkeys(
        ("remind_by_email", "remind_on_mobile", "remind_by_sms"), "no_consent"
    )
    assert told.action == ""


def test_consent_counts_for_its_channel_only() -> None:
    told = decision(known(), may(-20, on="sms"), added(0))
    assert told.action == "remind_by_sms"
    assert losers(told)["remind_by_email"] == "no_consent"


def test_an_action_tells_the_consent_that_allows_it() -> None:
    harness = Harness().feed(known(), may(-25), may(-20, on="sms"), added(0))
    harness.wait_until(at(60))
    sms = only(harness.actions)
    assert (sms.channel, sms.consent) == ("email", Consent("granted", "*", at(-25)))
    call = event(30, "contact.started", "call", reason="help")
    assert only(Harness().feed(added(0), call).actions).consent is None


def test_consent_for_all_channels_counts_for_each() -> None:
    assert set(losers(decision(known(), may(-20), added(0))).values()) == {"lost_arbitration"}


def test_the_newest_wish_counts_by_its_own_time() -> None:
    late_grant = may(-25, received=-5)
    told = decision(known(), may(-20, "denied"), late_grant, added(0))
    assert set(losers(told).values()) == {"no_consent"}
    told = decision(known(), may(-20, "denied"), may(-10), added(0))
    assert told.action == "remind_by_email"


def test_of_two_wishes_at_once_the_stricter_counts() -> None:
    for first, second in (("granted", "denied"), ("revoked", "granted")):
        told = decision(known(), may(-20, first), may(-20, second, id="again"), added(0))
        assert told.action == ""


def test_a_newer_denial_for_all_outweighs_the_consent_for_one() -> None:
    told = decision(known(), may(-20, on="email"), may(-10, "revoked"), added(0))
    assert losers(told)["remind_by_email"] == "no_consent"


def test_service_needs_no_consent_unless_it_was_denied() -> None:
    call = event(30, "contact.started", "call", reason="help")
    assert decision(added(0), call, until=30).action == "brief_call_agent"
    wish = [{"purpose": "service", "status": "denied", "channel": "call"}]
    denied = event(-5, "consent.updated", consents=wish)
    assert (
        losers(decision(denied, added(0), call, until=30))["brief_call_agent"] == "no_consent"
    )


def test_whoever_left_no_address_is_unreachable() -> None:
    told = decision(known(phone="+49301"), may(-20), added(0))
    assert told.action == "remind_by_sms"
    assert losers(told)["remind_by_email"] == "unreachable"


@pytest.mark.parametrize("number", ["030 901820", "Restricted", "4930901820"])
def test_a_number_without_its_country_is_no_address(number: str) -> None:
    told = decision(known(phone=number), may(-20, on="sms"), added(0))
    assert losers(told)["remind_by_sms"] == "unreachable"


def test_the_latest_address_is_used() -> None:
    harness = decided(known(), known(-10, email="new@example.com"), may(-20), added(0))
    assert only(harness.actions).address == "new@example.com"


@pytest.mark.parametrize(
    ("told", "address"),
    [
        ({"venue": "shop-7", "session_id": "s"}, "shop-7"),
        ({"queue": "orders", "session_id": "s"}, "orders"),
        ({"case_id": "c-9", "session_id": "s"}, "c-9"),
        ({"session_id": "s-1"}, "s-1"),
        ({"id": "e-1"}, "e-1"),
    ],
)
def test_a_pull_channel_is_addressed_by_where_the_customer_is(
    told: dict[str, object], address: str
) -> None:
    call = event(30, "contact.started", "call", **told)
    assert only(Harness().feed(added(0), call).actions).address == address


def test_nobody_stands_in_the_shop_when_a_timer_fires() -> None:
    rules = playbook("""
version: 1
situations: {left: {absence: {after: [1h]}}}
channels: {store: {pull: true}}
actions: {tell: {situation: left, channel: store, purpose: service, content: x}}
""")
    told = decided(added(0), rules=rules).decisions[-1]
    assert losers(told) == {"tell": "unreachable"}


def test_a_cap_counts_what_was_decided_within_its_span() -> None:
    harness = decided(known(), may(-20), added(0), until=4 * DAYS)
    assert [each.action for each in harness.decisions] == ["remind_by_email", "", ""]
    assert set(losers(harness.decisions[1]).values()) == {"frequency_cap"}
    detail = {each.detail for each in harness.decisions[1].candidates}
    assert detail == {"one_cart_reminder"}


@pytest.mark.parametrize(("later", "again"), [(-1, False), (0, True)])
def test_a_cap_is_free_again_after_exactly_its_span(later: int, again: bool) -> None:
    second = added(7 * DAYS)
    second.time += later
    harness = decided(known(), may(-20), added(0), ordered(70), second, until=7 * DAYS + 61)
    assert (harness.decisions[-1].action == "remind_by_email") == again


def capped(*, channel: str = "", purpose: str = "") -> Playbook:
    return playbook(f"""
version: 1
situations: {{left: {{absence: {{after: [1h]}}}}}}
channels: {{email: {{address: [email]}}, sms: {{address: [phone]}}}}
actions:
  mail: {{situation: left, channel: email, purpose: promotion, content: x, propensity: 0.9}}
  text: {{situation: left, channel: sms, purpose: promotion, content: x, propensity: 0.1}}
caps: {{some: {{most: 2, per: 1d, channel: "{channel}", purpose: "{purpose}"}}}}
""")


def reminded(rules: Playbook) -> list[str]:
    carts = [added(100 * n, cart_id=str(n)) for n in range(4)]
    return [
        x.action for x in decided(known(), may(-20), *carts, until=361, rules=rules).actions
    ]


def test_a_cap_on_one_channel_leaves_the_others() -> None:
    assert reminded(capped(channel="email")) == ["mail", "mail", "text", "text"]


def test_a_cap_on_a_purpose_counts_all_channels() -> None:
    assert reminded(capped(purpose="promotion")) == ["mail", "mail"]
    assert reminded(capped(purpose="service")) == ["mail"] * 4


def test_an_open_case_mutes_promotions_and_not_service() -> None:
    case = event(10, "message.received", "email", reason="repair")
    told = decision(known(), may(-20), added(0, "SHOE", "email"), case)
    assert set(losers(told).values()) == {"muted_by_case"}
    visit = event(30, "store.visited", "store")
    assert decision(added(0), case, visit, until=30).action == "brief_store"


def test_a_case_that_was_resolved_mutes_nothing() -> None:
    case = event(10, "message.received", reason="repair")
    done = event(20, "contact.ended", reason="repair", resolved=True)
    assert decision(known(), may(-20), added(0), case, done).action == "remind_by_email"


def test_what_an_associate_has_in_hand_is_handled_elsewhere() -> None:
    visit = event(50, "store.visited", "store")
    harness = decided(known(), may(-20), added(0), visit)
    assert [each.action for each in harness.actions] == ["brief_store"]
    assert set(losers(harness.decisions[-1]).values()) == {"handled_elsewhere"}


PUSHED = playbook("""
version: 1
situations: {left: {absence: {of: cart, after: [1h]}}}
channels: {email: {address: [email]}, web: {pull: true}}
actions:
  mail: {situation: left, channel: email, purpose: service, content: x}
""")


@pytest.mark.parametrize(
    ("talk", "action"),
    [
        ([event(30, "contact.started", "call")], ""),
        ([event(59, "contact.started", "call")], ""),
        ([event(61, "contact.started", "call", received=60)], "mail"),
        ([event(-60, "contact.started", "call")], "mail"),
        ([event(-59, "contact.started", "call")], ""),
        ([event(30, "contact.started", "call"), event(40, "contact.ended", "call")], "mail"),
        ([event(40, "contact.ended", "chat"), event(50, "contact.started", "call")], ""),
        ([event(40, "contact.ended", "call"), event(30, "contact.started", "call")], "mail"),
    ],
)
def test_while_they_talk_to_somebody_nothing_is_pushed(talk: list[Event], action: str) -> None:
    told = only(decided(known(-90), added(0), *talk, rules=PUSHED).decisions)
    assert told.action == action
    if not action:
        lost = only(told.candidates)
        assert (lost.reason, lost.detail) == ("handled_elsewhere", "call")


def test_as_they_begin_to_talk_nothing_is_pushed_either() -> None:
    asked = event(0, "message.received", "email", reason="size")
    talk = event(30, "contact.started", "forum", reason="size")
    told = decision(known(), asked, talk, until=30)
    assert (told.action, losers(told)["follow_up_by_email"]) == ("", "handled_elsewhere")
    call = event(30, "contact.started", "call", reason="size")
    told = decision(known(), asked, call, until=30)
    assert (told.action, losers(told)["follow_up_by_email"]) == (
        "brief_call_agent",
        "lost_arbitration",
    )


def test_a_handoff_that_has_expired_holds_nothing() -> None:
    visit = event(50, "store.visited", "store")
    again = event(58, "cart.viewed", "store")
    last = event(110, "cart.viewed", "store")
    harness = decided(known(), may(-20), added(0), visit, again, last, until=176)
    assert [each.time for each in harness.decisions] == [at(50), at(170)]
    assert harness.decisions[-1].action == "remind_by_email"


def test_a_handoff_about_one_cart_leaves_the_others() -> None:
    visit = event(50, "store.visited", "store")
    other = added(51, "HAT", "store", cart_id="b")
    harness = decided(known(), may(-20), added(0), visit, other, until=111)
    assert [each.action for each in harness.decisions] == ["brief_store", "", "remind_by_email"]


def test_what_its_own_event_finished_is_converted() -> None:
    told = decision(added(0), ordered(5, "SHOE"), until=5)
    assert losers(told)["brief_store"] == "converted"
    assert told.action == ""


def test_an_event_that_comes_after_its_action_would_have_expired_is_only_told() -> None:
    visit = event(50, "store.visited", "store", received=50 + 120)
    harness = Harness().feed(added(0), visit)
    assert losers(harness.decisions[0])["brief_store"] == "expired"
    in_time = event(50, "store.visited", "store", received=50 + 119)
    assert only(Harness().feed(added(0), in_time).actions).action == "brief_store"


EVENING = 8.5 * HOURS


def zone(name: str) -> Event:
    return event(-20, "customer.updated", time_zone=name)


def test_a_message_waits_for_the_end_of_the_quiet_hours() -> None:
    """In UTC, which stands for an unknown zone, they run from 21:00 to 08:00."""
    harness = decided(known(), may(-20), added(EVENING), until=EVENING + 60)
    assert minutes(only(harness.actions)) == (20 * HOURS, EVENING + 60 + 20 * HOURS)


@pytest.mark.parametrize(
    ("minute", "not_before"),
    [(9 * HOURS - 1, 9 * HOURS - 1), (9 * HOURS, 20 * HOURS), (20 * HOURS, 20 * HOURS)],
)
def test_quiet_hours_are_half_open(minute: float, not_before: float) -> None:
    harness = decided(known(), may(-20), added(minute - 60), until=minute)
    assert minutes(only(harness.actions))[0] == not_before


def test_quiet_hours_are_those_of_the_customer() -> None:
    tokyo = decided(known(), zone("Asia/Tokyo"), may(-20), added(0))
    assert minutes(only(tokyo.actions))[0] == 11 * HOURS
    berlin = decided(known(), zone("Europe/Berlin"), may(-20), added(EVENING), until=600)
    assert minutes(only(berlin.actions))[0] == 19 * HOURS


def test_a_zone_that_nobody_knows_counts_as_unknown() -> None:
    harness = decided(known(), zone("Mars/Olympus"), may(-20), added(EVENING), until=600)
    assert minutes(only(harness.actions))[0] == 20 * HOURS


QUIET = """
version: 1
situations: {{left: {{absence: {{after: [1h]}}}}}}
channels: {{email: {{address: [email]}}}}
actions:
  tell: {{situation: left, channel: email, purpose: {purpose}, content: x, expires: {expires}}}
quiet_hours: {{from: "12:30", to: "18:00", channels: [{on}], unknown_time_zone: [{zones}]}}
muted_by_case: []
"""


def quiet(purpose: str, expires: str, on: str = "email", zones: str = "UTC") -> Decision:
    rules = playbook(QUIET.format(purpose=purpose, expires=expires, on=on, zones=zones))
    return decided(known(), may(-20), added(0), rules=rules).decisions[-1]


def test_a_promotion_that_would_be_stale_by_the_morning_is_dropped() -> None:
    assert losers(quiet("promotion", "5h")) == {"tell": "quiet_hours"}
    assert quiet("promotion", "6h").action == "tell"


def test_a_service_message_is_held_and_lives_on_from_then() -> None:
    rules = playbook(QUIET.format(purpose="service", expires="1h", on="email", zones="UTC"))
    action = only(decided(known(), added(0), rules=rules).actions)
    assert minutes(action) == (6 * HOURS, 7 * HOURS)


def test_other_channels_know_no_quiet_hours() -> None:
    assert quiet("promotion", "10m", on="").action == "tell"


def test_where_it_is_never_day_everywhere_nothing_goes_out() -> None:
    six = "UTC, Asia/Dubai, Asia/Tokyo, Pacific/Auckland, Pacific/Honolulu, America/New_York"
    assert losers(quiet("service", "1h", zones=six)) == {"tell": "quiet_hours"}


def test_what_is_found_out_in_the_quiet_hours_waits_though_it_was_due_before() -> None:
    line = partition()
    for each in (known(), may(-20), added(7 * HOURS)):
        line.feed(each, each.time)
    line.advance(at(10 * HOURS))
    action = only([each for each in line.outputs if isinstance(each, Action)])
    assert (action.time, action.not_before) == (at(8 * HOURS), at(20 * HOURS))


def test_a_value_that_is_asked_for_must_be_reached() -> None:
    cheap = decision(known(), may(-20, on="sms"), added(0, price=49.99))
    assert losers(cheap)["remind_by_sms"] == "not_eligible"
    dear = decision(known(), may(-20, on="sms"), added(0, price=50))
    assert dear.action == "remind_by_sms"


def test_nothing_is_decided_where_nothing_was_found() -> None:
    assert Harness().feed(looked(0), looked(5, "mobile")).outputs == []
