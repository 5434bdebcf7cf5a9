"""Who is held out, and who gets which variant: drawn once, kept in bytes and merges."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legato import Harness, Playbook, read_playbook
from legato.core.context.context import Assigned, Context
from legato.core.context.retention import MOST_ASSIGNED
from legato.core.decisions.experiments import draw, newest_assigned, share_of
from legato.core.merge.merge import merge
from legato.core.playbook.rules import Variants
from legato.wire.state import read_context, write_context
from tests.unit.core.linking.test_addresses import guest, told
from tests.unit.core.stories import DAYS, HOURS, NOON, added, at, losers, may, only

TWO = """
version: 1
situations: {left: {absence: {of: cart, after: [1h]}}}
channels: {email: {address: [email]}, sms: {address: [phone]}}
actions:
  mail: {situation: left, channel: email, purpose: promotion, content: x, propensity: 0.9}
  text: {situation: left, channel: sms, purpose: promotion, content: x, propensity: 0.1}
"""
HALF = "variants: {mail: {a: 50, b: 50, salt: s2}}\n"


def held(percent: float, among: str = "purpose: promotion", rest: str = "") -> Playbook:
    rule = f"holdouts: {{all: {{percent: {percent}, salt: s1, {among}}}}}\n"
    return read_playbook((TWO + rule + rest).encode())


def of(who: str, playbook: Playbook, *starts: float) -> Harness:
    """Somebody agrees, and leaves a cart in each of these minutes."""
    known = {"email": f"{who}@x.org", "phone": "+49301234567"}
    harness = Harness(playbook).feed(may(-5, identifiers=known, customer_id=who))
    for start in starts:
        harness.feed(added(start, cart_id=f"c{start}", customer_id=who))
        harness.wait_until(at(start + 60))
    return harness


def test_a_share_is_of_a_salted_hash_that_anybody_can_make() -> None:
    digest = sha256(b"s1:ada").digest()
    assert share_of("s1", "ada") == int.from_bytes(digest[:8], "big") / 2**64 * 100
    assert share_of("s1", "ada") != share_of("s2", "ada")


@pytest.mark.parametrize("percent", [5, 50])
def test_so_many_percent_are_held_out(percent: int) -> None:
    found = sum(share_of("salt", f"customer {n}") < percent for n in range(20_000))
    assert abs(found / 200 - percent) < 1


@given(st.floats(0, 100, exclude_max=True))
def test_each_place_has_a_variant(share: float) -> None:
    three = Variants("mail", "s", {"a": 20, "b": 0, "c": 80})
    assert three.at(share) == ("a" if share < 20 else "c")


def test_who_is_held_out_gets_nothing_and_it_is_told_what_it_would_have_been() -> None:
    harness = of("ada", held(100, rest="caps: {once: {most: 1, per: 9d}}"), 0, DAYS)
    assert harness.actions == []
    for decision in harness.decisions:
        assert (decision.action, decision.action_id, decision.held_out) == ("", "", "all")
        assert losers(decision) == {"mail": "holdout", "text": "lost_arbitration"}
        assert [each.detail for each in decision.candidates] == ["all", "mail"]
    assert harness.contexts["ada"].actions == ()


def test_nobody_is_held_out_of_what_the_rule_is_not_about() -> None:
    for among in ("purpose: service", "action: text", "channel: sms"):
        assert of("ada", held(100, among), 0).decisions[0].action == "mail"
    assert of("ada", held(0), 0).decisions[0].action == "mail"


def test_a_variant_is_told_in_decision_and_action() -> None:
    harness = of("ada", held(0, rest=HALF), 0, DAYS)
    expected = "a" if share_of("s2", "ada") < 50 else "b"
    assert {each.variant for each in harness.actions} == {expected}
    assert {each.variant for each in harness.decisions} == {expected}
    assert [each.held_out for each in harness.decisions] == ["", ""]


def test_who_is_held_out_draws_no_variant() -> None:
    harness = of("ada", held(100, rest=HALF), 0)
    assert only(harness.decisions).variant == ""
    assert [*harness.contexts["ada"].assigned] == ["holdout|all|s1"]


def test_what_was_drawn_stays_when_the_percent_change_and_not_under_another_salt() -> None:
    context = of("ada", held(100), 0).contexts["ada"]
    (mail, _) = held(0).actions["left"]
    assert draw(held(0), context, mail, at(DAYS)).held_out == "all"
    salted = read_playbook(
        (TWO + "holdouts: {all: {percent: 0, salt: s9, purpose: promotion}}").encode()
    )
    assert draw(salted, context, mail, at(DAYS)).held_out == ""


def test_a_variant_that_is_no_more_is_drawn_anew() -> None:
    playbook = held(0, rest=HALF)
    context, (mail, _) = Context("ada"), playbook.actions["left"]
    context.assigned = {"variant|mail|s2": Assigned(1, "ada", "z")}
    assert draw(playbook, context, mail, NOON).variant in ("a", "b")
    context.assigned = {"variant|mail|s2": Assigned(1, "bob", "b")}
    assert draw(playbook, context, mail, NOON).variant == "b"


def test_when_two_become_one_what_was_drawn_earlier_stays() -> None:
    playbook = held(0, rest=HALF)
    names = [f"c{n}" for n in range(20)]
    a = next(name for name in names if share_of("s2", name) < 50)
    b = next(name for name in names if share_of("s2", name) >= 50)
    first = of(a, playbook, 0).contexts[a]
    later = of(b, playbook, HOURS).contexts[b]
    for ours, theirs in ((first, later), (later, first)):
        united, _ = merge(playbook, ours, theirs)
        assert united.assigned["variant|mail|s2"].value == "a"
        assert read_context(write_context(united)).assigned == united.assigned
    same = Context("x"), Context("y")
    for each, value in zip(same, "ba", strict=True):
        each.assigned = {"variant|mail|s2": Assigned(7, f"id {value}", value)}
    assert merge(playbook, *same)[0].assigned["variant|mail|s2"].value == "a"


def test_the_last_draws_are_kept() -> None:
    many = {f"k{n}": Assigned(n, "ada", "a") for n in range(MOST_ASSIGNED + 9)}
    assert [*newest_assigned(many)] == [f"k{n}" for n in range(9, MOST_ASSIGNED + 9)]


def test_who_is_held_out_asks_no_address() -> None:
    harness = told(*guest("v-1", 0), until=62, playbook=held(100))
    assert only(harness.decisions).held_out == "all"
    assert harness.actions == []
    assert not any(each.reserved or each.questions for each in harness.contexts.values())


def test_what_an_address_allowed_goes_out_in_its_variant() -> None:
    harness = told(*guest("v-1", 0), until=62, playbook=held(0, rest=HALF))
    action = only(harness.actions)
    assert action.variant == ("a" if share_of("s2", action.customer_id) < 50 else "b")
    assert only(harness.decisions).variant == action.variant
