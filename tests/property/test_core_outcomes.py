"""No outcome of a customer or an action that nobody knows makes or changes a context."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from legato.core.context.cart_log import digest_of
from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.line.partition import Partition
from legato.core.values.outputs import Action
from legato.core.values.results import Rejected
from legato.harness import default_playbook
from legato.wire.blobs import TODAY
from legato.wire.state import write_context
from legato.wire.topics.outcomes import STATUSES
from tests.examples import examples
from tests.property.core_lives import CUSTOMERS, KNOWN, Json, event_of, lives
from tests.property.identity_lives import (
    KNOWS,
    PEOPLE,
    REMINDERS,
    bursts,
    identifiers_of,
    wish_of,
)
from tests.property.identity_town import Town
from tests.replay.brute_force import HOUR
from tests.replay.wild_stories import NOON

PLAYBOOK = default_playbook()
BEFORE = NOON - 3 * HOUR
Report = tuple[str, int, str]
reports = st.tuples(
    st.sampled_from(["", "", *CUSTOMERS, "nobody"]),
    st.integers(-1, 5),
    st.sampled_from(STATUSES),
)


def a_cart_left_behind(who: str) -> list[Json]:
    """What makes that somebody is reminded an hour later."""
    deeds: list[tuple[str, Json]] = [
        ("customer.updated", {}),
        ("consent.updated", {"purpose": "promotion", "status": "granted"}),
        ("cart.item_added", {"sku": "SHOE"}),
    ]
    return [
        {
            "id": f"{who}-{kind}",
            "type": kind,
            "channel": "web",
            "time": BEFORE,
            "customer_id": who,
            "identifiers": KNOWN,
            "data": data,
        }
        for kind, data in deeds
    ]


def outcome_of(number: int, time: int, report: Report, said: list[Action]) -> Json:
    """A report on one of the actions that were said last, or on none; as it said, or not."""
    who, which, status = report
    action = said[-1 - which] if 0 <= which < len(said) else None
    told: Json = {"id": f"o{number}", "type": f"action.{status}", "channel": "email"}
    return {
        **told,
        "time": time,
        "customer_id": who or (action.customer_id if action is not None else "nobody"),
        "data": {"action_id": action.action_id if action is not None else "unknown"},
    }


def images(line: Partition) -> dict[str, bytes]:
    return {name: write_context(context) for name, context in line.cache.items()}


@given(lives(), st.lists(reports, min_size=25, max_size=25))
def test_a_line_that_never_heard_of_the_unknown_is_the_same(
    log: list[Json], told: list[Report]
) -> None:
    line, spared = (Partition(PLAYBOOK, TODAY, continuous=True) for _ in range(2))
    before = [event for who in CUSTOMERS for event in a_cart_left_behind(who)]
    for number, event in enumerate([*before, *log]):
        for each in (line, spared):
            each.feed(event_of(event), event["time"])
        said = [output for output in line.outputs if isinstance(output, Action)]
        outcome = outcome_of(number, event["time"], told[number % len(told)], said)
        known = [taken.action_id for taken in line.context_of(outcome["customer_id"]).actions]
        answer = line.feed(event_of(outcome), event["time"])
        assert isinstance(answer, Rejected) == (outcome["data"]["action_id"] not in known)
        if isinstance(answer, Rejected):
            assert answer.reason == "bad_outcome"
        else:
            spared.feed(event_of(outcome), event["time"])
    assert (images(line), line.outputs) == (images(spared), spared.outputs)
    assert line.dues == spared.dues


Place = tuple[int, int, bool]
places = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 3), st.sampled_from([True, True, False])),
    min_size=3,
    max_size=12,
)


@settings(max_examples=examples(50))
@given(bursts(), places, st.data())
def test_while_customers_become_one_each_outcome_is_followed_once_or_turned_away_once(
    told: list[list[Json]], reported: list[Place], data: st.DataObject
) -> None:
    town, known, unknown = Town(playbook=REMINDERS), set[str](), set[str]()
    before = [
        {"id": f"{deed['type']}-{person}", "time": BEFORE, **deed}
        for person in PEOPLE
        for deed in (wish_of(person, "email"), cart_of(person))
    ]
    for number, burst in enumerate([before, *told]):
        town.wait_until(burst[0]["time"])
        town.run()
        sent = [
            _outcome(town, place, f"o{number}-{n}", burst[0]["time"])
            for n, place in enumerate(reported)
            if place[0] == number
        ]
        for n, event in enumerate(burst):
            town.enter(event_of(event), n % 2)
        for outcome in sent:
            (unknown if b'"unknown"' in bytes(outcome.data) else known).add(outcome.id)
            town._send("door0", outcome)
        town.run(lambda count: data.draw(st.integers(0, count - 1)))
        assert town.is_quiet()
    turned_away = [event.id for home in town.homes for event, _ in home.rejected]
    assert sorted(turned_away) == sorted(unknown)
    counted = [town.counted().count(digest_of(each)) for each in sorted(known)]
    assert counted == [1] * len(known)
    assert not {*map(digest_of, unknown)} & {*town.counted()}
    assert not [each for each in _slots(town) if each.customer_id == "nobody"]


def cart_of(person: str) -> Json:
    """Somebody leaves a cart behind where no more is known of them than an address."""
    known = identifiers_of(person, KNOWS["email"])
    told = {"type": "cart.item_added", "channel": "email", "identifiers": known}
    return {**told, "data": {"sku": "SHOE"}}


def _outcome(town: Town, place: Place, name: str, time: int) -> Event:
    """Report on an action as it said, or on what nobody knows."""
    _, which, sound = place
    said = [output for output in town.outputs if isinstance(output, Action)]
    if sound and which < len(said):
        who, action_id = said[which].customer_id, said[which].action_id
    else:
        roots = [context.customer_id for context in town.customers()]
        who, action_id = [*roots, "nobody"][which % (len(roots) + 1)], "unknown"
    told: Json = {"id": name, "type": "action.opened", "channel": "email", "time": time}
    return event_of({**told, "customer_id": who, "data": {"action_id": action_id}})


def _slots(town: Town) -> list[Context]:
    return [context for home in town.homes for context in home.contexts.values()]
