"""What customers do is put down to the action that led to it, once, whenever it is heard of."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from legato.cli.format.output import format_output
from legato.core.context.context import ActionRecord
from legato.core.events.event import Event
from legato.core.merge.merge import merge
from legato.core.values.outputs import Conversion
from legato.harness import Harness
from tests.unit.core.decisions.test_revocation import news, reminded, reminder, status
from tests.unit.core.stories import (
    DAYS,
    HOURS,
    added,
    at,
    event,
    only,
    ordered,
    playbook,
)

CLICKS = ("accepted", "clicked")


def stands(harness: Harness) -> list[tuple[str, str]]:
    """What is put down to which action, after all that was taken back."""
    told: list[tuple[str, str]] = []
    for each in harness.conversions:
        name = each.order_id or each.case_id
        if each.void:
            told.remove((name, each.action_id))
        else:
            told.append((name, each.action_id))
    return told


def bought(minute: float, *skus: str, **told: object) -> Event:
    items = [{"sku": sku} for sku in skus]
    return event(
        minute, "order.completed", "store", **{"order_id": "o", "items": items, **told}
    )


def delivered(minute: float = 61) -> Harness:
    """Ada was reminded of a shoe, and the message reached her."""
    harness = reminded()
    return harness.feed(news(minute, "delivered", harness))


def test_a_purchase_on_any_channel_is_put_down_to_the_message_that_was_delivered() -> None:
    harness = delivered().feed(bought(120, "SHOE", total=89.0, currency="EUR"))
    sent = reminder(harness)
    assert harness.conversions == [
        Conversion(
            customer_id="ada",
            action_id=sent.action_id,
            situation="cart_abandoned",
            action="remind_by_email",
            channel="email",
            time=at(120),
            order_id="o",
            value=89.0,
            currency="EUR",
        )
    ]
    assert status(harness) == "converted"


def test_what_articles_come_to_is_the_value_where_no_total_is_told() -> None:
    harness = delivered()
    items = [{"sku": "SHOE", "price": 30, "quantity": 2, "currency": "EUR"}]
    harness.feed(event(120, "order.completed", "store", order_id="o", items=items))
    assert [(each.value, each.currency) for each in harness.conversions] == [(60, "EUR")]


def test_nothing_is_put_down_to_what_did_not_reach_the_customer() -> None:
    assert reminded().feed(bought(120, "SHOE")).conversions == []
    assert delivered(130).feed(bought(120, "SHOE")).conversions == []
    harness = reminded()
    harness.feed(news(61, "failed", harness), bought(120, "SHOE"))
    assert harness.conversions == []


def test_what_comes_back_after_its_delivery_led_to_nothing() -> None:
    harness = delivered().feed(bought(120, "SHOE"))
    harness.feed(news(130, "bounced", harness, "message"))
    assert [each.void for each in harness.conversions] == [False, True]
    assert status(harness) == "failed"
    harness.feed(news(62, "opened", harness))
    assert len(stands(harness)) == 1


@pytest.mark.parametrize(("minute", "counts"), [(61 + 3 * DAYS - 0.1, 1), (61 + 3 * DAYS, 0)])
def test_attribution_ends_after_its_span(minute: float, counts: int) -> None:
    assert len(delivered().feed(bought(minute, "SHOE")).conversions) == counts


def test_the_very_instant_of_the_delivery_counts() -> None:
    assert len(delivered().feed(bought(61, "SHOE")).conversions) == 1


def test_the_playbook_says_how_long() -> None:
    text = "version: 1\nsituations: {}\nattribution: 2h\n"
    assert playbook(text).attribution == 2 * HOURS * 60_000
    for wrong in ("0m", "31d"):
        with pytest.raises(ValueError, match="attribution"):
            playbook(text.replace("2h", wrong))


def test_an_order_of_something_else_is_put_down_to_nothing() -> None:
    harness = delivered().feed(added(70, "TENT", "store", cart_id="till"))
    harness.feed(bought(120, "TENT", cart_id="till"))
    assert harness.conversions == []


def test_an_order_that_lists_nothing_is_about_the_cart_that_it_closes() -> None:
    harness = delivered().feed(bought(120, cart_id="-"))
    assert len(harness.conversions) == 1


def test_an_order_counts_once_however_often_it_is_told() -> None:
    harness = delivered()
    for minute in (120, 121, 122):
        harness.feed(bought(minute, "SHOE"))
    assert len(harness.conversions) == 1
    harness.feed(news(123, "clicked", harness), news(61, "opened", harness))
    assert len(harness.conversions) == 1


def test_two_orders_are_two() -> None:
    harness = delivered().feed(bought(120, "SHOE"), bought(130, "SHOE", order_id="p"))
    assert [each.order_id for each in harness.conversions] == ["o", "p"]


def test_a_late_delivery_and_a_late_order_count_by_event_time() -> None:
    harness = reminded().feed(bought(120, "SHOE"))
    harness.feed(news(61, "delivered", harness))
    assert stands(harness) == [("o", reminder(harness).action_id)]
    late = delivered().feed(bought(120, "SHOE", received=20 * HOURS))
    assert len(late.conversions) == 1


def test_a_payment_that_fails_takes_it_back() -> None:
    harness = delivered().feed(bought(120, "SHOE"))
    harness.feed(news(125, "opened", harness))
    harness.feed(event(130, "payment.failed", order_id="o"))
    assert [each.void for each in harness.conversions] == [False, True]
    assert status(harness) == "opened"
    harness.feed(bought(140, "SHOE"))
    assert len(stands(harness)) == 1
    assert status(harness) == "converted"


def test_a_message_revoked_too_late_stays_so_whatever_it_led_to() -> None:
    harness = delivered().feed(ordered(40, "SHOE", order_id="p", received=90))
    harness.feed(bought(120, "SHOE"))
    assert stands(harness) == [("o", reminder(harness).action_id)]
    assert status(harness) == "revoked_too_late"


TWO = """
version: 1
situations:
  first: {absence: {of: cart, after: [1h]}}
  again: {absence: {of: cart, after: [2h]}}
actions:
  one: {situation: first, channel: email, purpose: service, content: c}
  two: {situation: again, channel: sms, purpose: service, content: c}
channels: {email: {address: [email]}, sms: {address: [phone]}}
"""


def twice() -> Harness:
    """Ada was written to twice about one cart."""
    known = {"email": "ada@example.com", "phone": "+4930123456"}
    harness = Harness(playbook(TWO))
    harness.feed(event(-30, "account.created", identifiers=known), added(0))
    assert len(harness.wait_until(at(121)).actions) == 2
    return harness


def told(minute: float, what: str, harness: Harness, number: int) -> Event:
    """Report what became of the first or the second action."""
    action = harness.actions[number]
    return event(minute, f"action.{what}", action.channel, action_id=action.action_id)


def test_of_two_that_were_delivered_the_last_counts() -> None:
    harness = twice()
    harness.feed(told(130, "delivered", harness, 1), told(122, "delivered", harness, 0))
    harness.feed(bought(200, "SHOE"))
    assert stands(harness) == [("o", harness.actions[1].action_id)]


@pytest.mark.parametrize("click", CLICKS)
def test_a_click_counts_more_than_a_later_delivery(click: str) -> None:
    harness = twice()
    harness.feed(told(125, click, harness, 0), told(130, "delivered", harness, 1))
    harness.feed(bought(200, "SHOE"))
    assert stands(harness) == [("o", harness.actions[0].action_id)]


def test_the_last_click_before_the_purchase_counts_even_if_there_was_one_after() -> None:
    harness = twice()
    harness.feed(told(140, "clicked", harness, 0), told(150, "clicked", harness, 1))
    harness.feed(event(160, "message.clicked", "email", action_id=harness.actions[0].action_id))
    harness.feed(bought(155, "SHOE", received=170))
    assert stands(harness) == [("o", harness.actions[1].action_id)]


def test_a_click_that_is_heard_of_late_moves_it_to_another() -> None:
    harness = twice()
    harness.feed(told(130, "delivered", harness, 1), bought(200, "SHOE"))
    harness.feed(told(140, "clicked", harness, 0))
    assert [each.void for each in harness.conversions] == [False, True, False]
    assert stands(harness) == [("o", harness.actions[0].action_id)]
    became = {taken.name: taken.status for taken in harness.contexts["ada"].actions}
    assert became == {"one": "converted", "two": "delivered"}


HELP = """
version: 1
situations: {switched: {switch: {goal: case, within: {case: 7d}}}}
actions:
  brief: {situation: switched, channel: chat, purpose: service, content: c, when: {to: [chat]}}
channels: {chat: {pull: true}}
"""


def briefed() -> Harness:
    """Ada wrote, then went to the chat, where somebody was briefed."""
    harness = Harness(playbook(HELP))
    harness.feed(event(0, "message.received", "email", case_id="c", reason="zip"))
    harness.feed(event(60, "contact.started", "chat", case_id="c", session_id="s"))
    action_id = only(harness.actions).action_id
    return harness.feed(event(61, "handoff.viewed", "chat", action_id=action_id))


def test_the_end_of_a_case_is_put_down_to_the_action_that_was_about_it() -> None:
    harness = briefed()
    harness.feed(event(90, "contact.ended", "chat", case_id="c", resolved=True))
    found = only(harness.conversions)
    assert (found.case_id, found.order_id, found.action, found.time) == (
        "c",
        "",
        "brief",
        at(90),
    )
    assert (found.value, found.currency) == (None, None)
    harness.feed(event(95, "case.closed", "chat", case_id="c"))
    assert len(harness.conversions) == 1


def test_another_case_or_an_order_is_not() -> None:
    harness = briefed().feed(bought(70, "SHOE"))
    harness.feed(event(90, "contact.ended", "chat", case_id="d", resolved=True))
    assert harness.conversions == []


def test_who_turn_out_to_be_one_may_have_bought_what_the_other_was_reminded_of() -> None:
    harness = delivered()
    bob = Harness().feed(bought(120, "SHOE", customer_id="ada")).contexts["ada"]
    rules = harness.engine._setup.playbook
    for sides in ((harness.contexts["ada"], bob), (bob, harness.contexts["ada"])):
        united, said = merge(rules, *sides, at(200))
        found = only([each for each in said if isinstance(each, Conversion)])
        assert (found.order_id, found.time) == ("o", at(120))
        assert only(united.actions).status == "converted"


def test_what_both_sides_told_stands_once() -> None:
    harness = delivered().feed(bought(120, "SHOE"))
    context = harness.contexts["ada"]
    united, said = merge(harness.engine._setup.playbook, context, context)
    assert said == ()
    assert united.conversions == context.conversions
    taken: ActionRecord = only(united.actions)
    assert (taken.status, taken.became) == ("converted", "delivered")


@pytest.mark.parametrize(("void", "words"), [(False, "led to"), (True, "did not lead to")])
def test_it_is_told_in_words(void: bool, words: str) -> None:
    found = replace(
        only(delivered().feed(bought(120, "SHOE", total=89, currency="EUR")).conversions),
        void=void,
    )
    line = only([*format_output(found)])
    told = f"email remind_by_email {words} order o  (89.00 EUR)"
    assert line.plain == f"2026-03-02 14:00:00  {told}  ada"
    assert only(
        [*format_output(replace(found, order_id="", case_id="c", value=None))]
    ).plain == (f"2026-03-02 14:00:00  email remind_by_email {words} the end of case c  ada")
