"""The rule of benchmarks/RULES.md at its borders, and the two ways of its oracle compared."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.events import Event, Product, events
from benchmarks.oracle import WITHIN_MS, Looked, judged
from benchmarks.outputs import Output, summarise
from benchmarks.peers.fold import fold, new_context

ADDED, REMOVED = "cart.item_added", "cart.item_removed"
CHECKOUT, ORDER = "checkout.started", "order.completed"
VIEWED, OPENED = "page.viewed", "message.opened"


def event(time: int, kind: str = VIEWED, channel: str = "web", who: str = "ann") -> Event:
    """Make an event about one piece of one SKU."""
    return Event(f"e{time}{kind}", kind, channel, who, time, "s", Product("SHOE", 1, 89.0, ""))


def abandoned(*log: Event) -> list[int]:
    """Return when carts were abandoned, by timer."""
    return times("abandoned", log)


def switched(*log: Event) -> list[int]:
    """Return when customers switched."""
    return times("switch", log)


def times(kind: str, log: tuple[Event, ...]) -> list[int]:
    """Return the times of one kind of output."""
    return [each.time for each in judged(log, Looked.BY_TIMER) if each.kind == kind]


def test_a_switch_half_an_hour_later_is_one_and_a_millisecond_more_is_none() -> None:
    assert switched(event(0), event(WITHIN_MS, channel="store")) == [WITHIN_MS]
    assert switched(event(0), event(WITHIN_MS + 1, channel="store")) == []


def test_an_opened_message_is_no_switch_and_hides_none() -> None:
    log = event(0), event(1, OPENED, "email"), event(2, channel="store")
    assert switched(*log) == [2]


def test_an_order_at_the_deadline_comes_too_late() -> None:
    assert abandoned(event(0, ADDED), event(WITHIN_MS, ORDER)) == [WITHIN_MS]
    assert abandoned(event(0, ADDED), event(WITHIN_MS - 1, ORDER), event(WITHIN_MS)) == []


def test_a_stranger_moves_the_clock() -> None:
    assert abandoned(event(0, ADDED), event(WITHIN_MS, who="bob")) == [WITHIN_MS]
    assert abandoned(event(0, ADDED), event(WITHIN_MS - 1, who="bob")) == []


def test_each_touch_starts_anew_and_gives_one_abandonment() -> None:
    again = WITHIN_MS + 5
    log = event(0, ADDED), event(again, CHECKOUT), event(2 * again), event(3 * again)
    assert abandoned(*log) == [WITHIN_MS, again + WITHIN_MS]


def test_a_touch_before_the_deadline_puts_it_off() -> None:
    assert abandoned(event(0, ADDED), event(9, CHECKOUT), event(WITHIN_MS + 8)) == []


def test_a_cart_without_its_last_piece_cannot_be_abandoned() -> None:
    both = event(0, ADDED), event(1, ADDED), event(2, REMOVED)
    assert abandoned(*both, event(3, REMOVED), event(2 * WITHIN_MS)) == []
    assert abandoned(*both, event(2 * WITHIN_MS)) == [WITHIN_MS + 2]


def test_without_timers_those_who_never_return_are_missed() -> None:
    log = event(0, ADDED), event(WITHIN_MS, who="bob")
    assert judged(log, Looked.AT_NEXT_EVENT) == []


STEPS = st.tuples(
    st.sampled_from([0, 1, WITHIN_MS // 3, WITHIN_MS // 2, WITHIN_MS]),
    st.sampled_from([ADDED, REMOVED, CHECKOUT, ORDER, VIEWED, OPENED]),
    st.sampled_from(["web", "store"]),
    st.sampled_from(["ann", "bob", "cem"]),
)


@given(st.lists(STEPS, max_size=40))
def test_both_ways_and_the_python_peers_agree(steps: list[tuple[int, str, str, str]]) -> None:
    log, now = [], 0
    for step, kind, channel, who in steps:
        now += step
        log.append(event(now, kind, channel, who))
    judged(log, Looked.BY_TIMER)
    assert folded(log) == judged(log, Looked.AT_NEXT_EVENT)


def folded(log: list[Event]) -> list[Output]:
    """Run the fold of the Python peers over a log."""
    contexts: dict[str, dict[str, Any]] = {}
    outputs = []
    for each in log:
        context = contexts.setdefault(each.customer_id, new_context())
        product = {"sku": each.data.sku, "quantity": 1, "price": 89.0}
        document = {name: getattr(each, name) for name in each.__struct_fields__}
        outputs += fold(context, {**document, "data": product})
    return sorted(Output(one["customer_id"], one["kind"], one["time"]) for one in outputs)


def test_the_same_seed_makes_the_same_events() -> None:
    assert list(events(50)) == list(events(100))[:50]


def test_the_order_of_outputs_does_not_matter() -> None:
    some = [Output("ann", "switch", 2), Output("bob", "abandoned", 1)]
    assert summarise(some) == summarise(reversed(some))
    assert summarise(some) != summarise([*some, some[0]])
