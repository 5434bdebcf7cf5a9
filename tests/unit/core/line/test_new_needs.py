"""A rule about what was not asked before meets nobody at once, and then whom it should."""

from __future__ import annotations

from collections import Counter

import pytest

from legato.core.events.event import Event
from legato.core.line.partition import Partition
from legato.core.values.outputs import Situation
from legato.wire.blobs import TODAY
from tests.unit.core.context.test_past import restarted
from tests.unit.core.stories import DAYS, event, looked, ordered, playbook

MANY = 10_000
PLAIN = playbook("version: 1\nsituations: {gone: {absence: {of: customer, after: [400d]}}}")
RULES = {
    "a change": """{change: {of: 'since("order.completed") > span("90d")', to: true}}""",
    "a segment": """{change: {of: 'in_segment("lapsing")', to: true}}""",
    "an event": """{match: {on: page.viewed, where: 'count("order.completed", "90d") == 0'}}""",
    "an age": """{match: {on: page.viewed, where: 'since("order.completed") > span("90d")'}}""",
}


def lapsing(rule: str) -> str:
    return f"""
version: 1
segments: {{lapsing: {{when: 'count("order.completed", "90d") == 0'}}}}
situations:
  gone: {{absence: {{of: customer, after: [400d]}}}}
  lapsed: {rule}
"""


def fed(line: Partition, *events: Event) -> None:
    for each in events:
        line.feed(each, each.time)


def lapsed(line: Partition) -> Counter[str]:
    outputs, line.outputs = line.outputs, []
    told = (each for each in outputs if isinstance(each, Situation))
    return Counter(each.customer_id for each in told if each.situation == "lapsed")


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_publishing_a_lapsing_rule_sends_nothing_at_once(rule: str) -> None:
    line = Partition(PLAIN, TODAY, continuous=True)
    names = [f"c{n}" for n in range(MANY)]
    fed(line, *(ordered(0, "A", customer_id=name) for name in names))
    fed(line, *(looked(200 * DAYS, customer_id=name) for name in names))
    line = restarted(line, playbook(lapsing(rule)))
    fed(line, *(looked(201 * DAYS, customer_id=name) for name in names))
    line.advance(event(202 * DAYS, "x").time)
    fed(line, *(looked(202 * DAYS, customer_id=name) for name in names))
    assert not lapsed(line)
    fed(line, ordered(203 * DAYS, "A", customer_id="c1"))
    fed(line, *(looked(day * DAYS, customer_id="c1") for day in (204, 294)))
    assert lapsed(line) == {"c1": 1}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_whoever_comes_later_is_met_at_their_time(rule: str) -> None:
    line = Partition(playbook(lapsing(rule)), TODAY, continuous=True)
    fed(line, ordered(0, "A"), looked(89 * DAYS))
    assert not lapsed(line)
    fed(line, looked(91 * DAYS))
    assert lapsed(line) == {"ada": 1}
