"""Tests behind a playbook: what they say, what they find, and what is wrong with them."""

from __future__ import annotations

import pytest

from legato.core.events.event import Event
from legato.core.playbook.compile import read_playbook
from legato.harness import default_playbook
from legato.testing import instant
from legato.testing.playbook_file import PlaybookTest, holds_playbook, read_tests
from legato.testing.playbook_tests import Miss, PlayedTest, play_test

PLAYBOOK = default_playbook()
LEFT = """\
tests:
  - name: a cart that is left alone is reminded of
    given:
      - at: "09:00"
        type: consent.updated
        as: {email: kim@example.org}
        purpose: promotion
        status: granted
      - {type: cart.item_added, as: {email: kim@example.org}, sku: SHOE, price: 89}
    until: +1h
    expect: {situations: [cart_abandoned], actions: [remind_by_email@email]}
"""


def test_of(text: str) -> PlaybookTest:
    read = read_tests(text.encode(), PLAYBOOK)
    assert read.faults == ()
    (found,) = read.tests
    return found


test_of.__test__ = False  # type: ignore[attr-defined]


def played(expect: str) -> PlayedTest:
    """Play the cart that was left alone, with another expectation."""
    head, _, _ = LEFT.partition("expect:")
    return play_test(PLAYBOOK, test_of(f"{head}expect: {expect}\n"))


def test_what_comes_as_expected_passes() -> None:
    done = play_test(PLAYBOOK, test_of(LEFT))
    assert done.passed
    assert [each.action for each in done.actions] == ["remind_by_email"]
    assert done.test.until == instant("11:00")


def test_names_stand_for_themselves_with_or_without_stage_and_channel() -> None:
    assert played("{situations: [cart_abandoned stage 1], actions: [remind_by_email]}").passed
    assert played("{not: [brief_store, channel_switched], revoked: []}").passed
    assert played("{reasons: {remind_by_sms: unreachable, remind_by_email: won}}").passed
    assert played("{reasons: {remind_by_sms@sms: unreachable}}").passed


def test_what_is_missing_is_told_with_what_came() -> None:
    assert played("{situations: [channel_switched]}").misses == (
        Miss("situation", "channel_switched", ("cart_abandoned stage 1",)),
    )
    assert played("{situations: [cart_abandoned, cart_abandoned]}").misses == (
        Miss("situation", "cart_abandoned, 2 times", ("cart_abandoned stage 1",)),
    )
    assert played("{actions: [], not: [cart_abandoned]}").misses == (
        Miss("action", "none", ("remind_by_email@email",)),
        Miss("not", "cart_abandoned", ("cart_abandoned stage 1",)),
    )
    assert played("{reasons: {remind_by_sms: no_consent}}").misses == (
        Miss("reason", "remind_by_sms: no_consent", ("unreachable",)),
    )


def test_an_action_may_be_expected_to_be_taken_back() -> None:
    """It waits for the morning, and the cart is bought in the night."""
    order = "      - {at: '22:00', type: order.completed, as: {email: kim@example.org}}\n"
    text = LEFT.replace("    until: +1h\n", order)
    text = text.replace("{type: cart", "{at: '20:30', type: cart")
    expect = "expect: {actions: [remind_by_email], revoked: [remind_by_email@email]}\n"
    done = play_test(PLAYBOOK, test_of(text.partition("expect:")[0] + expect))
    assert done.misses == ()
    assert [each.reason for each in done.revoked] == ["converted"]


def test_events_are_told_in_order_of_time_and_may_come_late() -> None:
    text = """\
tests:
  - name: late
    given:
      - {at: "+30m", received: "+3h", type: order.completed, order_id: o}
      - {at: "+2h", type: page.viewed, as: {user_id: ada}}
      - {type: cart.item_added, data: {sku: SHOE, price: 89}, cart_id: k}
    expect: {situations: [cart_abandoned stage 1]}
"""
    test = test_of(text)
    assert [each.type for each in test.given if isinstance(each, Event)] == [
        "cart.item_added",
        "page.viewed",
        "order.completed",
    ]
    assert play_test(PLAYBOOK, test).passed


FAULTY = """\
tests:
  - name: a
    given:
      - {at: "1O:00", type: page.viewed}
      - {at: "10:00", typ: page.viewed}
      - {type: cart.item_added}
      - {type: page.viewed, as: kim}
      - {type: page.viewed, data: 7}
      - {type: page.viewed, at: "11:00"}
    until: "10:30"
    expect: {situations: [cart_left], not: [remind_by_mail], reasons: {sing: no_consent}}
  - nam: b
    given: []
    expect: {}
"""


def test_each_fault_has_its_place() -> None:
    found = read_tests(FAULTY.encode(), PLAYBOOK).faults
    lines = FAULTY.splitlines()
    told = [(each.line, lines[each.line - 1][each.column - 1 :][:5]) for each in found]
    assert told == [
        (4, "{at: "),
        (5, "{at: "),
        (6, "{type"),
        (7, "{type"),
        (8, "{type"),
        (10, '"10:3'),
        (11, "cart_"),
        (11, "remin"),
        (11, "no_co"),
        (12, "nam: "),
    ]


def test_an_unknown_document_and_a_list_that_is_none_are_faults() -> None:
    assert read_tests(b"version: 1\n---\na: 1\n", PLAYBOOK).faults
    assert read_tests(b"tests: 7\n", PLAYBOOK).faults
    assert read_tests(b"tests: [\n", PLAYBOOK).faults
    assert read_tests(b"version: 1\n---\n", PLAYBOOK).tests == ()


def test_a_file_of_tests_is_told_from_a_playbook() -> None:
    assert not holds_playbook(LEFT.encode())
    assert holds_playbook(b"version: 1\n---\n" + LEFT.encode())
    assert holds_playbook(b"a: [")


REFERENCED = """
version: 1
situations:
  cheap: {match: {on: product.viewed, where: 'ref.price[event.data.sku].amount < 80'}}
---
tests:
  - name: dear at first
    given:
      - {reference: price, key: SHOE, value: {amount: 89}}
      - {at: "+1h", type: product.viewed, sku: SHOE}
      - {reference: price, key: SHOE, at: "+2h", value: {amount: 79}}
    expect: {situations: []}
  - name: and cheap later
    given:
      - {at: "+3h", type: product.viewed, sku: SHOE}
      - {reference: price, key: SHOE, at: "+2h", value: {amount: 79}}
    expect: {situations: [cheap]}
  - name: until it is gone
    given:
      - {reference: price, key: SHOE, value: {amount: 79}}
      - {reference: price, key: SHOE, at: "+1h", value: null}
      - {at: "+3h", type: product.viewed, sku: SHOE}
    expect: {situations: []}
"""


def test_references_are_told_among_events() -> None:
    playbook = read_playbook(REFERENCED.encode())
    read = read_tests(REFERENCED.encode(), playbook)
    assert read.faults == ()
    assert [play_test(playbook, each).misses for each in read.tests] == [(), (), ()]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("{reference: Price, key: SHOE, value: {}}", "a kind is a word"),
        ("{reference: price, key: SHOE}", "it has no `value`"),
        ("{reference: price, value: {}}", "it has no `key`"),
        ("{reference: price, key: SHOE, value: 3}", "`value` is no object"),
        ("{reference: price, key: SHOE, vlaue: {}}", "a reference has no `vlaue`"),
        ("{reference: price, key: SHOE, value: {}, at: soon}", "soon"),
    ],
)
def test_what_is_no_reference_is_a_fault_in_its_line(given: str, message: str) -> None:
    text = f"tests:\n  - name: x\n    given:\n      - {given}\n    expect: {{}}\n"
    (fault,) = read_tests(text.encode(), PLAYBOOK).faults
    assert fault.line == 4
    assert message in fault.message
