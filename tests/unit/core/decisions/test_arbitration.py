"""Of all that may be done one thing is done, and every other gets its reason."""

import pytest

from legato.core.playbook.definition import Playbook
from legato.core.values.outputs import Candidate, Decision, Factors
from legato.harness import Harness
from tests.unit.core.stories import added, at, event, losers, may, only, playbook

HEAD = """
version: 1
situations: {left: {absence: {after: [1h, 2h, 3h]}}}
channels: {email: {address: [email]}, sms: {address: [phone]}}
actions:
"""
ADA = {"email": "ada@example.com", "phone": "+49301"}


def action(name: str, **told: object) -> str:
    body = {
        "situation": "left",
        "channel": "email",
        "purpose": "service",
        "content": "x",
    } | told
    return f"  {name}: {{{', '.join(f'{key}: {value}' for key, value in body.items())}}}\n"


def decide(*actions: str, channel: str = "web") -> Decision:
    rules: Playbook = playbook(HEAD + "".join(actions))
    start = event(-5, "account.created", identifiers=ADA)
    harness = Harness(rules).feed(start, added(0, "SHOE", channel, price=100))
    return only(harness.wait_until(at(60)).decisions)


def candidate(decision: Decision, name: str) -> Candidate:
    return next(each for each in decision.candidates if each.action == name)


def test_the_highest_product_of_the_four_factors_wins() -> None:
    told = decide(
        action("likely", propensity=0.9, value=1),
        action("precious", propensity=0.1, value=10),
        action("pushed", propensity=0.5, value=1, lever=3),
    )
    assert told.action == "pushed"
    assert losers(told) == {"likely": "lost_arbitration", "precious": "lost_arbitration"}
    assert candidate(told, "likely").detail == "pushed"


def test_each_candidate_shows_its_factors() -> None:
    told = decide(action("tell", propensity=0.3, value=2, lever=1.5))
    factors = candidate(told, "tell").factors
    assert factors == Factors(0.3, 1.0, 2.0, 1.5)
    assert factors.priority == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("weights", "weight"),
    [
        ("[{when: {value_at_least: 100}, percent: 55}]", 1.55),
        ("[{when: {value_at_least: 101}, percent: 55}]", 1.0),
        ("[{when: {value_at_least: {eur: 100, USD: 1}}, percent: 55}]", 1.0),
        ("[{when: {value_at_least: 100}, percent: 55}, {when: {}, percent: -25}]", 1.3),
        ("[{when: {from: [web]}, percent: 20}, {when: {from: [mobile]}, percent: 40}]", 1.2),
        ("[{when: {goal: [cart]}, percent: 10}, {when: {stage: [2]}, percent: 40}]", 1.1),
    ],
)
def test_context_weights_add_up_to_one_factor(weights: str, weight: float) -> None:
    told = decide(action("tell", context=weights))
    factors = candidate(told, "tell").factors
    assert factors is not None
    assert factors.context == pytest.approx(weight)


@pytest.mark.parametrize(
    ("asked", "prices", "weight"),
    [
        ("{EUR: 60}", {"EUR": 60}, 1.5),
        ("{eur: 60}", {"eur": 60}, 1.5),
        ("{EUR: 61, USD: 60}", {"EUR": 60}, 1),
        ("{EUR: 61, USD: 60}", {"USD": 60}, 1.5),
        ("{EUR: 60}", {"EUR": 60, "JPY": 1}, 1.5),
        ("{EUR: 61}", {"EUR": 60, "JPY": 4_000}, 1),
        ("60", {"EUR": 60, "JPY": 4_000}, 1),
        ("60", {"EUR": 30, "": 30}, 1.5),
        ("60", {"EUR": 60, "JPY": 1, "": 30}, 1),
    ],
)
def test_values_of_two_currencies_are_never_added(
    asked: str, prices: dict[str, float], weight: float
) -> None:
    text = action("tell", context=f"[{{when: {{value_at_least: {asked}}}, percent: 50}}]")
    harness = Harness(playbook(HEAD + text))
    for n, (currency, price) in enumerate(prices.items()):
        harness.feed(added(n, f"S{n}", "web", price=price, currency=currency or None))
    told = only(harness.wait_until(at(60 + len(prices))).decisions)
    factors = candidate(told, "tell").factors
    assert factors is not None
    assert factors.context == pytest.approx(weight)


def test_of_equal_ones_the_earliest_to_expire_wins() -> None:
    told = decide(action("a_later", expires="3h"), action("b_sooner", expires="2h"))
    assert told.action == "b_sooner"


def test_of_equal_ones_that_expire_together_the_name_decides() -> None:
    for order in (("b", "a"), ("a", "b")):
        assert decide(*map(action, order)).action == "a"


def test_who_may_not_act_does_not_take_part() -> None:
    told = decide(
        action("best", purpose="promotion", propensity=1),
        action("second", propensity=0.1),
    )
    assert told.action == "second"
    assert losers(told) == {"best": "no_consent"}


def test_conditions_that_do_not_hold_are_not_eligible() -> None:
    told = decide(
        action("stage", when="{stage: [2, 3]}"),
        action("goal", when="{goal: [checkout, case]}"),
        action("place", when="{from: [store]}"),
        action("aim", when="{to: [store]}"),
    )
    assert set(losers(told).values()) == {"not_eligible"}
    assert len(losers(told)) == 4


def test_a_situation_without_candidates_is_told_without_a_decision() -> None:
    harness = Harness(playbook(HEAD + "  {}")).feed(added(0)).wait_until(at(60))
    assert [each.situation for each in harness.situations] == ["left"]
    assert harness.decisions == []


def test_what_is_found_at_the_same_moment_meets_in_one_arbitration() -> None:
    rules = playbook(HEAD + action("tell"))
    start = event(-5, "account.created", identifiers=ADA)
    harness = Harness(rules).feed(start, added(0, cart_id="a"), added(0, "HAT", cart_id="b"))
    harness.wait_until(at(60))
    assert len(harness.situations) == 2
    assert [each.action for each in harness.decisions] == ["tell", ""]
    assert losers(harness.decisions[1]) == {"tell": "lost_arbitration"}
    assert only(harness.actions).occurrence_id == harness.situations[0].occurrence_id


def test_an_action_carries_all_that_its_channel_needs() -> None:
    rules = playbook(HEAD + action("tell", params="{tone: warm}", expires="2h"))
    start = event(-5, "account.created", identifiers=ADA)
    harness = Harness(rules).feed(start, added(0)).wait_until(at(60))
    situation, told, done = (
        only(harness.situations),
        only(harness.decisions),
        harness.actions[0],
    )
    assert told.situation_id == situation.situation_id
    assert told.action_id == done.action_id
    assert done.occurrence_id == situation.occurrence_id
    assert done.journey_id == situation.journey_id != ""
    assert (done.situation, done.purpose, done.channel) == ("left", "service", "email")
    assert (done.address, done.content_ref) == ("ada@example.com", "x")
    assert (done.params, done.handoff) == ({"tone": "warm"}, None)
    assert (done.time, done.not_before, done.expires_at) == (at(60), at(60), at(180))


def test_ids_come_from_what_happened_so_that_a_replay_repeats_them() -> None:
    def ids() -> list[str]:
        start = event(-5, "account.created", identifiers=ADA)
        harness = Harness().feed(start, may(-4), added(0)).wait_until(at(60))
        return [only(harness.actions).action_id, only(harness.decisions).decision_id]

    assert ids() == ids()
    assert len(set(ids())) == 2
