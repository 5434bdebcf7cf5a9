"""Two contexts become one: what one side knows counts for what the other did."""

from __future__ import annotations

import pytest

from legato.core.context.consent import stricter
from legato.core.context.context import ConsentRecord, Context
from legato.core.context.runs import stages_fired
from legato.core.events.event import Event
from legato.core.merge.merge import merge
from legato.core.values.outputs import Revoked
from legato.harness import Harness, default_playbook
from legato.verification.comparison import name_of
from legato.wire.state import SNAPSHOTS
from tests.unit.core.stories import HOURS, added, at, event, looked, may, only, ordered, removed

PLAYBOOK = default_playbook()


def lived(*events: Event, until: float | None = None) -> Context:
    """The context of somebody to whom all this happened."""
    harness = Harness(PLAYBOOK).feed(*events)
    if until is not None:
        harness.wait_until(at(until))
    return harness.contexts["ada"]


def united(ours: Context, theirs: Context) -> tuple[Context, list[Revoked]]:
    """Merge, and see that it does not matter who merges with whom."""
    context, told = merge(PLAYBOOK, ours, theirs)
    other, again = merge(PLAYBOOK, theirs, ours)
    assert other == context
    assert sorted(map(name_of, again)) == sorted(map(name_of, told))
    return context, [each for each in told if isinstance(each, Revoked)]


REACHABLE = looked(0, identifiers={"email": "ada@example.org"})


def reminded() -> Context:
    """Somebody who filled a cart and was reminded of it an hour later."""
    context = lived(REACHABLE, may(1), added(2), until=3 * HOURS)
    assert [taken.status for taken in context.actions] == ["sent"]
    return context


def test_one_cart_comes_of_two_of_the_same_name() -> None:
    context, _ = united(
        lived(added(1), added(2, "HAT")), lived(added(3), removed(4, "HAT"), channel_left())
    )
    cart = context.carts["-"]
    assert {sku: line.item.quantity for sku, line in cart.lines.items()} == {"SHOE": 2}
    assert (cart.opened, cart.touched, cart.origin) == (at(1), at(4), "web")
    assert context.next_due == at(4) + 60 * 60_000


def channel_left() -> Event:
    return looked(5, "mobile")


def test_an_event_that_reached_both_counts_once() -> None:
    context, _ = united(lived(added(1)), lived(added(1), added(2)))
    assert context.carts["-"].lines["SHOE"].item.quantity == 2
    assert len(context.seen) == 2 * 12


def test_a_purchase_that_the_other_side_knew_of_takes_the_reminder_back() -> None:
    context, revoked = united(reminded(), lived(ordered(30, "SHOE")))
    assert context.carts == {}
    assert only(revoked).reason == "converted"
    assert [taken.status for taken in context.actions] == ["revoked"]


def test_a_purchase_from_after_the_reminder_takes_nothing_back() -> None:
    context, revoked = united(reminded(), lived(ordered(90, "SHOE")))
    assert context.carts == {}
    assert revoked == []


def test_a_purchase_takes_the_reminder_back_of_a_cart_that_was_filled_anew() -> None:
    filled = lived(REACHABLE, may(1), added(2), added(3 * HOURS, "HAT"))
    context, revoked = united(filled, lived(ordered(30, "SHOE")))
    assert [*context.carts["-"].lines] == ["HAT"]
    assert only(revoked).reason == "converted"


def test_what_the_other_side_put_in_does_not_keep_a_reminder_of_what_was_taken_out() -> None:
    taken_out = lived(removed(30), added(40, "HAT"))
    context, revoked = united(reminded(), taken_out)
    assert [*context.carts["-"].lines] == ["HAT"]
    assert only(revoked).reason == "emptied"


def test_what_has_expired_as_they_meet_is_not_taken_back() -> None:
    for knows in (ordered(30, "SHOE"), removed(30), may(40, "denied")):
        context, revoked = merge(PLAYBOOK, reminded(), lived(knows), at(22 * HOURS))
        assert (revoked, context.actions[0].status) == ((), "sent")


def test_a_refusal_from_after_the_reminder_takes_nothing_back() -> None:
    _, revoked = united(reminded(), lived(may(90, "denied")))
    assert revoked == []


def test_a_stage_that_one_has_told_is_not_told_again_for_a_later_touch_of_the_other() -> None:
    told, touched = reminded(), lived(event(30, "checkout.started", "store"))
    context, _ = merge(PLAYBOOK, told, touched, at(100))
    cart_abandoned = PLAYBOOK.situations[0]
    assert cart_abandoned.next_due(context) == at(30 + 24 * HOURS)
    sooner, _ = merge(PLAYBOOK, told, touched, at(89))
    assert cart_abandoned.next_due(sooner) == at(90)


def test_an_order_of_something_else_leaves_the_cart() -> None:
    context, revoked = united(reminded(), lived(ordered(30, "CAR")))
    assert [*context.carts["-"].lines] == ["SHOE"]
    assert revoked == []
    assert PLAYBOOK.situations[0].next_due(context) == at(2 + 24 * HOURS)


def test_a_cart_that_the_other_side_emptied_is_nothing_to_remind_of() -> None:
    context, revoked = united(reminded(), lived(removed(30)))
    assert context.carts["-"].lines == {}
    assert only(revoked).reason == "emptied"


def test_what_the_other_side_does_not_want_is_not_sent() -> None:
    context, revoked = united(reminded(), lived(may(40, "denied")))
    assert context.consents["promotion|*"].status == "denied"
    assert only(revoked).reason == "no_consent"


@pytest.mark.parametrize(
    ("ours", "theirs", "counts"),
    [
        (ConsentRecord("granted", 1), ConsentRecord("denied", 2), "denied"),
        (ConsentRecord("granted", 2), ConsentRecord("denied", 1), "granted"),
        (ConsentRecord("granted", 1), ConsentRecord("revoked", 1), "revoked"),
    ],
)
def test_the_newer_wish_counts_and_of_two_the_stricter(
    ours: ConsentRecord, theirs: ConsentRecord, counts: str
) -> None:
    assert stricter(ours, theirs) == stricter(theirs, ours)
    assert stricter(ours, theirs).status == counts


def test_a_case_that_was_settled_on_one_side_is_settled() -> None:
    asked = lived(event(0, "message.received", "email", reason="size"))
    settled = lived(event(9, "contact.ended", "call", reason="size", resolved=True))
    assert united(asked, settled)[0].cases == {}
    again = lived(event(10, "message.received", "email", reason="size"))
    assert [*united(again, settled)[0].cases] == ["reason:size"]


def test_one_case_of_two_channels_is_one() -> None:
    context, _ = united(
        lived(event(0, "message.received", "email", reason="size", text="which size?")),
        lived(event(5, "contact.started", "chat", reason="size", text="again", bot=True)),
    )
    case = context.cases["reason:size"]
    assert (case.channels, case.asked, case.bot) == (["email", "chat"], "which size?", True)
    assert (case.opened, case.touched) == (at(0), at(5))


def test_caps_count_what_both_have_done() -> None:
    once = lived(REACHABLE, may(1), added(2), until=3 * HOURS)
    twice = lived(looked(100, identifiers={"email": "ada@example.org"}), may(101), added(102))
    both, _ = united(once, twice)
    harness = Harness(PLAYBOOK)
    harness.engine.restore({"ada": SNAPSHOTS.write_snapshot(both)})
    harness.wait_until(at(5 * HOURS))
    assert [each.action for each in harness.decisions] == [""]
    assert "frequency_cap" in {each.reason for each in harness.decisions[0].candidates}


def test_a_stage_that_fired_before_a_later_touch_is_a_new_one() -> None:
    fired = lived(added(2), until=3 * HOURS)
    assert fired.runs
    later, _ = united(fired, lived(added(150)))
    assert stages_fired(later.runs) == {}
    earlier, _ = united(fired, lived(added(1)))
    assert stages_fired(earlier.runs) == stages_fired(fired.runs)


def test_the_further_stage_counts_and_the_later_presence() -> None:
    context, _ = united(
        lived(event(0, "account.created"), session_start(1)), lived(looked(3, "store"))
    )
    assert (context.stage, context.channel, context.present) == ("onboarding", "store", at(3))
    assert context.session is not None
    assert context.session.channel == "web"


def session_start(minute: float) -> Event:
    return looked(minute, "web", session_id="w1")


def test_a_click_counts_until_the_customer_acts() -> None:
    clicked = lived(looked(0), event(5, "message.clicked", "email", action_id="a"))
    assert united(clicked, lived(looked(4)))[0].landing_until == clicked.landing_until
    assert united(clicked, lived(looked(6)))[0].landing_until < 0
