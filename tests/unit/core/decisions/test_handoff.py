"""A handoff tells what an associate needs, in words, and always fits into 4 KiB."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from legato.core.decisions.handoff_text import MOST_BYTES, write_handoff
from legato.core.events.event import Event
from legato.core.values.handoff import Handoff
from legato.harness import Harness
from tests.unit.core.stories import DAYS, HOURS, added, at, event, looked, only, ordered

CALL = "call"


def called(minute: float, **told: object) -> Event:
    return event(minute, "contact.started", CALL, **told)


def handoff(*events: Event) -> Handoff:
    found = Harness().feed(*events).actions[-1].handoff
    assert found is not None
    return found


def asked(minute: float, **told: object) -> Event:
    return event(minute, "message.received", "email", **{"reason": "repair", **told})


def test_a_cart_is_told_with_its_items_and_value() -> None:
    told = handoff(
        added(0, "SHOE", name="Runner Air", size="42", price=89.0, currency="EUR"),
        added(1, "SOCK", name="Wool sock", quantity=2, price=9.5, currency="EUR"),
        called(50),
    )
    assert told.goal == "The customer wants to buy 1 × Runner Air in size 42 and 2 × Wool sock."
    assert [(x.sku, x.quantity, x.size, x.price) for x in told.items] == [
        ("SHOE", 1, "42", 89.0),
        ("SOCK", 2, None, 9.5),
    ]
    assert (told.value, told.currency, told.as_of) == (108.0, "EUR", at(50))


def test_of_many_articles_the_goal_names_two() -> None:
    carts = [added(n, f"SKU-{n}") for n in range(5)]
    assert handoff(*carts, called(9)).goal == (
        "The customer wants to buy 1 × SKU-0 and 1 × SKU-1 and 3 more."
    )


def test_a_question_is_told_in_the_words_of_the_customer() -> None:
    told = handoff(asked(0, text="Can you mend my zip?"), called(50))
    assert told.goal == "The customer wants to get help with repair: “Can you mend my zip?”"
    assert handoff(asked(0), called(50)).goal == "The customer wants to get help with repair."


def test_cart_and_case_are_told_together() -> None:
    told = handoff(asked(0), added(1, "SHOE", "email"), called(5))
    assert told.goal == "The customer wants to buy 1 × SHOE and to get help with repair."
    assert told.stopped_at == (
        "asked on email 5 minutes ago; not resolved; cart filled on email, checkout not started"
    )


def test_the_step_where_it_stopped_is_told() -> None:
    step = event(1, "checkout.started", step="delivery_address")
    assert handoff(added(0), step, called(5)).stopped_at == (
        "at the checkout on web, step “delivery address”"
    )
    started = event(1, "checkout.started")
    assert handoff(added(0), started, called(5)).stopped_at == "at the checkout on web"
    on = event(2, "checkout.step_completed", step="payment")
    assert handoff(added(0), step, on, called(5)).stopped_at.endswith("step “payment”")


def test_a_bot_that_gave_up_is_told_until_a_human_answered() -> None:
    bot = event(0, "contact.started", "chatbot", reason="repair", bot=True)
    queued = event(2, "contact.queued", "chat", reason="repair", queue="service")
    assert handoff(bot, queued).stopped_at == (
        "asked on chatbot 2 minutes ago; a bot could not help"
    )
    human = event(3, "contact.answered", "chat", reason="repair")
    later = handoff(bot, queued, human, called(30, reason="repair"))
    assert later.stopped_at == (
        "asked on chatbot, then on chat, first 30 minutes ago; not resolved"
    )


def test_the_last_five_touchpoints_are_told_the_newest_last() -> None:
    told = handoff(
        added(0), *(looked(n) for n in range(1, 9)), called(200, reason="size_advice")
    )
    assert told.touchpoints == (
        "3 hours ago, web: looked at a page",
        "3 hours ago, web: looked at a page",
        "3 hours ago, web: looked at a page",
        "3 hours ago, web: looked at a page",
        "just now, call: got in touch (size advice)",
    )


def test_what_is_no_touchpoint_is_not_told_as_one() -> None:
    quiet = [
        event(1, "consent.updated", purpose="promotion", status="granted"),
        event(2, "customer.updated", language="de"),
    ]
    told = handoff(added(0), *quiet, called(5))
    assert [each.partition(": ")[2] for each in told.touchpoints] == [
        "put SHOE into the cart",
        "got in touch",
    ]
    assert told.language == "de"


def test_an_unknown_type_is_told_by_its_name() -> None:
    told = handoff(added(0), event(1, "wishlist.item_added"), called(5))
    assert told.touchpoints[1] == "4 minutes ago, web: wishlist item added"


def test_names_are_left_as_they_are_and_codes_are_spelt_out() -> None:
    told = handoff(added(0, name="Air_Max 2.0"), called(5, reason="late.delivery_north"))
    assert told.touchpoints == (
        "5 minutes ago, web: put Air_Max 2.0 into the cart",
        "just now, call: got in touch (late delivery north)",
    )


def reminded(status: str | None = None) -> Harness:
    start = event(-30, "account.logged_in", identifiers={"email": "ada@example.com"})
    wish = event(-20, "consent.updated", purpose="promotion", status="granted")
    harness = Harness().feed(start, wish, added(0)).wait_until(at(60))
    if status is not None:
        action_id = only(harness.actions).action_id
        harness.feed(event(61, f"action.{status}", "email", action_id=action_id))
    return harness


def tried(harness: Harness, *events: Event) -> tuple[str, ...]:
    found = harness.feed(*events).actions[-1].handoff
    assert found is not None
    return found.tried


def test_what_was_tried_is_told_with_what_became_of_it() -> None:
    became = {
        None: "sent, no answer yet",
        "delivered": "delivered, no answer yet",
        "opened": "opened",
        "clicked": "opened and followed",
        "rejected": "declined",
        "failed": "did not arrive",
    }
    for status, words in became.items():
        told = tried(reminded(status), called(90))
        assert told == (f"30 minutes ago: remind by email ({words})",)


def test_what_came_too_late_is_told_to_the_next_agent() -> None:
    bought = ordered(40, "SHOE", channel="web", received=90)
    harness = reminded("delivered").feed(bought, asked(95))
    assert tried(harness, called(120, reason="repair")) == (
        "60 minutes ago: remind by email (delivered, although it was settled by then)",
    )


def test_what_never_went_out_was_not_tried() -> None:
    bought = ordered(40, "SHOE", channel="web", received=90)
    assert tried(reminded().feed(bought, asked(95)), called(120, reason="repair")) == ()
    assert tried(reminded("expired"), called(120)) == ()


def test_a_reminder_that_waits_for_the_morning_was_not_tried() -> None:
    start = event(-30, "account.logged_in", identifiers={"email": "ada@example.com"})
    wish = event(-20, "consent.updated", purpose="promotion", status="granted")
    harness = Harness().feed(start, wish, added(9 * HOURS)).wait_until(at(10 * HOURS))
    assert len(harness.actions) == 1
    assert tried(harness, called(11 * HOURS)) == ()


def test_what_was_tried_more_than_a_week_ago_is_not_told() -> None:
    old = reminded().feed(added(8 * DAYS, "HAT"))
    assert tried(old, called(8 * DAYS + 5)) == ()


def test_an_earlier_handoff_was_tried_too() -> None:
    visit = event(10, "store.visited", "store")
    assert handoff(added(0), visit, called(40)).tried == (
        "30 minutes ago: brief store (handed over)",
    )


def test_what_is_known_is_not_to_be_asked_again() -> None:
    start = looked(0, identifiers={"email": "a", "loyalty_id": "7", "anonymous_id": "x"})
    facts = ["order 4711"]
    told = handoff(start, asked(1, known=facts), called(5))
    assert told.do_not_ask == (
        "email address", "loyalty card", "the reason: repair", "order 4711",
    )  # fmt: skip


def test_where_nothing_is_open_any_more_it_still_makes_a_sentence() -> None:
    context = Harness().feed(looked(0)).contexts["ada"]
    told = write_handoff(context, ("cart:gone",), at(1))
    assert told.goal == "The customer wants to go on where they were."
    assert (told.items, told.value, told.stopped_at) == ((), 0.0, "")


pieces = st.tuples(st.text(max_size=20), st.sampled_from([0, 1, 500]))


@given(st.lists(pieces, min_size=1, max_size=6), pieces)
def test_it_never_takes_more_than_4_kib(
    names: list[tuple[str, int]], word: tuple[str, int]
) -> None:
    told = handoff(*crowded([text * times for text, times in names], word[0] * word[1]))
    assert len(msgspec.json.encode(told)) <= MOST_BYTES
    assert told.goal


def crowded(names: list[str], word: str) -> list[Event]:
    """Leave a cart and a case for each name, and use the word wherever one may stand."""
    carts = [
        added(n, f"{n}{name}", name=name, size=name, currency=name, cart_id=f"{n}{name}")
        for n, name in enumerate(names)
    ]
    cases = [
        asked(10 + n, reason=f"{n}{name}", text=name, known=[name])
        for n, name in enumerate(names)
    ]
    language = event(0, "customer.updated", language=word)
    checkout = event(9, "checkout.started", step=word)
    return [language, *carts, checkout, *cases, called(60, reason=word, text=word)]
