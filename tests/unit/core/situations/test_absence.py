"""The absence as a primitive: of carts, cases and whole customers, as the playbook says."""

from legato.core.events.event import Event
from legato.core.playbook.definition import Playbook
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
    ordered,
    playbook,
)


def rules(*situations: str, forget: str = "{cart: 10d, case: 7d}") -> Playbook:
    lines = "\n".join(f"  {each}" for each in situations)
    return playbook(f"version: 1\nforget: {forget}\nsituations:\n{lines}")


SILENT = rules("silent: {absence: {of: customer, after: [2h, 30d]}}")
UNANSWERED = rules("unanswered: {absence: {of: case, after: [1h, 2d]}}")


def fired(harness: Harness) -> list[tuple[str, float, int | None]]:
    return [
        (each.situation, (each.time - NOON) / MINUTE, each.stage) for each in harness.situations
    ]


def asked(minute: float, **told: object) -> Event:
    return event(minute, "message.received", "email", **{"reason": "repair", **told})


def test_a_customer_is_silent_since_they_last_did_something() -> None:
    harness = Harness(SILENT).feed(looked(0)).wait_until(at(40 * DAYS))
    assert fired(harness) == [("silent", 120, 1), ("silent", 30 * DAYS, 2)]
    assert len({each.occurrence_id for each in harness.situations}) == 1


def test_whatever_the_customer_does_breaks_the_silence() -> None:
    harness = Harness(SILENT).feed(looked(0), looked(60), looked(200)).wait_until(at(321))
    assert fired(harness) == [("silent", 180, 1), ("silent", 320, 1)]
    assert len({each.occurrence_id for each in harness.situations}) == 2


def test_what_we_do_does_not_break_it() -> None:
    harness = Harness(SILENT).feed(looked(0), event(60, "message.sent", "email"))
    assert fired(harness.wait_until(at(121))) == [("silent", 120, 1)]


def test_nobody_is_silent_who_never_came() -> None:
    harness = Harness(SILENT).feed(event(0, "message.sent", "email"))
    assert fired(harness.wait_until(at(DAYS))) == []


def test_a_case_is_unanswered_since_its_last_contact() -> None:
    harness = Harness(UNANSWERED).feed(asked(0), looked(30)).wait_until(at(3 * DAYS))
    assert fired(harness) == [("unanswered", 60, 1), ("unanswered", 2 * DAYS, 2)]
    told = harness.situations[0]
    assert (told.goals, told.evidence["reason"]) == (("case:reason:repair",), "repair")


def test_a_contact_starts_the_wait_anew() -> None:
    ended = event(90, "contact.ended", "email", reason="repair")
    harness = Harness(UNANSWERED).feed(asked(0), ended).wait_until(at(151))
    assert fired(harness) == [("unanswered", 60, 1), ("unanswered", 150, 1)]


def test_a_late_contact_does_not() -> None:
    other = looked(85, customer_id="bob")
    late = event(-10, "contact.ended", "email", reason="repair", received=90)
    harness = Harness(UNANSWERED).feed(asked(0), other, late).wait_until(at(200))
    assert fired(harness) == [("unanswered", 60, 1)]


def test_a_resolved_case_waits_for_nothing() -> None:
    done = event(30, "contact.ended", "email", reason="repair", resolved=True)
    assert fired(Harness(UNANSWERED).feed(asked(0), done).wait_until(at(3 * DAYS))) == []


def test_a_case_that_is_opened_again_begins_at_stage_1() -> None:
    done = event(90, "contact.ended", "email", reason="repair", resolved=True)
    harness = Harness(UNANSWERED).feed(asked(0), done, asked(100)).wait_until(at(161))
    assert fired(harness) == [("unanswered", 60, 1), ("unanswered", 160, 1)]


def test_cases_are_judged_one_by_one() -> None:
    harness = Harness(UNANSWERED).feed(asked(0), asked(30, reason="invoice"))
    assert fired(harness.wait_until(at(91))) == [("unanswered", 60, 1), ("unanswered", 90, 1)]


def test_several_absences_of_one_thing_do_not_disturb_each_other() -> None:
    both = rules(
        "soon: {absence: {of: cart, after: [10m, 60m]}}",
        "late: {absence: {of: cart, after: [60m]}}",
    )
    harness = Harness(both).feed(added(0)).wait_until(at(61))
    assert fired(harness) == [("soon", 10, 1), ("soon", 60, 2), ("late", 60, 1)]
    assert len({each.occurrence_id for each in harness.situations}) == 2


def test_carts_cases_and_customers_may_all_be_watched() -> None:
    all_of_them = rules(
        "left: {absence: {of: cart, after: [1h]}}",
        "unanswered: {absence: {of: case, after: [2h]}}",
        "silent: {absence: {of: customer, after: [3h]}}",
    )
    harness = Harness(all_of_them).feed(asked(0), added(10)).wait_until(at(DAYS))
    assert fired(harness) == [
        ("left", 70, 1), ("unanswered", 120, 1), ("silent", 190, 1),
    ]  # fmt: skip


def test_how_soon_things_are_forgotten_is_a_setting() -> None:
    short = rules("left: {absence: {after: [1h]}}", forget="{cart: 2h, case: 1h}")
    harness = Harness(short).feed(added(0), asked(0)).wait_until(at(60) + 1)
    assert harness.contexts["ada"].cases == {}
    assert list(harness.contexts["ada"].carts) == ["-"]
    assert harness.wait_until(at(2 * HOURS)).contexts["ada"].carts == {}


def test_without_rules_nothing_is_found_and_things_are_still_forgotten() -> None:
    harness = Harness(rules("x: {switch: {within: 1h}}"))
    harness.feed(added(0, "SHOE", "email"), asked(0))
    harness.wait_until(at(11 * DAYS))
    assert harness.situations == []
    assert (harness.contexts["ada"].carts, harness.contexts["ada"].cases) == ({}, {})


def test_a_cart_that_is_bought_is_counted_from_one_when_it_is_filled_anew() -> None:
    harness = Harness(rules("left: {absence: {after: [1h, 2h]}}")).feed(added(0), added(70))
    harness.wait_until(at(131)).feed(ordered(140)).wait_until(at(300))
    harness.feed(added(310)).wait_until(at(375))
    found = [(each.time, each.stage) for each in harness.situations]
    assert found == [(at(60), 1), (at(130), 1), (at(370), 1)]
    harness.wait_until(at(11 * DAYS))
    assert harness.contexts["ada"].runs == {}


def test_what_was_counted_of_a_cart_that_is_bought_goes_with_it() -> None:
    harness = Harness(rules("left: {absence: {after: [1h]}}")).feed(added(0))
    harness.wait_until(at(61)).feed(ordered(70), added(80, cart_id="b"))
    assert harness.contexts["ada"].runs == {"left|cart:-": 1}
    harness.wait_until(at(80 + 10 * DAYS))
    assert harness.contexts["ada"].runs == {}
