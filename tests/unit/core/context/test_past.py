"""What is kept of the past: only what is asked, as long as it is asked, and whose it is."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from legato.core.conditions.compile import ConditionError
from legato.core.conditions.past import WARMING_UP, answer
from legato.core.conditions.scope import Scope
from legato.core.context.context import Context
from legato.core.context.past import MOST_PAST, PAST, PastStore, stores_of
from legato.core.events.event import Event
from legato.core.identity.state import HELD
from legato.core.line.partition import Partition
from legato.core.linking.rebuild import Log, rebuild
from legato.core.merge.merge import merge
from legato.core.playbook.definition import Playbook
from legato.core.values.outputs import Situation
from legato.core.values.time import DAY, LONG_AGO
from legato.harness import Harness
from legato.wire.blobs import TODAY
from legato.wire.state import read_context, write_context
from tests.unit.core.linking.test_linking import as_
from tests.unit.core.linking.test_rebuild import (
    ADA,
    ADA_ID,
    EVE,
    SETTINGS,
    mistaken,
    parting,
)
from tests.unit.core.stories import DAYS, at, event, looked, only, ordered, playbook

MATCH = "\n  {}: {{match: {{on: {}, where: '{}'}}}}"


def asking(*wheres: str, on: str = "page.viewed") -> Playbook:
    """Look for pages that are viewed where these hold."""
    rules = "".join(MATCH.format(f"s{n}", on, each) for n, each in enumerate(wheres))
    return playbook(f"version: 1\nsituations:{rules or ' {}'}")


def found(told: Playbook, *events: Event) -> list[tuple[str, int]]:
    harness = Harness(told).feed(*events)
    return [(each.situation, each.time) for each in harness.situations]


def store(context: Context) -> PastStore:
    return only([*stores_of(context).values()])


def test_an_event_is_judged_before_it_is_part_of_the_past() -> None:
    first = asking('count("page.viewed", "1d") == 0')
    assert found(first, looked(0), looked(5), looked(DAYS + 5)) == [
        ("s0", at(0)),
        ("s0", at(DAYS + 5)),
    ]


def test_who_first_comes_by_two_names_has_a_whole_past() -> None:
    """The first event waits until the two are one; so long nothing is forgotten."""
    counting = asking('count("page.viewed", "30d") < 3')
    first = Event(
        id="1",
        type="account.logged_in",
        channel="web",
        time=at(0),
        identifiers={"user_id": "kim", "email": "kim@example.org"},
    )
    harness = Harness(counting).feed(first)
    name = harness.customer_of({"user_id": "kim"})
    assert isinstance(name, str)
    assert store(harness.contexts[name]).since == LONG_AGO
    harness.feed(replace(looked(1), customer_id="", identifiers={"user_id": "kim"}))
    assert len(harness.situations) == 1


def test_only_what_is_read_is_kept() -> None:
    harness = Harness(
        asking('count("order.completed", "1d", e, e.data.total > 5 && e.channel == "web") > 1')
    )
    harness.feed(ordered(0, "A", total=7, secret="x"), looked(1))
    kept = store(harness.contexts["ada"])
    (entry,) = kept.entries
    assert (entry.time, entry.values) == (at(0), ["store", 7.0])
    assert PAST not in Harness(asking("true")).feed(looked(0)).contexts["ada"].runs


def test_the_last_64_are_kept_and_a_late_one_in_its_place() -> None:
    harness = Harness(asking('count("page.viewed", "30d") >= 64'))
    harness.feed(*(looked(n) for n in range(70)))
    assert [each.time for each in harness.situations] == [at(n) for n in range(64, 70)]
    kept = store(harness.contexts["ada"])
    assert [each.time for each in kept.entries] == [at(n) for n in range(6, 70)]
    harness.feed(looked(0.5), looked(6.5))
    assert [each.time for each in kept.entries[:3]] == [at(6.5), at(7), at(8)]
    assert len(kept.entries) == MOST_PAST


def test_what_is_older_than_the_span_goes_and_all_goes_in_the_end() -> None:
    harness = Harness(asking('count("page.viewed", "2d") > 1', 'count("x.y", "9d") > 1'))
    harness.feed(looked(0)).wait_until(at(2.9 * DAYS))
    context = harness.contexts["ada"]
    sizes = [[len(each.entries) for each in stores_of(context).values()]]
    harness.wait_until(at(3.1 * DAYS))
    sizes.append([len(each.entries) for each in stores_of(context).values()])
    assert sizes == [[1, 0], [0, 0]]
    harness.wait_until(at(10.1 * DAYS))
    assert not any(each.entries for each in stores_of(context).values())


def test_stores_are_shared_by_what_they_keep_and_no_more() -> None:
    asked = asking(
        'count("a", "1d", e, e.data.x == 1) > 1',
        'sum("a", "30d", e, e.data.x) > 1',
        'count("a", "1d", e, e.data.y == 1) > 1',
        'count(["b", "a"], "1d") > 1 && since(["a", "b"]) > span("1d")',
    ).past
    spans = {(each.types, each.paths): each.kept_for - DAY for each in asked.values()}
    assert spans == {
        (("a",), (("data", "x"),)): 30 * DAY,
        (("a",), (("data", "y"),)): DAY,
        (("a", "b"), ()): 400 * DAY,
    }


@pytest.mark.parametrize("kind", ["page.viewed", "x.y"])
def test_what_is_kept_takes_no_fast_path(kind: str) -> None:
    told = asking('count("x.*", "1d") > 1', on="q.q")
    assert told.by_type[kind].brief == (kind == "page.viewed")


def restarted(before: Partition, told: Playbook) -> Partition:
    """Start anew with another playbook."""
    images = {name: write_context(context) for name, context in before.cache.items()}

    def load(name: str) -> Context | None:
        return read_context(images[name]) if name in images else None

    line = Partition(told, TODAY, load, continuous=True)
    line.restore_timers(before.dues)
    line.advance(before.clock)
    return line


def fed(line: Partition, *events: Event) -> list[int]:
    for each in events:
        line.feed(each, each.time)
    outputs, line.outputs = line.outputs, []
    return [each.time for each in outputs if isinstance(each, Situation)]


RARE = asking('count("page.viewed", "2d") == 0')
OTHER = asking('count("page.viewed", "4d") == 0')
PLAIN = asking()


def test_a_need_is_unanswered_until_its_span_has_passed() -> None:
    line = Partition(PLAIN, TODAY, continuous=True)
    fed(line, looked(0))
    line = restarted(line, RARE)
    eve = event(3 * DAYS, "page.viewed", customer_id="eve")
    days = [1, 1.9, 3, 5, 8]
    times = fed(line, *(looked(day * DAYS) for day in days), eve)
    assert times == [at(5 * DAYS), at(8 * DAYS), at(3 * DAYS)]


def test_why_it_is_unanswered_is_said() -> None:
    context = Context("ada", touched=at(0))
    call = RARE.asked[0]
    with pytest.raises(ConditionError, match=WARMING_UP):
        answer(call, Scope(at(2 * DAYS) - 1, context))
    assert answer(call, Scope(at(2 * DAYS), context)) == 0


def test_what_is_not_needed_any_more_begins_again() -> None:
    line = Partition(RARE, TODAY, continuous=True)
    assert fed(line, looked(0)) == [at(0)]
    line = restarted(line, PLAIN)
    fed(line, looked(1), looked(2))
    assert PAST not in line.cache["ada"].runs
    line = restarted(line, RARE)
    assert fed(line, looked(1.9 * DAYS), looked(4 * DAYS)) == [at(4 * DAYS)]


def test_what_waited_while_a_need_arose_is_part_of_the_past() -> None:
    line = Partition(PLAIN, TODAY, continuous=True)
    fed(line, looked(0))
    line.context_of("ada").next_due = HELD
    fed(line, looked(1))
    line = restarted(line, RARE)
    ada = line.context_of("ada")
    assert [each.time for each in ada.waiting] == [at(1)]
    ada.next_due = RARE.next_due(ada)
    line.replace(ada)
    assert [each.time for each in store(ada).entries] == [at(1)]
    assert store(ada).since == at(0) + 1


def test_a_longer_span_is_known_as_far_as_something_was_kept() -> None:
    line = Partition(RARE, TODAY, continuous=True)
    fed(line, looked(0))
    line = restarted(line, OTHER)
    assert fed(line, looked(5 * DAYS)) == [at(5 * DAYS)]


def test_whoever_is_merged_with_somebody_older_knows_as_much_as_both() -> None:
    line = Partition(PLAIN, TODAY, continuous=True)
    fed(line, looked(0))
    line = restarted(line, RARE)
    fed(line, event(60, "page.viewed", customer_id="eve"))
    ada, eve = line.context_of("ada"), line.context_of("eve")
    one, other = merge(RARE, ada, eve)[0], merge(RARE, eve, ada)[0]
    assert one.runs == other.runs
    assert store(one).since == at(0) + 1
    assert [each.time for each in store(one).entries] == [at(60)]
    assert store(eve).since == LONG_AGO


def test_a_split_parts_the_past() -> None:
    told = asking('count("page.viewed", "30d") > 1')
    _, log = mistaken(as_(ADA, looked(1)), as_(EVE, looked(2)), as_(EVE, looked(3)))
    line = Partition(told, TODAY, continuous=True)
    fed(line, *(replace(each, customer_id=ADA_ID) for each in log.events))
    parted = rebuild(told, TODAY, parting(), line.cache[ADA_ID], log)
    assert [each.time for each in store(parted.customer).entries] == [at(1)]
    assert [each.time for each in store(parted.other).entries] == [at(2), at(3)]
    assert store(parted.customer).since == store(parted.other).since == LONG_AGO
    later = Log(log.events, at(-30), log.clock)
    assert store(rebuild(told, TODAY, parting(), line.cache[ADA_ID], later).other).since == at(
        -30
    )


def test_whoever_logs_in_brings_along_what_their_device_did() -> None:
    told = asking('count("page.viewed", "1d") == 3', on="order.completed")
    device = {"device_id": "tablet"}
    harness = Harness(told, SETTINGS)
    harness.feed(as_(ADA, looked(0)), as_(device, looked(1)), as_(device, looked(2)))
    harness.feed(as_({**ADA, **device}, event(3, "account.logged_in")))
    harness.feed(as_(ADA, ordered(4, "A")), as_(ADA, looked(5)), as_(ADA, ordered(6, "B")))
    assert [each.time for each in harness.situations] == [at(4)]
