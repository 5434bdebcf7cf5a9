"""What becomes of actions, and how they are taken back when they turn out wrong."""

import pytest
from msgspec import structs

from legato.core.events.event import Event
from legato.core.values.outputs import Action
from legato.harness import Harness
from tests.unit.core.stories import (
    DAYS,
    HOURS,
    added,
    at,
    event,
    looked,
    losers,
    may,
    only,
    ordered,
    removed,
)

EVENING = 8.5 * HOURS


def reminded(minute: float = 0) -> Harness:
    """Ada was reminded of her cart, an hour after this minute."""
    start = event(-30, "account.created", identifiers={"email": "ada@example.com"})
    harness = Harness().feed(start, may(-20), added(minute)).wait_until(at(minute + 60))
    assert only(harness.actions).action == "remind_by_email"
    return harness


def reminder(harness: Harness) -> Action:
    return harness.actions[0]


def news(minute: float, status: str, harness: Harness, kind: str = "action") -> Event:
    action_id = reminder(harness).action_id
    return event(minute, f"{kind}.{status}", "email", action_id=action_id)


def status(harness: Harness) -> str:
    return harness.contexts["ada"].actions[0].status


def test_an_order_that_comes_late_revokes_the_reminder() -> None:
    harness = reminded().feed(ordered(40, "SHOE", received=90))
    revoked = only(harness.revoked)
    assert revoked.action_id == reminder(harness).action_id
    assert (revoked.channel, revoked.reason, revoked.too_late) == ("email", "converted", False)
    assert revoked.time == at(90)
    assert status(harness) == "revoked"


def test_an_order_after_the_reminder_was_sent_revokes_nothing() -> None:
    harness = reminded().feed(ordered(61, "SHOE"))
    assert harness.revoked == []


def test_an_order_of_the_very_minute_came_after_the_reminder() -> None:
    assert reminded().feed(ordered(60, "SHOE")).revoked == []


def test_a_late_order_of_something_else_revokes_nothing() -> None:
    assert reminded().feed(ordered(40, "CAR", received=90)).revoked == []


def test_what_waits_for_the_morning_is_revoked_by_any_order() -> None:
    harness = reminded(EVENING).feed(ordered(EVENING + 120, "SHOE"))
    assert only(harness.revoked).reason == "converted"


def test_what_waits_for_the_morning_is_revoked_when_the_cart_is_emptied() -> None:
    for empties in (removed(EVENING + 90), event(EVENING + 90, "cart.updated", items=[])):
        assert only(reminded(EVENING).feed(empties).revoked).reason == "emptied"


def reminded_of_two(evening: float) -> Harness:
    """Ada was reminded of a shoe and a hat."""
    start = event(evening - 30, "account.created", identifiers={"email": "ada@example.com"})
    harness = Harness().feed(
        start, may(evening - 20), added(evening), added(evening + 5, "HAT")
    )
    assert len(harness.wait_until(at(evening + 65)).actions) == 1
    return harness


@pytest.mark.parametrize(("gone", "left"), [("SHOE", "HAT"), ("HAT", "SHOE")])
def test_a_cart_that_is_only_made_smaller_keeps_its_reminder(gone: str, left: str) -> None:
    harness = reminded_of_two(EVENING).feed(removed(EVENING + 90, gone))
    harness.feed(event(EVENING + 95, "cart.updated", items=[{"sku": left}]))
    assert harness.revoked == []
    assert only(harness.feed(removed(EVENING + 100, left)).revoked).reason == "emptied"


def test_a_reminder_of_very_many_articles_stays_while_one_is_left() -> None:
    start = event(EVENING - 30, "account.created", identifiers={"email": "ada@example.com"})
    filled = [added(EVENING, f"SHOE-{n}") for n in range(40)]
    harness = Harness().feed(start, may(EVENING - 20), *filled).wait_until(at(EVENING + 60))
    for n in range(40):
        assert harness.revoked == []
        harness.feed(removed(EVENING + 90, f"SHOE-{n}"))
    assert only(harness.revoked).reason == "emptied"


def test_a_snapshot_that_has_it_still_keeps_the_reminder() -> None:
    harness = reminded(EVENING)
    harness.feed(event(EVENING + 90, "cart.updated", items=[{"sku": "SHOE"}, {"sku": "HAT"}]))
    harness.feed(removed(EVENING + 100, "HAT"))
    assert harness.revoked == []
    assert only(harness.feed(removed(EVENING + 110)).revoked).reason == "emptied"


FILLED, EMPTIED = added(EVENING + 80, "HAT"), removed(EVENING + 90)
SNAPSHOT = event(EVENING + 90, "cart.updated", items=[{"sku": "HAT"}])


@pytest.mark.parametrize("told", [(FILLED, EMPTIED), (EMPTIED, FILLED), (SNAPSHOT,)])
def test_of_what_is_gone_nobody_is_reminded_whatever_was_put_in_since(
    told: tuple[Event, ...],
) -> None:
    harness = reminded(EVENING)
    for each in told:
        harness.feed(structs.replace(each, received=at(EVENING + 100)))
    assert only(harness.revoked).reason == "emptied"
    assert [*harness.contexts["ada"].carts["-"].lines] == ["HAT"]


def test_a_piece_more_and_a_piece_less_may_be_heard_of_in_any_order() -> None:
    more, less = added(EVENING + 80), removed(EVENING + 90)
    for told in ((more, less), (less, more)):
        harness = reminded(EVENING)
        for each in told:
            harness.feed(structs.replace(each, received=at(EVENING + 100)))
        assert only(harness.revoked).reason == "emptied"


def test_an_order_that_comes_late_revokes_the_reminder_of_a_cart_filled_anew() -> None:
    harness = reminded().feed(added(70, "HAT"), ordered(40, "SHOE", received=90))
    assert only(harness.revoked).reason == "converted"
    assert [*harness.contexts["ada"].carts["-"].lines] == ["HAT"]


def test_what_was_put_in_between_a_late_order_and_the_reminder_is_reminded_of() -> None:
    harness = reminded_of_two(0).feed(ordered(2, "SHOE", received=90))
    assert harness.revoked == []
    assert [*harness.contexts["ada"].carts["-"].lines] == ["HAT"]


def test_an_old_word_that_comes_late_makes_no_later_refusal_an_older_one() -> None:
    harness = reminded().feed(may(70, "denied"), may(30, received=90))
    assert harness.revoked == []


def test_what_expired_unsent_needs_no_revocation() -> None:
    harness = reminded()
    harness.feed(looked(22 * HOURS), ordered(40, "SHOE", received=22 * HOURS))
    assert harness.revoked == []


def test_what_was_delivered_is_revoked_too_late() -> None:
    harness = reminded()
    harness.feed(news(61, "delivered", harness), ordered(40, "SHOE", received=90))
    assert only(harness.revoked).too_late
    assert status(harness) == "revoked_too_late"


def test_what_was_delivered_is_revoked_too_late_even_when_it_has_expired() -> None:
    harness = reminded()
    harness.feed(news(61, "delivered", harness), looked(22 * HOURS))
    assert only(harness.feed(ordered(40, "SHOE", received=22 * HOURS)).revoked).too_late


def test_a_delivery_reported_after_the_revocation_came_too_late() -> None:
    harness = reminded().feed(ordered(40, "SHOE", received=90))
    harness.feed(news(91, "delivered", harness))
    assert status(harness) == "revoked_too_late"
    assert len(harness.revoked) == 1


def test_an_adapter_may_say_itself_that_it_was_too_late() -> None:
    harness = reminded().feed(ordered(40, "SHOE", received=90))
    assert status(harness.feed(news(91, "revoked_too_late", harness))) == "revoked_too_late"


def test_nothing_is_revoked_twice() -> None:
    harness = reminded().feed(ordered(40, "SHOE", received=90), ordered(41, received=91))
    assert len(harness.revoked) == 1


@pytest.mark.parametrize("lost", ["failed", "expired"])
def test_what_never_arrived_is_not_revoked(lost: str) -> None:
    harness = reminded()
    harness.feed(news(61, lost, harness), ordered(40, "SHOE", received=90))
    assert harness.revoked == []


def test_what_was_revoked_stays_so_when_the_cart_is_filled_and_bought_again() -> None:
    harness = reminded(EVENING).feed(removed(EVENING + 70), added(EVENING + 80))
    harness.feed(ordered(EVENING + 90, "SHOE"))
    assert [each.reason for each in harness.revoked] == ["emptied"]


def test_what_expires_as_the_order_arrives_needs_no_revocation() -> None:
    for received, revoked in ((21 * HOURS - 1, 1), (21 * HOURS, 0)):
        harness = reminded().feed(ordered(40, "SHOE", received=received))
        assert len(harness.revoked) == revoked


def test_a_cart_that_is_emptied_takes_its_open_checkout_along() -> None:
    start = event(-30, "account.created", identifiers={"email": "ada@example.com"})
    harness = Harness().feed(
        start, may(-20), added(EVENING), event(EVENING, "checkout.started")
    )
    harness.wait_until(at(EVENING + 60)).feed(removed(EVENING + 90))
    assert only(harness.revoked).reason == "emptied"


def test_of_several_goals_all_must_have_ended() -> None:
    start = event(-30, "account.created", identifiers={"email": "ada@example.com"})
    asked = event(599, "message.received", "email", reason="repair")
    both = [start, added(598, "SHOE", "email"), asked, looked(610, "kiosk")]
    harness = Harness().feed(*both, ordered(620, "SHOE", channel="kiosk"))
    assert [each.action for each in harness.actions] == ["follow_up_by_email"]
    assert harness.revoked == []


def test_a_resolved_case_takes_back_what_waits_for_the_morning() -> None:
    start = event(-30, "account.created", identifiers={"email": "ada@example.com"})
    asked = event(600, "message.received", "email", reason="repair")
    harness = Harness().feed(start, asked, looked(610, "kiosk"))
    assert only(harness.actions).action == "follow_up_by_email"
    harness.feed(event(620, "contact.ended", "email", reason="repair", resolved=True))
    assert only(harness.revoked).reason == "resolved"


@pytest.mark.parametrize("channel", ["email", "*"])
def test_what_waits_for_the_morning_is_revoked_when_consent_goes(channel: str) -> None:
    harness = reminded(EVENING).feed(may(EVENING + 120, "revoked", on=channel))
    assert only(harness.revoked).reason == "no_consent"


def test_a_denial_for_another_channel_or_after_the_sending_revokes_nothing() -> None:
    assert reminded(EVENING).feed(may(EVENING + 120, "denied", on="sms")).revoked == []
    assert reminded().feed(may(120, "denied")).revoked == []


def test_a_late_denial_revokes_unless_a_newer_wish_outweighs_it() -> None:
    late = may(40, "denied", received=90)
    assert only(reminded().feed(late).revoked).reason == "no_consent"
    assert reminded().feed(may(80, id="newer"), late).revoked == []


def again(harness: Harness) -> Harness:
    """Let her leave another cart the day after."""
    return harness.feed(ordered(22 * HOURS, "SHOE"), added(DAYS, "HAT")).wait_until(
        at(DAYS + 60)
    )


@pytest.mark.parametrize("released", ["failed", "expired"])
def test_what_never_reached_the_customer_does_not_count_against_a_cap(released: str) -> None:
    harness = reminded()
    harness.feed(news(70, released, harness))
    assert [each.action for each in again(harness).actions] == ["remind_by_email"] * 2


def test_what_was_revoked_in_time_does_not_count_against_a_cap() -> None:
    harness = reminded().feed(ordered(40, "SHOE", received=90))
    harness.feed(added(DAYS, "HAT")).wait_until(at(DAYS + 60))
    assert len(harness.actions) == 2


def test_what_was_revoked_too_late_counts() -> None:
    harness = reminded()
    harness.feed(news(61, "delivered", harness), ordered(40, "SHOE", received=90))
    assert len(again(harness).actions) == 1
    assert losers(harness.decisions[-1])["remind_by_email"] == "frequency_cap"


@pytest.mark.parametrize("counts", ["delivered", "opened", "clicked", "rejected", "converted"])
def test_what_reached_the_customer_counts(counts: str) -> None:
    harness = reminded()
    harness.feed(news(70, counts, harness))
    assert len(again(harness).actions) == 1


ORDERS_OF_NEWS = [
    (["delivered", "opened", "clicked"], "clicked"),
    (["opened", "delivered"], "opened"),
    (["clicked", "opened", "delivered"], "clicked"),
    (["failed", "delivered"], "delivered"),
    (["delivered", "failed"], "failed"),
    (["opened", "failed"], "opened"),
    (["delivered", "expired"], "expired"),
    (["clicked", "converted", "opened"], "converted"),
    (["delivered", "unheard_of"], "delivered"),
]


@pytest.mark.parametrize(("told", "becomes"), ORDERS_OF_NEWS)
def test_news_may_come_in_any_order(told: list[str], becomes: str) -> None:
    harness = reminded()
    harness.feed(*(news(70, each, harness) for each in told))
    assert status(harness) == becomes


def test_what_the_customer_did_with_a_message_is_news_too() -> None:
    harness = reminded()
    assert status(harness.feed(news(70, "opened", harness, "message"))) == "opened"
    assert status(harness.feed(news(71, "clicked", harness, "message"))) == "clicked"


def test_who_read_a_handoff_is_news_too() -> None:
    visit = event(30, "store.visited", "store")
    harness = Harness().feed(added(0), visit)
    harness.feed(news(31, "viewed", harness, "handoff"))
    assert status(harness) == "viewed"


def test_news_of_an_unknown_action_changes_nothing() -> None:
    harness = reminded()
    harness.feed(event(70, "action.failed", "email", action_id="nobody knows"))
    harness.feed(event(71, "action.failed", "email"))
    assert status(harness) == "sent"


def test_outcomes_are_no_touchpoints_and_move_nobody() -> None:
    harness = reminded()
    before = len(harness.contexts["ada"].timeline)
    harness.feed(news(70, "delivered", harness))
    assert len(harness.contexts["ada"].timeline) == before
    assert harness.contexts["ada"].channel == "web"
    assert len(harness.situations) == 1


def test_actions_are_remembered_for_30_days_and_at_most_50() -> None:
    visits = [
        each
        for n in range(60)
        for each in (looked(2 * n + 1), event(2 * n + 2, "store.visited", "store"))
    ]
    harness = Harness().feed(added(0), *visits)
    assert len(harness.actions) > 50
    assert len(harness.contexts["ada"].actions) == 50
    harness.feed(added(31 * DAYS), event(31 * DAYS + 1, "store.visited", "store"))
    assert len(harness.contexts["ada"].actions) == 1
