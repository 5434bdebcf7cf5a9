"""Who put into the cart what they looked at left nothing, in whatever order that is heard."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from legato.core.events.event import Event
from legato.harness import Harness
from tests.examples import examples
from tests.unit.core.stories import added, at, event, looked, ordered

HEARD = 45
"""All is told by this minute: an hour after the last view is still ahead."""


def viewed(minute: float, sku: str = "HAT", /, **told: object) -> Event:
    return event(minute, "product.viewed", "web", sku=sku, **told)


def left(*story: Event) -> list[int]:
    """When it was found that somebody had left what they looked at."""
    harness = Harness().feed(*story).wait_until(at(4 * 60))
    return [each.time for each in harness.situations if each.situation == "browse_abandoned"]


DEEDS: dict[str, Callable[..., Event]] = {
    "look": viewed,
    "put in": added,
    "order": ordered,
    "read": looked,
}
views = st.lists(st.integers(1, 40), min_size=3, max_size=5, unique=True).map(sorted)
others = st.dictionaries(st.integers(1, 40), st.sampled_from(["put in", "order", "read"]))


@given(views, others, st.data())
@settings(deadline=None, max_examples=examples(300))
def test_what_ends_it_may_be_heard_before_the_view_that_it_follows(
    looks: list[int], rest: dict[int, str], data: st.DataObject
) -> None:
    """Views come in turn: how many there were is judged as each is followed."""
    rest = {minute: deed for minute, deed in rest.items() if minute not in looks}
    story = sorted([*((minute, "look") for minute in looks), *rest.items()])
    mixed, turns = data.draw(st.permutations(story)), iter(looks)
    heard = [(next(turns), deed) if deed == "look" else (at_, deed) for at_, deed in mixed]
    late = [
        DEEDS[deed](minute, received=HEARD + n / 10) for n, (minute, deed) in enumerate(heard)
    ]
    assert left(*late) == left(*(DEEDS[deed](minute) for minute, deed in story))


def test_a_view_that_comes_after_the_cart_that_it_led_to_is_not_left() -> None:
    in_order = [viewed(0), viewed(1), viewed(2), added(3, "HAT")]
    assert left(*in_order) == []
    late = viewed(2, received=4)
    assert left(*in_order[:2], in_order[3], late) == []
    assert left(*in_order[:2], ordered(3, "PEN"), late) == []


def test_what_came_before_a_late_view_or_an_hour_after_it_ends_nothing() -> None:
    looks, late = [viewed(0), viewed(1)], viewed(5, received=70)
    assert left(*looks, added(4), late) == [at(65)]
    assert left(*looks, added(66), late) == [at(65)]
    assert left(*looks, looked(6), late) == [at(65)]
