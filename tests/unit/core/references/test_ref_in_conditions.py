"""What conditions read as `ref`: at which instant, by whom, and which of it is named."""

from __future__ import annotations

from typing import Any

import pytest

from legato.core.conditions.compile import compile_condition
from legato.core.playbook.compile import PlaybookError, read_playbook
from legato.core.playbook.definition import Playbook
from legato.core.references.as_of import ReferencesAsOf, references_at, united_reads
from legato.core.references.table import ReferenceTable
from legato.core.references.versions import ReferenceVersion, content_of
from legato.core.values.time import HOUR, MINUTE
from legato.harness import Harness
from legato.testing import event
from legato.testing.events import START
from tests.unit.core.conditions.asked import scope, value


def known(*versions: tuple[str, str, dict[str, Any]]) -> ReferenceTable:
    table = ReferenceTable()
    for kind, key, told in versions:
        table.take(ReferenceVersion(kind, key, START, content_of(told)))
    return table


def playbook(text: str) -> Playbook:
    return read_playbook(f"version: 1\nchannels: {{web: {{pull: true}}}}\n{text}".encode())


SHOES = ReferencesAsOf(known(("price", "SHOE-42", {"amount": 79})), START)


@pytest.mark.parametrize(
    ("text", "gives"),
    [
        ('"SHOE-42" in ref.price', True),
        ('"HAT" in ref.price', False),
        ('"price" in ref', True),
        ('"stock" in ref', False),
        ('"amount" in ref.price[event.data.sku]', True),
        ('"SHOE-42" in ref.stock', "error"),
        ("size(ref.price)", "error"),
        ("ref.price.exists(key, true)", "error"),
        ("ref.price == ref.price", "error"),
        ("[ref.price]", "error"),
        ('{"all": ref.price}', "error"),
        ("[1].map(x, ref.price)", "error"),
        ("ref", "error"),
    ],
)
def test_kinds_are_asked_for_keys_but_not_gone_through(text: str, gives: object) -> None:
    assert value(text, references=SHOES) == gives


def test_where_nothing_is_known_it_is_missing() -> None:
    assert references_at(ReferenceTable(), START) is None
    condition = compile_condition("ref.price[event.data.sku].amount > 1")
    assert not condition.holds(scope())
    assert condition.forbids(scope())


def test_of_two_versions_of_a_key_the_later_is_named() -> None:
    assert united_reads({"b/1": 3, "a/1": 1}, {}, {"a/1": 2}) == {"a/1": 2, "b/1": 3}


QUEUE = playbook(
    """
situations:
  waited: {absence: {after: call.waiting, for: 1h}}
  long_queue:
    change: {of: 'ref.queue["sales"].wait_s > 300', to: true}
  asked: {match: {on: contact.requested, where: 'ref.queue["sales"].wait_s < 300'}}
actions:
  call_back:
    {situation: waited, channel: web, purpose: service, content: c,
     when: 'ref.queue["sales"].wait_s < 300'}
"""
)


def test_a_timer_reads_what_counted_at_its_deadline() -> None:
    """The clock jumps: by then the queue is long again."""
    harness = Harness(QUEUE)
    harness.refer("queue", "sales", {"wait_s": 100}, START)
    harness.feed(event("call.waiting", at="+1m"))
    harness.references.take(
        ReferenceVersion("queue", "sales", START + 2 * HOUR, content_of({"wait_s": 900}))
    )
    harness.wait_until(START + 3 * HOUR)
    (told,) = harness.decisions
    assert told.references == {"queue/sales": START}
    assert [each.reason for each in told.candidates] == ["unreachable"]


def test_a_situation_names_what_its_own_condition_read() -> None:
    harness = Harness(QUEUE)
    harness.refer("queue", "sales", {"wait_s": 100}, START)
    harness.feed(event("contact.requested", at="+1m"))
    (found,) = harness.situations
    assert found.evidence["references"] == {"queue/sales": START}


def test_a_change_looks_at_references_as_of_the_event() -> None:
    harness = Harness(
        playbook(
            """
situations:
  cheap: {change: {of: 'customer.carts.exists(c, c.items.exists(i,
    ref.price[i.sku].amount < 50))', to: true}}
"""
        )
    )
    harness.refer("price", "SHOE", {"amount": 89}, START)
    harness.feed(event("cart.item_added", at="+1m", sku="SHOE", price=89))
    assert harness.situations == []
    harness.refer("price", "SHOE", {"amount": 49}, START + HOUR)
    (found,) = harness.situations
    assert found.time == START + HOUR
    assert found.evidence["references"] == {"price/SHOE": START + HOUR}


def test_what_was_judged_is_kept_whatever_comes_later() -> None:
    """The second of two counts though the price of the first has risen since."""
    harness = Harness(
        playbook(
            """
situations:
  twice:
    repeat:
      of: {event: product.viewed, where: 'ref.price[event.data.sku].amount < 50'}
      times: 2
      within: 1d
"""
        )
    )
    harness.refer("price", "SHOE", {"amount": 49}, START)
    harness.feed(event("product.viewed", at="+1m", sku="SHOE"))
    harness.refer("price", "SHOE", {"amount": 99}, START + 2 * MINUTE)
    harness.feed(event("product.viewed", at="+3m", sku="SHOE"))
    assert harness.situations == []
    harness.refer("price", "HAT", {"amount": 9}, START + 4 * MINUTE)
    harness.feed(event("product.viewed", at="+5m", sku="HAT"))
    assert len(harness.situations) == 1


def test_a_calendar_is_not_about_references() -> None:
    with pytest.raises(PlaybookError, match="a day is a date of the customer"):
        playbook("situations: {soon: {calendar: {on: ref.offer.x.day}}}")
