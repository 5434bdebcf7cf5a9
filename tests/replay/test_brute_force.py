"""The oracle itself, held against stories short enough to judge by eye."""

from __future__ import annotations

from tests.replay.brute_force import DAY, HOUR, MINUTE, Event, Finding, find_all

NOON = 1_700_000_000_000
ADA = {"loyalty_id": "ada"}
ENVELOPE = {"id", "cart_id", "case_id", "order_id", "identifiers"}


def event(minute: float, kind: str, channel: str = "web", **more: object) -> Event:
    time = NOON + round(minute * MINUTE)
    parts = {part: more.pop(part) for part in ENVELOPE & set(more)}
    envelope = {"id": f"{kind}@{minute}", "identifiers": ADA, "type": kind, "channel": channel}
    return {**envelope, **parts, "time": time, "data": more}


def add(minute: float, sku: str = "SHOE", channel: str = "web", **more: object) -> Event:
    return event(minute, "cart.item_added", channel, sku=sku, **more)


def told(*events: Event, until: float = 30 * DAY / MINUTE) -> list[tuple[float, str]]:
    findings = find_all(events, NOON + round(until * MINUTE))
    return [((f.time - NOON) / MINUTE, name(f)) for f in findings]


def name(finding: Finding) -> str:
    if finding.situation == "cart_abandoned":
        return f"{finding.cart_id} stage {finding.stage}"
    goals = " ".join(":".join(goal) for goal in finding.goals)
    return f"{finding.from_channel}>{finding.to_channel} {goals}"


THREE_STAGES = [(60, "- stage 1"), (1440, "- stage 2"), (4320, "- stage 3")]


def test_a_cart_left_alone_passes_three_stages() -> None:
    assert told(add(0)) == THREE_STAGES


def test_stages_come_up_to_the_last_event_and_one_due_just_then_comes_first() -> None:
    assert [f.stage for f in find_all([add(0), event(59.9, "page.viewed")])] == []
    assert [f.stage for f in find_all([add(0), add(60)])] == [1]


def test_each_touch_starts_anew_be_it_only_a_look() -> None:
    looked = told(add(0), event(50, "cart.viewed"), event(100, "checkout.started"), until=161)
    assert looked == [(160, "- stage 1")]


def test_a_touch_of_one_cart_leaves_the_other_to_its_time() -> None:
    both = told(add(0, cart_id="a"), add(30, cart_id="b"), until=100)
    assert both == [(60, "a stage 1"), (90, "b stage 1")]


def test_removing_takes_the_quantity_off_and_an_empty_cart_is_not_abandoned() -> None:
    some = event(10, "cart.item_removed", sku="SHOE", quantity=1)
    rest = event(20, "cart.item_removed", sku="SHOE", quantity=2)
    assert told(add(0, quantity=3), some, until=80) == [(70, "- stage 1")]
    assert told(add(0, quantity=3), some, rest) == []


def test_a_snapshot_says_all_that_is_in_the_cart() -> None:
    boots = event(10, "cart.updated", items=[{"sku": "BOOT", "quantity": 2}])
    assert told(add(0), boots, event(20, "order.completed", items=[{"sku": "SHOE"}])) == [
        (70, "- stage 1"), (1450, "- stage 2"), (4330, "- stage 3"),
    ]  # fmt: skip
    assert told(add(0), event(10, "cart.updated", items=[])) == []
    assert told(add(0), event(10, "cart.updated"), until=80) == [(60, "- stage 1")]


def test_an_order_closes_the_cart_that_it_names_and_takes_from_the_others() -> None:
    order = event(10, "order.completed", cart_id="a", items=[{"sku": "SHOE"}])
    carts = add(0, cart_id="a"), add(0, cart_id="b", id="b")
    assert told(*carts, order, until=100) == []
    hat = add(1, "HAT", cart_id="b")
    assert told(*carts, hat, order, until=100) == [(61, "b stage 1")]


def test_an_order_without_a_cart_closes_one_of_its_channel() -> None:
    shoe, hat = [{"sku": "SHOE"}], [{"sku": "HAT"}]
    both = add(0), add(1, "HAT"), add(2, "CAR", "store", cart_id="s")
    for items in (shoe, []):
        order = event(10, "order.completed", items=items)
        assert told(*both, order, until=70)[-1:] == [(62, "s stage 1")]
    nowhere = event(10, "order.completed", "call")
    assert told(*both, nowhere, until=62)[-2:] == [(61, "- stage 1"), (62, "s stage 1")]
    assert told(*both[:2], nowhere) == [(10, "web>call cart:-")]
    assert told(add(0), event(10, "order.completed", items=hat)) == THREE_STAGES
    checkout = event(5, "checkout.started")
    assert told(add(0), checkout, event(10, "order.completed", items=hat)) == []
    assert told(*both[:2], event(10, "order.completed", "store", items=shoe), until=70) == [
        (10, "web>store cart:-"),
        (61, "- stage 1"),
    ]


def test_an_order_takes_no_more_than_was_ordered_of_an_article() -> None:
    one = event(
        10, "order.completed", "web", cart_id="a", items=[{"sku": "SHOE", "quantity": 1}]
    )
    assert told(add(0, quantity=2), one, until=60) == [(60, "- stage 1")]
    assert told(add(0, quantity=1), one, until=60) == []


def test_what_a_page_tells_after_an_order_is_an_echo_unless_it_is_news() -> None:
    shoe = [{"sku": "SHOE", "quantity": 1}]
    order = event(10, "order.completed", items=shoe)
    assert told(add(0), order, event(11, "cart.updated", items=shoe)) == []
    assert told(add(0), order, event(11, "checkout.started"), add(50), until=110) == [
        (110, "- stage 1")
    ]
    assert told(add(0), order, event(41, "cart.updated", items=shoe), until=101) == [
        (101, "- stage 1")
    ]
    more = [*shoe, {"sku": "HAT"}]
    assert told(add(0), order, event(11, "cart.updated", items=more), until=71) == [
        (71, "- stage 1")
    ]


def test_a_payment_that_failed_gives_back_what_the_order_took() -> None:
    order = event(10, "order.completed", order_id="o")
    failed = event(11, "payment.failed", order_id="o")
    assert told(add(0), order, failed, until=71) == [(71, "- stage 1")]
    again = event(12, "order.completed", order_id="o", id="again")
    assert told(add(0), order, failed, again) == []
    cancelled = event(12, "order.cancelled", order_id="o")
    assert told(add(0), order, failed, cancelled, until=71) == [(71, "- stage 1")]


def test_after_ten_days_cart_and_checkout_are_forgotten() -> None:
    ten_days = 10 * DAY / MINUTE
    back = event(ten_days + 5, "page.viewed", "mobile"), event(ten_days + 6, "page.viewed")
    assert told(add(0), event(0, "checkout.started"), *back) == THREE_STAGES
    nearly = (
        add(0),
        event(ten_days - 1, "page.viewed", "web"),
        event(ten_days - 0.5, "x", "app"),
    )
    assert told(*nearly)[-1] == (ten_days - 0.5, "web>app cart:-")
    at_the_border = event(ten_days, "cart.item_removed", sku="NONE")
    assert told(add(0), at_the_border) == THREE_STAGES


def test_a_repeated_id_and_an_item_without_sku_change_nothing() -> None:
    again = add(30, id="cart.item_added@0")
    nameless, none = event(40, "cart.item_added"), add(50, quantity=0)
    assert told(add(0), again, nameless, none) == THREE_STAGES


def test_a_switch_needs_another_channel_and_something_open() -> None:
    assert told(event(0, "page.viewed"), event(5, "store.visited", "store")) == []
    carried = told(
        add(0), event(5, "page.viewed"), event(50, "store.visited", "store"), until=55
    )
    assert carried == [(50, "web>store cart:-")]


def test_a_switch_is_judged_before_its_event_is_applied() -> None:
    assert told(event(0, "page.viewed"), add(5, channel="mobile"), until=6) == []
    till = event(50, "order.completed", "store", items=[{"sku": "SHOE"}])
    assert told(add(0), till) == [(50, "web>store cart:-")]


def test_a_switch_at_exactly_a_day_counts_and_later_does_not() -> None:
    day = DAY / MINUTE
    assert told(add(0), event(day, "x", "app"), until=day)[-1] == (day, "web>app cart:-")
    assert told(add(0), event(day + 0.1, "x", "app"), until=day + 1) == THREE_STAGES[:2]


def test_what_the_customer_did_not_initiate_moves_nobody() -> None:
    sent = event(5, "message.sent", "email"), event(6, "payment.failed", "mobile")
    assert told(add(0), *sent, event(10, "page.viewed"), until=10) == []


def test_a_click_on_our_message_and_its_landing_are_no_switch() -> None:
    click = event(10, "message.clicked", "email")
    landing, next_page = event(11, "page.viewed", "mobile"), event(12, "page.viewed", "mobile")
    assert told(add(0), click, landing, next_page, until=12) == []
    store = event(20, "store.visited", "store")
    assert told(add(0), click, landing, store, until=20) == [(20, "mobile>store cart:-")]
    much_later = event(50, "page.viewed", "mobile")
    assert told(add(0), click, much_later, until=50) == [(50, "web>mobile cart:-")]


def test_a_case_is_open_from_contact_to_resolution_for_seven_days() -> None:
    mail = event(0, "message.received", "email", reason="size")
    week = 7 * DAY / MINUTE
    assert told(mail, event(week, "x", "chat")) == [(week, "email>chat case:reason:size")]
    assert told(mail, event(week + 0.1, "x", "chat")) == []
    done = event(5, "contact.ended", "chat", reason="size", resolved=True)
    assert told(mail, done, event(10, "x", "chat")) == []
    other = event(5, "contact.ended", "chat", reason="price", resolved=True)
    assert len(told(mail, other, event(10, "x", "chat"))) == 1


def test_an_order_never_closes_a_case_and_a_case_id_stands_before_the_reason() -> None:
    call = event(0, "contact.started", "call", case_id="c1", reason="size")
    order = event(5, "order.completed", "call")
    assert told(call, order, event(10, "x", "store")) == [(10, "call>store case:c1")]


def test_customers_do_not_touch_each_other() -> None:
    bob = {"loyalty_id": "bob"}
    order = event(10, "order.completed", "store", identifiers=bob)
    assert told(add(0), order) == THREE_STAGES


def test_the_best_ranked_identifier_names_the_customer() -> None:
    mixed = add(0, identifiers={"email": "ada@example.com", "user_id": "7"})
    assert {f.customer for f in find_all([mixed], NOON + HOUR)} == {("user_id", "7")}
