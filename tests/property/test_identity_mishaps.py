"""What may go wrong on the way of a merge, and what must come of it all the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from legato.core.context.runs import stages_fired
from legato.core.events.event import Event
from legato.core.identity.commands import Merge
from legato.core.identity.rules import IdentityRules
from legato.core.values.outputs import Action, Situation
from tests.examples import examples
from tests.property.identity_town import Town, Way
from tests.unit.core.linking.test_linking import as_, login, tell, whose
from tests.unit.core.stories import DAYS, HOURS, added, at, event, looked, may, only, ordered

FREE = IdentityRules(limits={}, max_customers_per_identifier=1_000)
COOKIE = {"anonymous_id": "c-1"}
CARD, MAIL = {"loyalty_id": "42"}, {"email": "ada@example.org"}
USER = {"user_id": "ada"}


def scanned(minute: float, known: dict[str, str]) -> Event:
    return as_(known, event(minute, "loyalty.card_scanned", "store"))


def reminders(town: Town) -> list[Action]:
    told = [each for each in town.outputs if isinstance(each, Action)]
    return [each for each in told if each.situation == "cart_abandoned"]


def stages(town: Town) -> list[tuple[int | None, int]]:
    told = [each for each in town.outputs if isinstance(each, Situation)]
    return [(each.stage, each.time) for each in told if each.situation == "cart_abandoned"]


def take_out(town: Town) -> tuple[Way, Merge]:
    """Deliver until a merge is asked for, and keep the question back."""
    while True:
        for way, queue in town.ways.items():
            for message in queue:
                if isinstance(message, Merge):
                    queue.remove(message)
                    return way, message
        assert town.step(lambda _: 0), "nobody asks"


def test_a_merge_that_reaches_a_forwarder_is_sent_on() -> None:
    town = tell(Town(), as_(MAIL, added(0, "HAT")), as_(CARD, added(1)))
    town.enter(scanned(2, {**CARD, **MAIL}), 0)
    way, question = take_out(town)
    assert question.to == town.name_of("loyalty_id", "42")
    town.enter(scanned(3, {**USER, **CARD}), 1)
    town.run()
    town.enter(as_(MAIL, looked(4)), 0)
    town.run()
    assert town.root_of(question.to) == town.name_of("user_id", "ada")
    assert not town.is_quiet()
    town.ways[way].append(question)
    town.run()
    assert town.is_quiet()
    ada = only(town.customers())
    assert ada is whose(town, "email", MAIL["email"])
    assert {*ada.carts["-"].lines} == {"HAT", "SHOE"}
    assert [touch.time for touch in ada.timeline] == [at(n) for n in range(5)]


@pytest.mark.parametrize("closed", range(3))
def test_a_merge_that_reaches_a_restoring_partition_waits_for_it(closed: int) -> None:
    town = tell(Town(), as_({**USER, **MAIL}, may(0)), as_(COOKIE, added(1)))
    town.closed = {closed}
    town.enter(login(5), 0)
    town.run()
    town.wait_until(at(3 * HOURS))
    town.enter(as_(COOKIE, looked(4 * HOURS)), 1)
    town.run()
    town.homes[closed].restore()
    town.closed = set()
    town.run()
    town.wait_until(at(5 * HOURS))
    assert town.is_quiet()
    ada = only(town.customers())
    assert [touch.time for touch in ada.timeline] == [at(0), at(1), at(5), at(4 * HOURS)]
    assert stages(town) == [(1, at(61))]
    assert len(reminders(town)) == 1


@pytest.mark.parametrize("turn", [0, 1, 2])
def test_a_chain_of_fifty_merges_keeps_every_cart_and_reminds_once(turn: int) -> None:
    town = Town(homes=7, rules=FREE)
    for n in range(26):
        tell(town, as_({"club": f"c{n}"}, added(n / 100, f"A{n}")))
        tell(town, as_({"card": f"c{n}"}, added(n / 100, f"B{n}")))
    tell(town, as_({"email": "ada@example.org", "card": "c1"}, may(2, authenticated=True)))
    links = [{"club": f"c{n}", "card": f"c{n + 1}"} for n in range(25)]
    links += [{"card": f"c{n}", "club": f"c{n}"} for n in range(1, 26)]
    for n, known in enumerate(links):
        town.enter(as_(known, looked(3 + n / 100, authenticated=True)), n % 2)
    town.run(lambda count: (count - 1) * turn // 2)
    town.wait_until(at(2 * HOURS))
    assert town.is_quiet()
    ada = whose(town, "club", "c25")
    found = sum(len(each.carts["-"].lines) for each in town.customers() if each.carts)
    assert (found, len(ada.carts["-"].lines)) == (52, 51)
    assert len(reminders(town)) == 1


@given(st.lists(st.integers(0, 9), max_size=40), st.integers(0, 12))
@settings(deadline=None, max_examples=examples(200))
def test_a_timer_that_fires_while_its_cart_moves_fires_once(
    choices: list[int], first: int
) -> None:
    """Between any two deliveries the deadline may come, in one partition or in all."""
    town, drawn = Town(), iter(choices)
    tell(town, as_({**USER, **MAIL}, may(0)), as_({**COOKIE, **MAIL}, added(1)))

    def choose(count: int) -> int:
        return next(drawn, 0) % count

    town.enter(login(60), 0)
    town.enter(scanned(60.5, {**USER, **CARD}), 1)
    for n in range(20):
        if n == first:
            town.homes[choose(3)].line.advance(at(61))
        if n == first + 2:
            town.wait_until(at(62))
        town.step(choose)
    town.run(choose)
    town.wait_until(at(3 * HOURS))
    assert town.is_quiet()
    assert stages(town) == [(1, at(61))]
    assert len(reminders(town)) <= 1
    assert stages_fired(only(town.customers()).runs) == {"cart_abandoned|cart:-": 1}


@given(
    st.permutations(["cart", "order", "link", "more"]),
    st.integers(10, 59),
    st.integers(60, 600),
    st.lists(st.integers(0, 9), max_size=30),
)
@settings(deadline=None, max_examples=examples(200))
def test_who_bought_before_the_cart_came_along_is_not_reminded(
    arrival: list[str], bought: int, linked: int, choices: list[int]
) -> None:
    """The cart belongs to an address, the order to a card; each may be heard of first."""
    town, drawn = Town(), iter(choices)
    tell(town, as_(MAIL, may(0)))
    happened = {
        "cart": as_(MAIL, added(1, received=linked)),
        "more": as_(MAIL, added(2, "HAT", received=linked)),
        "order": as_(CARD, ordered(bought, "SHOE", "HAT", received=linked)),
        "link": scanned(linked, {**USER, **CARD, **MAIL}),
    }

    def choose(count: int) -> int:
        return next(drawn, 0) % count

    for name in arrival:
        town.enter(happened[name], choose(2))
        for _ in range(choose(4)):
            town.step(choose)
    town.run(choose)
    town.wait_until(at(20 * DAYS))
    assert town.is_quiet()
    assert only(town.customers()).carts == {}
    assert town.standing() == set()


@given(st.integers(10, 59), st.integers(62, 600))
@settings(deadline=None, max_examples=examples(50))
def test_who_was_reminded_of_what_the_card_had_bought_is_not_after_the_link(
    bought: int, linked: int
) -> None:
    town = tell(Town(), as_(MAIL, may(0)), as_(MAIL, added(1)), as_(CARD, ordered(bought)))
    town.wait_until(at(linked) - 1)
    assert len(reminders(town)) == 1
    tell(town, scanned(linked, {**USER, **CARD, **MAIL}))
    town.wait_until(at(20 * DAYS))
    assert town.standing() == set()
    assert only(town.customers()).carts == {}
