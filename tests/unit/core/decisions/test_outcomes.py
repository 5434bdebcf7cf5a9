"""Outcomes find the action that they are about, wherever it went; others are turned away."""

from __future__ import annotations

import pytest

from legato.core.context.context import Context
from legato.core.decisions.revocation import NO_ACTION, UNKNOWN_ACTION, UNKNOWN_CUSTOMER
from legato.core.events.event import Event
from legato.core.identity.commands import Split
from legato.core.identity.state import NO_IDENTITY
from legato.core.values.outputs import Action
from legato.core.values.results import DUPLICATE, Rejected
from legato.harness import Harness
from legato.wire.state import write_context
from tests.property.identity_town import Town
from tests.property.test_identity_mishaps import take_out
from tests.unit.core.decisions.test_revocation import news, reminded, status
from tests.unit.core.identity.test_rotation import rotated
from tests.unit.core.linking.test_linking import as_, follow_first, login, tell, whose
from tests.unit.core.stories import HOURS, added, at, event, looked, may, only

MAIL, CARD = {"email": "kim@example.org"}, {"loyalty_id": "42"}
TABLET, ADA, BOB = {"device_id": "t-1"}, {"user_id": "ada"}, {"user_id": "bob"}


def outcome(minute: float, action_id: str, customer_id: str, told: str = "opened") -> Event:
    return event(
        minute, f"action.{told}", "email", action_id=action_id, customer_id=customer_id
    )


def a_reminder(known: dict[str, str]) -> tuple[Town, Action]:
    """Somebody of whom no more is known is reminded an hour after noon."""
    town = tell(Town(), as_(known, may(-5)), as_(known, added(0)))
    town.wait_until(at(HOURS))
    return town, only([each for each in town.outputs if isinstance(each, Action)])


def shown(minute: float) -> Event:
    """Kim's card turns out to be of whoever has that address."""
    return as_({**CARD, **MAIL}, looked(minute, authenticated=True))


def report(town: Town, *outcomes: Event) -> None:
    """Let an adapter report as the action said."""
    for each in outcomes:
        town._send("door0", each)
    town.run()
    assert town.is_quiet()


def letters(town: Town) -> list[Rejected]:
    return [why for home in town.homes for _, why in home.rejected]


def known(context: Context) -> list[tuple[str, str]]:
    return [(taken.action_id, taken.status) for taken in context.actions]


def test_of_an_unknown_customer_comes_a_dead_letter_and_no_context() -> None:
    harness = reminded()
    assert harness.take(outcome(70, "a", "nobody")) == UNKNOWN_CUSTOMER
    assert [*harness.contexts] == ["ada"]


@pytest.mark.parametrize(("told", "why"), [("b", UNKNOWN_ACTION), ("", NO_ACTION)])
def test_an_unknown_action_leaves_no_trace(told: str, why: Rejected) -> None:
    harness = reminded()
    before = write_context(harness.contexts["ada"])
    assert harness.take(outcome(70, told, "ada")) == why
    assert harness.take(outcome(70, told, "ada")) == why
    assert write_context(harness.contexts["ada"]) == before


def test_the_action_of_another_is_unknown() -> None:
    harness = reminded().feed(looked(61, customer_id="bob"))
    assert harness.take(outcome(70, harness.actions[0].action_id, "bob")) == UNKNOWN_ACTION
    assert status(harness) == "sent"


def test_a_repeated_outcome_is_a_duplicate() -> None:
    harness = reminded()
    assert harness.take(news(70, "opened", harness)) is None
    assert harness.take(news(70, "opened", harness)) is DUPLICATE
    harness.contexts["ada"].actions = ()
    assert harness.take(news(70, "opened", harness)) is DUPLICATE


def test_what_was_forgotten_is_unknown() -> None:
    visits = [
        each
        for n in range(60)
        for each in (looked(2 * n + 1), event(2 * n + 2, "store.visited", "store"))
    ]
    harness = Harness().feed(added(0), *visits)
    first, last = harness.actions[0].action_id, harness.actions[-1].action_id
    why = harness.take(outcome(200, first, "ada"))
    assert why == UNKNOWN_ACTION
    assert "(their last 50, for 30 days)" in why.message
    assert harness.take(outcome(200, last, "ada")) is None


def test_it_follows_the_customer_who_moved() -> None:
    town, action = a_reminder(MAIL)
    tell(town, shown(70))
    report(town, outcome(75, action.action_id, action.customer_id))
    assert known(whose(town, "loyalty_id", "42")) == [(action.action_id, "opened")]
    report(town, outcome(76, "unknown", action.customer_id))
    assert letters(town) == [UNKNOWN_ACTION]


def test_who_is_held_comes_to_know_the_action_first() -> None:
    town, action = a_reminder(MAIL)
    town.enter(shown(70), 0)
    hub = town.name_of("loyalty_id", "42")
    home = follow_first(town, hub)
    for told in (action.action_id, "unknown", action.action_id):
        home.take(outcome(75, told, hub))
    assert (len(town.slot(hub).waiting), letters(town)) == (3, [])
    town.run()
    assert town.is_quiet()
    kim = whose(town, "loyalty_id", "42")
    assert known(kim) == [(action.action_id, "opened")]
    assert letters(town) == [UNKNOWN_ACTION]
    assert len(kim.seen) == 4 * 12


def test_who_asked_in_vain_judges_what_came_meanwhile() -> None:
    """Two accounts never become one, but the worse-named of them asks."""
    town, action = a_reminder(MAIL)
    better, worse = sorted((ADA, BOB), key=lambda who: town.name_of("user_id", who["user_id"]))
    tell(town, login(70, {**worse, **MAIL}))
    town.enter(login(80, {**better, **MAIL}), 0)
    way, question = take_out(town)
    asker = question.origin
    for told in (action.action_id, "unknown"):
        town._send("door0", outcome(90, told, asker))
    town.run()
    assert (len(town.slot(asker).waiting), letters(town)) == (2, [])
    town.ways[way].append(question)
    town.run()
    assert town.is_quiet()
    assert known(whose(town, "user_id", worse["user_id"])) == [(action.action_id, "opened")]
    assert letters(town) == [UNKNOWN_ACTION]


def test_after_a_split_it_goes_to_whom_the_action_stayed_with() -> None:
    town, action = a_reminder(MAIL)
    tell(town, shown(70))
    mail = action.customer_id
    town.wait_until(at(80))
    town._send("door0", Split(mail, "email", at(80)))
    town.run()
    tell(town, as_(MAIL, looked(85)))
    before = write_context(town.slot(mail))
    report(town, outcome(90, action.action_id, mail), outcome(91, "unknown", mail))
    assert known(whose(town, "loyalty_id", "42")) == [(action.action_id, "opened")]
    assert letters(town) == [UNKNOWN_ACTION]
    assert write_context(town.slot(mail)) == before


def test_what_a_tablet_was_told_went_with_the_first_who_logged_in() -> None:
    town, action = a_reminder(TABLET)
    tell(town, login(70, {**ADA, **TABLET}), login(80, {**BOB, **TABLET}))
    report(town, outcome(90, action.action_id, action.customer_id))
    assert known(whose(town, "user_id", "ada")) == [(action.action_id, "opened")]
    assert letters(town) == []


@pytest.mark.parametrize("seen", [False, True])
def test_after_a_rotation_the_former_name_is_still_known(seen: bool) -> None:
    town, action = a_reminder(MAIL)
    rotated(town)
    if seen:
        tell(town, as_(MAIL, looked(70)))
    report(town, outcome(90, action.action_id, action.customer_id))
    customer = town.slot(town.root_of(action.customer_id))
    assert (customer.customer_id != action.customer_id) == seen
    assert known(customer) == [(action.action_id, "opened")]
    report(town, outcome(91, "unknown", action.customer_id))
    assert letters(town) == [UNKNOWN_ACTION]


def test_one_that_proves_a_link_is_judged_by_whom_it_leads_to() -> None:
    harness = Harness()
    told = as_({**CARD, **MAIL}, event(0, "action.opened", action_id="a", authenticated=True))
    assert harness.take(told) == UNKNOWN_ACTION
    kim = harness.contexts[harness.root_of(harness.identify.name_of("loyalty_id", "42"))]
    assert (kim.seen, kim.waiting) == (bytearray(), ())
    assert len((kim.identity or NO_IDENTITY).members) == 2
