"""What is put down to actions is what brute force says, in whichever order it is heard of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from legato.core.context.context import ActionRecord, Context
from legato.core.line.partition import Partition
from legato.core.merge.merge import copy_of, merge
from legato.core.values.outputs import Conversion, Output
from legato.harness import default_playbook
from legato.wire.blobs import TODAY
from tests.property.core_lives import Json, event_of
from tests.replay.brute_force import DAY, HOUR
from tests.replay.wild_stories import NOON

PLAYBOOK = default_playbook()
WINDOW = PLAYBOOK.attribution
ABOUT: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "shoe": ("promotion", "cart:a", ("SHOE",)),
    "pair": ("promotion", "cart:b", ("SHOE", "HAT")),
    "help": ("service", "case:c", ()),
    "back": ("promotion", "", ()),
}
"""Action -> its purpose, goal and articles."""
REACHED = ("delivered", "opened", "clicked", "accepted", "rejected")
times = st.integers(0, 40).map(lambda n: NOON + n * WINDOW // 10)
reports = st.builds(
    lambda name, what, time: {
        "type": f"action.{what}",
        "channel": "email",
        "time": time,
        "data": {"action_id": name},
    },
    st.sampled_from([*ABOUT]),
    st.sampled_from([*REACHED, "failed"]),
    times,
)
orders = st.builds(
    lambda time, skus, cart: {
        "type": "order.completed",
        "channel": "store",
        "time": time,
        "cart_id": cart,
        "data": {"items": [{"sku": sku} for sku in skus], "total": 10.0},
    },
    times,
    st.lists(st.sampled_from(["SHOE", "HAT", "CAR"]), max_size=2, unique=True),
    st.sampled_from([None, None, "a", "b"]),
)
closings = st.builds(
    lambda time, case: {
        "type": "case.closed",
        "channel": "chat",
        "time": time,
        "case_id": case,
        "data": {},
    },
    times,
    st.sampled_from(["c", "c", "d"]),
)


@st.composite
def facts(draw: st.DrawFn) -> list[Json]:
    """What is reported of actions, what is bought, what of it is not paid, what is settled."""
    told: list[Json] = draw(st.lists(reports, min_size=1, max_size=8))
    for n, order in enumerate(draw(st.lists(orders, max_size=3))):
        told.append({**order, "order_id": f"o{n}"})
        if draw(st.integers(0, 3)) == 3:
            late = order["time"] + draw(st.sampled_from([-HOUR, 0, HOUR, DAY]))
            failed = {"type": "payment.failed", "channel": "web", "order_id": f"o{n}"}
            told.append({**failed, "time": late, "data": {}})
    told += draw(st.lists(closings, max_size=3))
    return [{"id": f"e{n}", **each} for n, each in enumerate(told)]


def brute_force(told: list[Json]) -> Counter[tuple[str, str]]:
    """Which order or case is put down to which action, by the definition."""
    found: Counter[tuple[str, str]] = Counter()
    failed = {
        each["order_id"]: each["time"] for each in told if each["type"] == "payment.failed"
    }
    for each in told:
        if each["type"] == "order.completed":
            if failed.get(each["order_id"], 0) < each["time"]:
                about = {name for name in ABOUT if leads_to_order(name, each)}
                found.update(put_down(each["order_id"], each["time"], about, told))
        elif each["type"] == "case.closed":
            about = {name for name in ABOUT if ABOUT[name][1] == f"case:{each['case_id']}"}
            found.update(put_down(each["case_id"], each["time"], about, told))
    return Counter(found.keys())


def leads_to_order(name: str, order: Json) -> bool:
    purpose, goal, skus = ABOUT[name]
    if not goal:
        return purpose == "promotion"
    bought = {item["sku"] for item in order["data"]["items"]}
    return bool(bought & {*skus}) or goal == f"cart:{order['cart_id']}"


def put_down(
    key: str, at: int, about: Iterable[str], told: list[Json]
) -> list[tuple[str, str]]:
    clicks: list[tuple[int, str]] = []
    arrivals: list[tuple[int, str]] = []
    for name in about:
        of = [each for each in told if each["data"].get("action_id") == name]
        reached = [(each["time"], each["type"]) for each in of if "failed" not in each["type"]]
        went = [time for time, kind in reached if kind in ("action.clicked", "action.accepted")]
        clicks += [(time, name) for time in went if time <= at < time + WINDOW]
        first = min((time for time, _ in reached), default=at + 1)
        lost = max((each["time"] for each in of if "failed" in each["type"]), default=0)
        sent = max((time for time, kind in reached if kind == "action.delivered"), default=0)
        if lost >= sent and lost and all(kind == "action.delivered" for _, kind in reached):
            continue
        if first <= at < first + WINDOW:
            arrivals.append((first, name))
    best = max(clicks, default=None) or max(arrivals, default=None)
    return [(key, best[1])] if best else []


def net(outputs: list[Output]) -> Counter[tuple[str, str]]:
    """What stands of all that was told."""
    found: Counter[tuple[str, str]] = Counter()
    for each in outputs:
        if isinstance(each, Conversion):
            found[each.order_id or each.case_id, each.action_id] += -1 if each.void else 1
    assert all(count in (0, 1) for count in found.values()), found
    return +found


def acted(who: str) -> Context:
    """Somebody for whom all of the actions were taken."""
    context = Context(who, revision=1)
    context.actions = tuple(
        ActionRecord(
            name,
            name,
            name,
            "situation",
            purpose,
            "email",
            NOON,
            NOON,
            NOON + DAY,
            (goal,) if goal else (),
            scope={sku: b"" for sku in skus},
        )
        for name, (purpose, goal, skus) in ABOUT.items()
    )
    return context


def converted(context: Context) -> set[str]:
    return {taken.action_id for taken in context.actions if taken.status == "converted"}


@settings(deadline=None)
@given(facts(), st.data())
def test_the_order_of_news_does_not_matter(told: list[Json], data: st.DataObject) -> None:
    line = Partition(PLAYBOOK, TODAY, continuous=True)
    line.cache["ada"] = acted("ada")
    for each in data.draw(st.permutations(told)):
        line.feed(event_of({**each, "customer_id": "ada"}), NOON)
    line.advance(NOON + 15 * DAY)
    wanted = brute_force(told)
    assert net(line.outputs) == wanted
    assert converted(line.cache["ada"]) == {name for _, name in wanted}


@settings(deadline=None)
@given(facts(), st.data())
def test_it_does_not_matter_when_two_turn_out_to_be_one(
    told: list[Json], data: st.DataObject
) -> None:
    line = Partition(PLAYBOOK, TODAY, continuous=True)
    line.cache["ada"], said = acted("ada"), list[Output]()
    order = data.draw(st.permutations(told))
    until = data.draw(st.integers(0, len(order)))
    for n, each in enumerate(order):
        if n == until:
            said += meet(line, data.draw(st.booleans()))
        whose = "ada" if n >= until or each["type"].startswith("action.") else None
        whose = whose or data.draw(st.sampled_from(["ada", "bob"]))
        line.feed(event_of({**each, "customer_id": whose}), NOON)
    if until == len(order):
        said += meet(line, data.draw(st.booleans()))
    line.advance(NOON + 15 * DAY)
    wanted = brute_force(told)
    assert net([*line.outputs, *said]) == wanted
    assert converted(line.cache["ada"]) == {name for _, name in wanted}


def meet(line: Partition, swapped: bool) -> tuple[Output, ...]:
    """Let the two be one, who goes on under the name of the first."""
    sides = [line.cache["ada"], line.cache.get("bob") or Context("bob")]
    ours, theirs = reversed(sides) if swapped else sides
    united, told = merge(PLAYBOOK, copy_of(ours), copy_of(theirs), NOON)
    united.customer_id = "ada"
    line.cache["ada"] = united
    line.schedule("ada", united.next_due)
    return told
