"""A change: what is told of it and when, what wakes it, and what cannot be watched."""

from __future__ import annotations

import pytest
from msgspec import json
from msgspec.structs import replace

from legato.core.conditions.customer import MAKERS
from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.events.vocabulary import KNOWN_TYPES
from legato.core.line.partition import Partition
from legato.core.linking.rebuild import rebuild
from legato.core.playbook.compile import PlaybookError
from legato.core.playbook.definition import Playbook
from legato.core.situations.change import MOVED_BY_OURS, Change, change_runs
from legato.core.values.outputs import Retracted, Situation
from legato.harness import Harness
from legato.testing import check_primitive
from legato.wire.blobs import TODAY
from tests.unit.core.linking.test_linking import as_
from tests.unit.core.linking.test_rebuild import ADA, ADA_ID, EVE, mistaken, parting
from tests.unit.core.stories import DAYS, HOURS, added, at, event, looked, ordered, playbook

SPENT = 'sum("order.completed", "365d", e, e.data.total, "EUR") > 1000'


def watching(of: str, to: str = "any") -> Playbook:
    return playbook(
        f"version: 1\nsegments: {{vip: {{when: '{SPENT}'}}}}\n"
        f"situations: {{turned: {{change: {{of: '{of}', to: {to}}}}}}}"
    )


def test_it_holds_what_all_primitives_hold() -> None:
    check_primitive(Change)


def test_whoever_becomes_one_by_their_first_order_is_told() -> None:
    harness = Harness(watching('in_segment("vip")', "true"))
    harness.feed(ordered(0, "A", total=1200, currency="EUR"), ordered(5, "B", total=9))
    (found,) = harness.situations
    assert (found.time, found.stage, found.goals) == (at(0), None, ())
    assert found.evidence["before"] is False and found.evidence["value"] is True
    assert found.evidence["event_id"]
    harness.wait_until(at(366 * DAYS))
    harness.feed(ordered(367 * DAYS, "A", total=1200, currency="EUR"))
    assert [each.time for each in harness.situations] == [at(0), at(367 * DAYS)]


def test_what_is_missing_is_no_value_and_a_value_that_comes_back_no_change() -> None:
    harness = Harness(watching("customer.profile.traits.tier"))
    tiers = ["gold", None, "gold", "basic"]
    harness.feed(looked(0), *(tier(n, each) for n, each in enumerate(tiers)))
    assert [each.time for each in harness.situations] == [at(3)]


def tier(minute: float, name: str | None) -> Event:
    return event(minute, "customer.updated", traits={"tier": name})


def test_a_late_event_is_told_at_its_time_and_nothing_is_retracted() -> None:
    harness = Harness(watching('in_segment("vip")'))
    harness.feed(ordered(0, "A", total=600, currency="EUR"), ordered(60, "B", total=1))
    harness.feed(ordered(30, "C", total=600, currency="EUR", received=61))
    assert [each.time for each in harness.situations] == [at(30)]
    harness.feed(event(61, "order.cancelled"))
    assert not any(isinstance(each, Retracted) for each in harness.outputs)


def test_time_alone_turns_it() -> None:
    harness = Harness(watching('since("order.completed") > span("2h")', "true"))
    harness.feed(ordered(0, "A"), ordered(HOURS, "B")).wait_until(at(5 * HOURS))
    assert [each.time for each in harness.situations] == [at(3 * HOURS) + 1]
    (run,) = change_runs(harness.contexts["ada"]).values()
    assert run.known == [True]


@pytest.mark.parametrize(
    ("of", "woken", "asleep"),
    [
        ('in_segment("vip")', {"order.completed"}, {"page.viewed", "cart.item_added"}),
        ('count("page.*", "1d") > 2', {"page.viewed"}, {"order.completed"}),
        ("size(customer.carts)", {"cart.item_added", "order.completed"}, {"page.viewed"}),
        ("has(customer.identifiers.email)", {"page.viewed", "x.y"}, set()),
        ("size(customer.looked_at)", {"product.viewed", "order.completed"}, {"page.viewed"}),
        ('ref.price["A"].amount', {"reference.price"}, {"reference.stock", "page.viewed"}),
    ],
)
def test_it_is_looked_at_on_events_that_it_reads(
    of: str, woken: set[str], asleep: set[str]
) -> None:
    rules = watching(of).by_type
    assert {each for each in woken | asleep if rules[each].watching} == woken
    assert not any(rules[each].brief for each in woken)


TELLS: dict[str, object] = {
    "sku": "SHOE",
    "items": [{"sku": "HAT"}],
    "purpose": "promotion",
    "status": "granted",
    "reason": "repair",
    "traits": {"tier": "gold"},
    "balance": 5,
}
"""Something for every type of event to tell."""


@pytest.mark.parametrize("field", sorted(MAKERS.keys() - MOVED_BY_OURS))
def test_whatever_an_event_changes_of_a_field_is_looked_at(field: str) -> None:
    rules = watching(f"customer.{field}").by_type if field != "customer_id" else None
    for kind in (*(each.name for each in KNOWN_TYPES), "x.y"):
        line = Partition(playbook("version: 1\nsituations: {}"), TODAY, continuous=True)
        line.feed(event(0, "message.received", reason="refund"), at(0))
        before = json.encode(MAKERS[field](line.cache["ada"]))
        line.feed(event(1, kind, "kiosk", brand="b", session_id="s", **TELLS), at(1))
        changed = json.encode(MAKERS[field](line.cache["ada"])) != before
        assert not changed or (rules is not None and rules[kind].watching), kind


def test_who_looks_a_third_time_is_told_at_once() -> None:
    often = watching("customer.looked_at.exists(l, l.views >= 3)", "true")
    harness = Harness(often).feed(*(event(n, "product.viewed", sku="TV") for n in range(4)))
    assert [each.time for each in harness.situations] == [at(2)]


def test_what_others_may_write_to_is_copied() -> None:
    harness = Harness(watching("customer.identifiers.email"))
    for minute, email in enumerate(("a@x.org", "b@x.org")):
        harness.feed(event(minute, "page.viewed", identifiers={"email": email}))
    assert [each.time for each in harness.situations] == [at(1)]
    harness.feed(added(2))
    assert len(harness.situations) == 1


@pytest.mark.parametrize(
    ("of", "told"),
    [
        ("event.channel", "a change is about the customer; look at what one event says by"),
        ("customer.actions", "`customer.actions` changes without an event of the customer"),
        ("customer", "`customer` as a whole changes without"),
        ("now", "nobody can tell when time changes it; compare `now` or `since` with"),
        ('since("order.completed")', "nobody can tell when time changes it"),
        ('count("x", "1d", e, now - e.time > span("1h"))', "nobody can tell when time"),
        ("1 + 1", "it never changes; let it ask for something of the customer"),
        ("customer.age", "column 10: unknown field `age` of `customer`"),
    ],
)
def test_what_cannot_be_watched_is_said(of: str, told: str) -> None:
    with pytest.raises(PlaybookError, match=f"situations, `turned`: .*{told}"):
        watching(of)


def parted(told: Playbook, *events: Event) -> Context:
    """What is left of Ada after Eve was split off."""
    _, log = mistaken(*events)
    line = Partition(told, TODAY, continuous=True)
    for each in log.events:
        line.feed(replace(each, customer_id=ADA_ID), each.time)
    assert [each.time for each in line.outputs if isinstance(each, Situation)] == [at(2)]
    line.outputs = []
    line.replace(rebuild(told, TODAY, parting(), line.cache[ADA_ID], log).customer)
    assert line.outputs == []
    return line.cache[ADA_ID]


def test_a_rebuilt_context_is_taken_without_a_word() -> None:
    orders = ordered(1, "A", total=600, currency="EUR"), ordered(2, "B", total=600)
    context = parted(watching('in_segment("vip")'), as_(ADA, orders[0]), as_(EVE, orders[1]))
    (run,) = change_runs(context).values()
    assert run.known == [False]
