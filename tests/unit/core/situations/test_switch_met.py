"""Somebody acts on a channel before anybody knows who it is: the proof tells the switch."""

from __future__ import annotations

from legato.core.events.event import Event
from legato.core.values.time import HOUR, MINUTE
from legato.harness import Harness
from legato.settings import IdentitySettings
from tests.unit.core.linking.test_linking import as_
from tests.unit.core.stories import HOURS, added, event, looked, only, removed, switches

ADA, COOKIE = {"user_id": "ada"}, {"anonymous_id": "c"}
CALLER = {"phone": "+4930901820"}


def told(*events: Event) -> Harness:
    return Harness(identity=IdentitySettings(phone_region="DE")).feed(*events)


def login(minute: float, known: dict[str, str] = COOKIE, channel: str = "web") -> Event:
    return as_({**ADA, **known}, event(minute, "account.logged_in", channel))


def in_the_app(minute: float = 0) -> Event:
    return as_(ADA, added(minute, "SHOE", "mobile"))


def test_a_caller_who_is_verified_is_handed_over() -> None:
    call = as_(CALLER, event(50, "contact.started", "call", reason="size", queue="q-7"))
    verified = as_({**CALLER, **ADA}, event(52, "account.logged_in", "call"))
    harness = told(in_the_app(), call, verified)
    found = only(harness.situations)
    assert (found.evidence["from"], found.evidence["to"]) == ("mobile", "call")
    assert (found.evidence["gap"], found.goals) == (52 * MINUTE, ("cart:-",))
    brief = only(harness.actions)
    assert (brief.action, brief.channel) == ("brief_call_agent", "call")
    assert brief.handoff is not None
    assert [item.sku for item in brief.handoff.items] == ["SHOE"]


def test_a_visitor_who_logs_in_comes_from_where_they_were() -> None:
    visit = as_(COOKIE, looked(30))
    harness = told(in_the_app(), visit, login(31), as_(COOKIE, looked(32)))
    assert switches(harness) == [("mobile", "web")]


def test_what_they_came_to_only_there_is_no_goal() -> None:
    harness = told(as_(ADA, looked(0, "mobile")), as_(COOKIE, added(30, "HAT")), login(31))
    assert switches(harness) == []


def test_what_was_taken_out_before_is_no_goal() -> None:
    gone = as_(ADA, removed(1, "SHOE", "mobile"))
    harness = told(in_the_app(), gone, as_(COOKIE, added(30, "HAT")), login(31))
    assert switches(harness) == []


def test_both_on_one_channel_went_nowhere() -> None:
    harness = told(as_(ADA, added(0)), as_(COOKIE, looked(30)), login(31))
    assert switches(harness) == []


def test_who_was_elsewhere_too_long_ago_did_not_come_from_there() -> None:
    harness = told(in_the_app(), as_(COOKIE, looked(24 * HOURS)), login(24 * HOURS + 1))
    assert switches(harness) == []


def test_of_two_who_were_elsewhere_the_last_counts() -> None:
    shop = {"loyalty_id": "42"}
    card = as_({**ADA, **shop}, event(32, "loyalty.card_scanned", "web"))
    harness = told(
        in_the_app(), as_(shop, looked(10, "store")), as_(COOKIE, looked(30)), login(31), card
    )
    assert switches(harness) == [("mobile", "web"), ("store", "web")]


def test_the_next_act_uses_it_up() -> None:
    harness = told(in_the_app(), as_(COOKIE, looked(30)), login(31))
    context = harness.contexts[harness.root_of(harness.identify.name_of("user_id", "ada"))]
    assert context.elsewhere is None
    harness.drain()
    harness.feed(as_(COOKIE, looked(33)), login(34))
    assert not [each for each in harness.situations if each.time < context.present + HOUR]
