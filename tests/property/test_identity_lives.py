"""In whatever order channels are heard of, the same customers come of it, and get the same."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from legato.core.context.context import Context
from legato.core.identity.state import NO_IDENTITY
from legato.core.line.watermark import Watermark
from legato.core.values.outputs import Action, Output, Revoked
from legato.harness import Harness
from legato.settings import IdentitySettings
from tests.examples import examples
from tests.property.core_lives import event_of
from tests.property.identity_lives import (
    KNOWS,
    PEOPLE,
    REMINDERS,
    Json,
    bursts,
    firm,
    mixed,
    wish_of,
)
from tests.property.identity_town import Town
from tests.property.test_core_merge import known
from tests.replay.brute_force import DAY, HOUR
from tests.replay.wild_stories import NOON

Summary = dict[str, dict[str, Any]]


def summary(contexts: list[Context]) -> Summary:
    """What is promised of each customer, by name."""
    assert not any(context.waiting for context in contexts)
    return {context.customer_id: known(context) for context in contexts}


def standing(outputs: list[Output]) -> set[tuple[str, str]]:
    """The actions that were not taken back, and where to."""
    revoked = {each.action_id for each in outputs if isinstance(each, Revoked)}
    actions = [each for each in outputs if isinstance(each, Action)]
    return {(each.action_id, each.address) for each in actions if each.action_id not in revoked}


def in_order(told: list[list[Json]]) -> tuple[Summary, set[tuple[str, str]]]:
    """Let the harness take all in order of time, as a replay does."""
    harness = a_harness()
    harness.feed(*(event_of(event) for burst in told for event in burst))
    harness.wait_until(told[-1][-1]["time"] + 11 * DAY)
    return summary(roots_of(harness)), standing(harness.outputs)


def a_harness() -> Harness:
    return Harness(REMINDERS, IdentitySettings(pepper="pepper"))


def roots_of(harness: Harness) -> list[Context]:
    """Every customer with something in it."""
    return [
        context
        for context in harness.contexts.values()
        if not (context.identity or NO_IDENTITY).forward and context.seen
    ]


def by_chance(told: list[list[Json]], data: st.DataObject) -> Town:
    """Let channels and messengers go as they like, but be quiet before time goes on."""
    town = Town(homes=3, playbook=REMINDERS)

    def choose(count: int) -> int:
        return data.draw(st.integers(0, count - 1)) if count > 1 else 0

    for burst in told:
        town.wait_until(burst[0]["time"] - 1)
        for event in data.draw(mixed(burst)):
            town.enter(event_of(event), choose(len(town.doors)))
            for _ in range(choose(4)):
                town.step(choose)
            if not choose(8):
                town.homes[choose(3)].restore()
        town.run(choose)
    town.wait_until(told[-1][-1]["time"] + 11 * DAY)
    assert town.is_quiet()
    return town


def bought_before_they_met(told: list[list[Json]], outputs: list[Output]) -> bool:
    """Did somebody buy after a reminder, and turn out to be another while it was of use?

    The order ends the memory of its cart, so what the other knew of it may come too late.
    """
    reminders = [each for each in outputs if isinstance(each, Action)]
    orders = [
        (burst[0]["time"], event["time"])
        for burst in told
        for event in burst
        if event["type"] == "order.completed"
    ]
    proofs = [event["time"] for burst in told for event in burst if "authenticated" in event]
    return any(
        reminder.not_before <= bought and start <= proof < reminder.expires_at
        for reminder in reminders
        for start, bought in orders
        for proof in proofs
    )


EMAIL, PHONE = {"email": "ada@example.org"}, {"phone": "+4930901820"}


def bought_elsewhere(met: int, put_in: int) -> list[list[Json]]:
    """Somebody orders by phone what lies in their cart, fills it anew, and is recognised."""
    wish = wish_of("ada", "email")
    added = {"type": "cart.item_added", "channel": "email", "identifiers": EMAIL}
    order = {"type": "order.completed", "channel": "call", "identifiers": PHONE, "data": {}}
    proof = {"type": "page.viewed", "channel": "call", "identifiers": EMAIL | PHONE}
    first = [wish, {**added, "data": {"sku": "HAT"}}, order]
    second = [
        {"id": "met", "time": NOON + met, **proof, "authenticated": True},
        {"id": "again", "time": NOON + put_in, **added, "data": {"sku": "SHOE"}},
    ]
    told = [{"id": f"e{n}", "time": NOON + n * 1_000, **each} for n, each in enumerate(first)]
    return [told, sorted(second, key=lambda each: each["time"])]


def test_what_is_put_in_as_two_meet_does_not_keep_the_reminder_of_what_was_bought() -> None:
    later, sooner = 2 * HOUR + 1_000, 2 * HOUR
    met_first, filled_first = bought_elsewhere(sooner, later), bought_elsewhere(later, sooner)
    reminders = [action_id for action_id, _ in in_order(met_first)[1]]
    assert len(reminders) == 1
    for told in (met_first, filled_first):
        heard_otherwise = [told[0], told[1][::-1]]
        assert in_order(told) == in_order(heard_otherwise)
        assert [action_id for action_id, _ in in_order(told)[1]] == reminders


@given(bursts().map(firm), st.data())
@settings(deadline=None, max_examples=examples(150))
def test_no_order_of_arrival_makes_another_customer_or_another_action(
    told: list[list[Json]], data: st.DataObject
) -> None:
    contexts, actions = in_order(told)
    town = by_chance(told, data)
    assert summary(town.customers()) == contexts
    if not bought_before_they_met(told, town.outputs):
        assert standing(town.outputs) == actions
    assert len(contexts) >= len({person for person in PEOPLE if person in str(told)})


@given(bursts(4), st.data())
@settings(deadline=None, max_examples=examples(100))
def test_however_far_channels_lag_the_contexts_are_the_same(
    told: list[list[Json]], data: st.DataObject
) -> None:
    """Each channel is a source, and the slowest holds the clock back.

    Not so the actions: whether a visitor's reminder came up before the login was heard of
    depends on how far the clock was by then.
    """
    harness, clock = a_harness(), Watermark((*KNOWS,))
    for line in data.draw(mixed([event for burst in told for event in burst])):
        event = event_of(line)
        event.received = max(1, clock.advance(line["channel"], line["time"]))
        harness.take(event)
    harness.wait_until(told[-1][-1]["time"] + 11 * DAY)
    assert summary(roots_of(harness)) == in_order(told)[0]
