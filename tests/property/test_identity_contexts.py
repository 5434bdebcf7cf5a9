"""Events of one person by many identifiers make in any order what they make in one context."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from legato.core.context.cart_log import digest_of
from legato.core.context.context import Context
from legato.core.line.partition import Partition
from legato.core.values.time import LONG_AGO
from legato.wire.blobs import TODAY
from tests.examples import examples
from tests.property.core_lives import Json, deeds, event_of
from tests.property.identity_town import PLAYBOOK, Town
from tests.property.test_core_merge import known, pauses
from tests.replay.brute_force import DAY
from tests.replay.wild_stories import NOON

COOKIE, APP, CARD = {"anonymous_id": "c"}, {"device_id": "d"}, {"loyalty_id": "42"}
USER, MAIL = {"user_id": "ada"}, {"email": "ada@example.org"}
EVERYTHING = {**COOKIE, **APP, **CARD, **USER, **MAIL}
carried = st.sampled_from(
    [
        COOKIE,
        COOKIE,
        APP,
        CARD,
        USER,
        MAIL,
        {**USER, **COOKIE},
        {**USER, **CARD},
        {**MAIL, **CARD},
    ]
)


@st.composite
def lives(draw: st.DrawFn) -> list[Json]:
    """What a person does in a few days, and at last shows all identifiers at once."""
    log: list[Json] = []
    time = NOON
    for n, deed in enumerate(draw(st.lists(deeds(), min_size=1, max_size=14))):
        time += draw(pauses)
        event = {**deed, "id": f"e{n}", "time": time, "identifiers": draw(carried)}
        del event["customer_id"]
        log.append(event)
    login = {"type": "account.logged_in", "channel": "web", "identifiers": EVERYTHING}
    return [*log, {**login, "id": "login", "time": time + 1, "data": {}}]


def in_one(log: list[Json]) -> Context:
    """Let one context have all of it, in order of time."""
    contexts: dict[str, Context] = {}
    line = Partition(PLAYBOOK, TODAY, contexts.get, continuous=True)
    line.dirty = contexts
    for event in log:
        line.feed(event_of({**event, "customer_id": "ada"}), LONG_AGO)
    line.advance(log[-1]["time"])
    return contexts["ada"]


def settled_facts(context: Context) -> dict[str, Any]:
    """What any order of arrival promises, within one context as over many."""
    facts = known(context)
    for name in ("presence", "identifiers"):
        del facts[name]
    facts["timeline"] = sorted(each.time for each in facts["timeline"])
    facts["carts"] = {
        name: ({sku: count for sku, (count, _) in lines.items()}, checkout)
        for name, (lines, checkout) in facts["carts"].items()
    }
    return facts


@given(lives(), st.data())
@settings(deadline=None, max_examples=examples(150))
def test_one_person_by_five_identifiers_is_one_context(
    log: list[Json], data: st.DataObject
) -> None:
    assume(sum(event["type"] == "order.completed" for event in log) <= 1)
    town, one = Town(), in_one(log)

    def choose(count: int) -> int:
        return data.draw(st.integers(0, count - 1)) if count > 1 else 0

    for event in log:
        town.enter(event_of(event), choose(2))
        for _ in range(choose(4)):
            town.step(choose)
    town.run(choose)
    town.wait_until(log[-1]["time"])
    assert town.is_quiet()
    (ada,) = town.customers()
    assert ada.customer_id == town.name_of("user_id", "ada")
    assert settled_facts(ada) == settled_facts(one)


people = st.sampled_from(["ada", "bob", "cy"])
tablet = st.lists(
    st.tuples(st.one_of(st.none(), people), st.integers(1, 9)), min_size=1, max_size=15
)


@given(tablet, st.data())
@settings(deadline=None, max_examples=examples(150))
def test_a_tablet_is_whose_login_was_last_and_parts_them(
    story: list[tuple[str | None, int]], data: st.DataObject
) -> None:
    """All of one tablet's events come through one door, as they do when it is their key."""
    town, time, owner, mine = Town(doors=1), NOON, "", dict[str, set[bytes]]()
    before: set[bytes] = set()

    def choose(count: int) -> int:
        return data.draw(st.integers(0, count - 1)) if count > 1 else 0

    for n, (who, pause) in enumerate(story):
        time += pause
        event: Json = {"id": f"e{n}", "channel": "web", "time": time, "data": {}}
        if who is not None:
            owner = who
            event |= {"type": "account.logged_in", "identifiers": {"user_id": who, **APP}}
        else:
            event |= {"type": "page.viewed", "identifiers": APP}
        (mine.setdefault(owner, set()) if owner else before).add(digest_of(event["id"]))
        town.enter(event_of(event), 0)
        for _ in range(choose(4)):
            town.step(choose)
    town.run(choose)
    assert town.is_quiet()
    first = next((who for who, _ in story if who), "")
    if first:
        mine[first] |= before
    for who, events in mine.items():
        context = town.slot(town.name_of("user_id", who))
        assert known(context)["seen"] == events
        assert ("device_id" in context.identifiers) == (who == owner)
    if owner:
        assert town.root_of(town.name_of("device_id", "d")) == town.name_of("user_id", owner)


@given(lives(), st.data())
@settings(deadline=None, max_examples=examples(100))
def test_what_stands_does_not_depend_on_who_heard_first(
    log: list[Json], data: st.DataObject
) -> None:
    """Each event has settled before the next, but in whatever order partitions hear of it."""
    ways = []
    for _ in range(2):
        town = Town()
        for event in log:
            town.enter(event_of(event), 0)
            town.run(lambda count: data.draw(st.integers(0, count - 1)) if count > 1 else 0)
            town.wait_until(event["time"])
        town.wait_until(log[-1]["time"] + 4 * DAY)
        town.run()
        ways.append((town.standing(), [known(each) for each in town.customers()]))
    assert ways[0] == ways[1]
