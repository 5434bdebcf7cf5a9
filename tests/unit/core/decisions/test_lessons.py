"""What was learned is looked up as of the decision, and what is tried passes every check."""

from __future__ import annotations

import pytest
from msgspec import json

from legato import Harness, Playbook
from legato.core.values.outputs import Decision
from tests.unit.core.decisions.test_fallback import FOUR, KNOWN, fail, last
from tests.unit.core.stories import HOURS, added, at, looked, losers, may, only, playbook

LEARN = "learning: {explore: 0}\n"
TRIES = {"mean": 0.9, "tries": 50, "successes": 45}


def learns(text: str = "{explore: 0}", rest: str = "") -> Playbook:
    shares = FOUR.replace("value: ", "propensity: 0.5, value: ")
    return playbook(f"{shares}learning: {text}\n{rest}")


def left(harness: Harness, *, who: str = "ada", minute: float = 0) -> Decision:
    """Leave a cart, and see what is decided an hour later."""
    harness.feed(may(minute - 5, **KNOWN, customer_id=who))
    harness.feed(added(minute, customer_id=who)).wait_until(at(minute + 60))
    return harness.decisions[-1]


def knows(value: object, key: str = "note@whatsapp", minute: float = 0) -> Decision:
    """What is decided at one o'clock, if that is known of an action."""
    harness = Harness(learns())
    harness.refer("propensity", key, {"*": value}, at(minute))
    return left(harness)


def propensity(decision: Decision, action: str = "note") -> float:
    (found,) = (each for each in decision.candidates if each.action == action)
    assert found.factors is not None
    return found.factors.propensity


def test_what_was_learned_counts_in_place_of_what_is_written() -> None:
    decision = knows({**TRIES, "mean": 20.0})
    assert decision.action == "note"
    assert propensity(decision) == 20
    assert propensity(decision, "mail") == 0.5
    assert decision.references == {"propensity/note@whatsapp": at(0)}
    assert decision.segment == "*"


@pytest.mark.parametrize("tries", [0, 49.9])
def test_below_50_tries_what_is_written_counts(tries: float) -> None:
    assert propensity(knows({**TRIES, "tries": tries})) == 0.5


def test_a_table_counts_from_its_time() -> None:
    assert propensity(knows(TRIES, minute=60)) == 0.9
    harness = Harness(learns())
    decision = left(harness)
    harness.refer("propensity", "note@whatsapp", {"*": TRIES}, at(61))
    assert propensity(decision) == 0.5


@pytest.mark.parametrize(("hours", "counts"), [(1, 0.9), (1.01, 0.5)])
def test_what_is_found_out_too_late_counts_as_it_is_written(
    hours: float, counts: float
) -> None:
    text = FOUR.replace("absence: {of: cart, after: [1h, 5h]}", "match: {on: page.viewed}")
    harness = Harness(playbook(text.replace("value: ", "propensity: 0.5, value: ") + LEARN))
    harness.refer("propensity", "note@whatsapp", {"*": TRIES}, at(-30))
    harness.feed(may(-5, **KNOWN), looked(0, received=hours * HOURS))
    assert propensity(only(harness.decisions)) == counts


@pytest.mark.parametrize(
    "value", [None, 1, "x", [], {}, {"mean": 1}, {"mean": "a", "tries": 99}, {"tries": 99}]
)
def test_what_is_no_table_is_passed_over(value: object) -> None:
    assert propensity(knows(value)) == 0.5


def test_the_first_segment_that_holds_is_whose_it_is() -> None:
    segments = """segments:
  never: {when: "false"}
  shopper: {when: size(customer.carts) > 0}
  all: {when: "true"}
"""
    harness = Harness(learns("{explore: 0}", segments))
    told = {"shopper": TRIES, "all": {**TRIES, "mean": 0.1}, "*": {**TRIES, "mean": 0.2}}
    harness.refer("propensity", "note@whatsapp", told, at(0))
    decision = left(harness)
    assert (decision.segment, propensity(decision)) == ("shopper", 0.9)


def tried(text: str = "{explore: 100}", rest: str = "", customers: int = 60) -> list[Decision]:
    """Whatever is decided of so many customers."""
    book = learns(text, rest)
    return [left(Harness(book), who=f"c{number}") for number in range(customers)]


def test_what_is_tried_is_drawn_among_all_that_passed() -> None:
    decisions = tried()
    assert {each.action for each in decisions} == {"mail", "letter", "text", "push", "note"}
    for each in decisions:
        assert each.explored
        assert set(losers(each).values()) == {"lost_arbitration"}
        assert {found.detail for found in each.candidates} == {"", each.action}


def test_nothing_is_tried_where_nothing_is_to_be_tried() -> None:
    assert not any(each.explored for each in tried("{explore: 0}", customers=10))
    assert {each.action for each in tried("{explore: 0}", customers=10)} == {"mail"}


def test_what_is_tried_is_the_same_whoever_asks() -> None:
    assert tried(customers=10) == tried(customers=10)


def test_a_hold_out_keeps_back_what_is_tried_as_well() -> None:
    held = "holdouts: {all: {percent: 100, salt: s1, purpose: promotion}}\n"
    for each in tried(rest=held, customers=10):
        assert (each.action, each.held_out, each.explored) == ("", "all", True)


def test_what_failed_is_drawn_again_without_its_channel() -> None:
    harness = Harness(learns("{explore: 100}"))
    first = left(harness)
    again = last(fail(harness, 70))
    assert again.fallback_of == first.action_id
    channels = {each.action: each.channel for each in first.candidates}
    assert channels[again.action] != channels[first.action]
    assert again.explored
    assert only([each for each in first.candidates if each.reason == "won"]).action in losers(
        again
    )


def test_nothing_is_learned_unless_it_is_asked_for() -> None:
    harness = Harness(playbook(FOUR))
    harness.refer("propensity", "note@whatsapp", {"*": {**TRIES, "mean": 90}}, at(0))
    decision = left(harness)
    told = json.decode(json.encode(decision))
    assert decision.action == "mail"
    assert not told.keys() & {"explored", "segment", "references"}
