"""Stories of messages that came back, were called spam, or were to be the last."""

from __future__ import annotations

from itertools import compress, permutations, product

import pytest
from msgspec.structs import replace

from legato.core.context.consent import consent_for
from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.merge.merge import merge
from legato.harness import Harness, default_playbook
from tests.unit.core.stories import HOURS, added, at, event, looked, losers, may, only

OLD, NEW = {"email": "old@example.org"}, {"email": "new@example.org"}


def signed_up(minute: float, identifiers: dict[str, str]) -> Event:
    return event(minute, "account.created", identifiers=identifiers)


def given(minute: float, identifiers: dict[str, str]) -> Event:
    return event(minute, "customer.updated", identifiers=identifiers)


def heard(story: list[Event], order: tuple[int, ...]) -> list[Event]:
    """Hear of it in this order, all of it a quarter of an hour before noon."""
    return [
        replace(story[number], received=at(-15 + at_ / 10)) for at_, number in enumerate(order)
    ]


def bounced(minute: float, identifiers: dict[str, str], /, **told: object) -> Event:
    return event(minute, "message.bounced", "email", identifiers=identifiers, hard=True, **told)


def reminded(*told: Event) -> str:
    """Where a reminder of a cart goes that is left behind at noon; or why it does not."""
    harness = Harness().feed(may(-60), *told, added(0)).wait_until(at(2 * HOURS))
    decision = only(harness.decisions)
    if decision.action:
        return only(harness.actions).address
    (lost,) = [each for each in decision.candidates if each.action == "remind_by_email"]
    return f"{lost.reason}: {lost.detail}"


def test_an_address_is_dead_after_a_hard_bounce() -> None:
    assert reminded(signed_up(-50, OLD), bounced(-40, OLD)) == "unreachable: bounced"
    soft = event(-40, "message.bounced", "email", identifiers=OLD)
    assert reminded(signed_up(-50, OLD), soft) == "old@example.org"


def test_it_is_alive_again_once_it_is_given_anew() -> None:
    told = signed_up(-50, OLD), bounced(-40, OLD)
    assert reminded(*told, looked(-30, identifiers=OLD)) == "unreachable: bounced"
    given = event(-30, "customer.updated", identifiers=OLD)
    assert reminded(*told, given) == "old@example.org"
    early = event(-45, "customer.updated", identifiers=OLD, received=-30)
    assert reminded(*told, early) == "unreachable: bounced"


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_of_bounces_and_of_who_gave_it_the_last_by_event_time_counts(
    order: tuple[int, ...],
) -> None:
    """In whatever order they are heard of: it was given, dead, given anew, looked at."""
    story = [signed_up(-50, OLD), bounced(-40, OLD), given(-30, OLD), looked(-20, "web")]
    assert reminded(*heard(story, order)) == "old@example.org"
    dead = [signed_up(-50, OLD), given(-40, OLD), bounced(-30, OLD), looked(-20, "web")]
    assert reminded(*heard(dead, order)) == "unreachable: bounced"
    seen = [signed_up(-50, OLD), bounced(-40, OLD), looked(-30, "web", identifiers=OLD)]
    assert reminded(*heard([*seen, bounced(-45, OLD)], order)) == "unreachable: bounced"


def test_a_late_bounce_takes_nothing_back_that_waits_for_an_address_given_since() -> None:
    night = 10 * HOURS
    harness = Harness().feed(may(0), signed_up(1, OLD), given(3, OLD), added(night))
    harness.wait_until(at(night + 2 * HOURS))
    harness.feed(bounced(2, OLD, received=night + 2 * HOURS))
    assert harness.revoked == []
    harness.feed(bounced(4, OLD, received=night + 2 * HOURS + 1))
    assert only(harness.revoked).reason == "address_gone"


def test_what_is_known_of_addresses_is_bounded() -> None:
    many = [{"email": f"{n}@example.org"} for n in range(40)]
    told = [signed_up(n, who) for n, who in enumerate(many)]
    context = Harness().feed(*told).contexts["ada"]
    assert list(context.given.values()) == [at(n) for n in range(24, 40)]
    gone = [bounced(50 + n, who) for n, who in enumerate(many)]
    context = Harness().feed(*told, *gone).contexts["ada"]
    assert len(context.bounced) == len(context.given) == 16


def test_a_dead_address_is_followed_by_a_newer_never_by_an_older() -> None:
    assert reminded(signed_up(-50, OLD), signed_up(-40, NEW), bounced(-30, NEW)) == (
        "unreachable: bounced"
    )
    assert reminded(signed_up(-50, OLD), bounced(-40, OLD), signed_up(-30, NEW)) == (
        "new@example.org"
    )
    assert reminded(signed_up(-50, OLD), signed_up(-40, NEW), bounced(-30, OLD)) == (
        "new@example.org"
    )


def test_what_waits_to_go_there_is_taken_back() -> None:
    night = 10 * HOURS
    harness = Harness().feed(may(0), signed_up(1, OLD), added(night))
    harness.wait_until(at(night + 2 * HOURS))
    action = only(harness.actions)
    harness.feed(event(night + 2 * HOURS, "message.bounced", "email", hard=True, action_id="x"))
    assert harness.revoked == []
    harness.feed(
        event(
            night + 2 * HOURS + 1,
            "message.bounced",
            "email",
            hard=True,
            action_id=action.action_id,
        )
    )
    assert only(harness.revoked).reason == "address_gone"


@pytest.mark.parametrize(
    ("kind", "reason", "dead"),
    [
        ("action.failed", "no_such_address", True),
        ("action.failed", "no_such_device", True),
        ("action.failed", "retries_exhausted", False),
        ("action.failed", None, False),
        ("action.delivered", "no_such_address", False),
    ],
)
def test_so_is_it_where_an_outcome_says_that_nobody_is_there(
    kind: str, reason: str | None, dead: bool
) -> None:
    """The provider said so at once, so that no bounce comes."""
    night = 10 * HOURS
    harness = Harness().feed(may(0), signed_up(1, OLD), added(night))
    harness.wait_until(at(night + 2 * HOURS))
    action, told = only(harness.actions), {"reason": reason} if reason else {}
    minute = night + 2 * HOURS + 1
    harness.feed(event(minute, kind, "email", action_id=action.action_id, **told))
    assert harness.contexts["ada"].bounced == ({OLD["email"]: at(minute)} if dead else {})
    harness.feed(given(minute + 1, OLD))
    assert harness.contexts["ada"].bounced == {}


def test_what_else_waits_to_go_there_is_taken_back_then() -> None:
    night = 10 * HOURS
    harness = Harness().feed(may(0), signed_up(1, OLD), added(night))
    harness.wait_until(at(night + 2 * HOURS))
    waiting, context = only(harness.actions), harness.contexts["ada"]
    sent = replace(context.actions[0], action_id="sent", not_before=at(night))
    context.actions = (*context.actions, sent)
    told = {"action_id": "sent", "reason": "no_such_address"}
    harness.feed(event(night + 2 * HOURS + 1, "action.failed", "email", **told))
    assert only(harness.revoked).action_id == waiting.action_id


def test_a_complaint_ends_promotions_and_an_unsubscription_those_of_its_channel() -> None:
    spam = Harness().feed(may(0), event(1, "message.complained", "email")).contexts["ada"]
    assert [wanted(spam, "email"), wanted(spam, "sms")] == [False, False]
    stop = Harness().feed(may(0), event(1, "message.unsubscribed", "sms")).contexts["ada"]
    assert [wanted(stop, "email"), wanted(stop, "sms")] == [True, False]
    page = event(1, "message.unsubscribed", "web", purpose="profiling")
    link = Harness().feed(may(0), page).contexts["ada"]
    assert [wanted(link, "email"), consent_for(link.consents, "profiling", "sms")] == [
        True,
        False,
    ]


def test_none_of_them_moves_presence() -> None:
    harness = Harness().feed(looked(0))
    for kind in ("bounced", "complained", "unsubscribed"):
        harness.feed(event(1, f"message.{kind}", "email", identifiers=OLD))
    context = harness.contexts["ada"]
    assert (context.channel, context.present) == ("web", at(0))


def test_what_either_side_knows_to_be_dead_is_dead_for_both() -> None:
    ours = Harness().feed(signed_up(0, OLD), bounced(1, OLD)).contexts["ada"]
    theirs = Harness().feed(signed_up(0, OLD), bounced(2, OLD)).contexts["ada"]
    for one, other in ((ours, theirs), (theirs, ours), (ours, Context("bob"))):
        assert "old@example.org" in merge(default_playbook(), one, other)[0].bounced


def test_what_either_side_was_given_after_the_bounce_is_alive_for_both() -> None:
    ours = Harness().feed(signed_up(0, OLD), bounced(1, OLD)).contexts["ada"]
    theirs = Harness().feed(signed_up(2, OLD)).contexts["ada"]
    for one, other in ((ours, theirs), (theirs, ours)):
        united, _ = merge(default_playbook(), one, other)
        assert (united.bounced, united.given) == ({}, {"old@example.org": at(2)})


def test_shared_out_over_two_in_any_way_they_are_the_same_as_in_one() -> None:
    story = [signed_up(0, OLD), bounced(1, OLD), given(2, OLD), bounced(3, NEW), given(2, NEW)]
    whole = Harness().feed(*story).contexts["ada"]
    assert whole.bounced == {"new@example.org": at(3)}
    for sides in product((True, False), repeat=len(story)):
        ours, theirs = (
            Harness().feed(*compress(story, some)).contexts.get("ada", Context("ada"))
            for some in (sides, [not side for side in sides])
        )
        united, _ = merge(default_playbook(), ours, theirs)
        assert (united.bounced, united.given) == (whole.bounced, whole.given)


def wanted(context: Context, channel: str) -> bool | None:
    return consent_for(context.consents, "promotion", channel)


def test_the_reason_stands_beside_the_loser() -> None:
    harness = Harness().feed(may(-60), signed_up(-50, OLD), bounced(-40, OLD), added(0))
    harness.wait_until(at(2 * HOURS))
    assert losers(only(harness.decisions))["remind_by_email"] == "unreachable"
