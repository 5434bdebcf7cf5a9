"""What a switch finds of interest, reservations and orders is what the log says."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from legato.core.context.cart_log import digest_of
from legato.core.context.past import stores_of
from legato.core.line.partition import Partition
from legato.core.playbook.compile import read_playbook
from legato.core.playbook.definition import Playbook
from legato.core.values.outputs import Situation
from legato.core.values.time import LONG_AGO, in_words
from legato.wire.blobs import TODAY
from tests.examples import examples
from tests.property.core_lives import Json, event_of
from tests.property.test_conditions_past import again, join
from tests.replay.brute_force import DAY, HOUR, MINUTE
from tests.replay.wild_stories import NOON

PLAYBOOK = read_playbook(b"""
version: 1
situations:
  came:
    switch:
      goal: [interest, reservation, order]
      within: {interest: 20h, reservation: 3d, order: 10d}
""")
WITHIN = {"interest": 20 * HOUR, "reservation": 3 * DAY, "order": 10 * DAY}
LOOKS = ("product.viewed", "product.tried_on")
ENDS_RESERVATION = ("product.tried_on", "reservation.cancelled", "reservation.released")
ENDS_ORDER = ("delivery.completed", "order.cancelled", "order.returned", "order.picked_up")
UNDER_WAY = ("delivery.dispatched", "delivery.delayed", "order.ready_for_pickup")
BY_OTHERS = ("reservation.released", "payment.failed", *ENDS_ORDER[:3], *UNDER_WAY)
KINDS = [
    *LOOKS,
    *LOOKS,
    "reservation.made",
    "reservation.made",
    *ENDS_RESERVATION[1:],
    "order.completed",
    "order.completed",
    *ENDS_ORDER,
    *UNDER_WAY,
    "payment.failed",
    "page.viewed",
]
PAUSES = [0, 1, MINUTE, HOUR, 10 * HOUR, 20 * HOUR, 20 * HOUR + 1, 2 * DAY]
pauses = st.sampled_from(PAUSES)
skus = st.sampled_from(["A", "B", "C"])


@st.composite
def logs(draw: st.DrawFn) -> list[Json]:
    """What somebody does, in order of time; what is sent was paid."""
    log: list[Json] = []
    time, orders = NOON, list[str]()
    for n, kind in enumerate(draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=14))):
        time += draw(pauses)
        event: Json = {"id": f"e{n:02}", "type": kind, "time": time, "data": {}}
        event["channel"] = draw(st.sampled_from(["web", "mobile", "store"]))
        event["customer_id"] = draw(st.sampled_from(["ada", "ada", "bob"]))
        if kind == "order.completed":
            event["order_id"] = draw(st.sampled_from(["paid", "owed"])) + str(n)
            event["data"] = {"items": [{"sku": each} for each in draw(st.sets(skus))]}
            orders.append(event["order_id"])
        elif kind.startswith(("order.", "delivery.", "payment.")):
            owed = kind == "payment.failed"
            known = [each for each in orders if each.startswith("owed") == owed]
            event["order_id"] = draw(st.sampled_from([*known, "owed?" if owed else "paid?"]))
        elif kind != "page.viewed" and draw(st.integers(0, 7)):
            event["data"] = {"sku": draw(skus)}
        if kind == "reservation.made" and draw(st.booleans()):
            event["data"]["until"] = in_words(time + draw(pauses))
        log.append(event)
    return log


def expected(before: list[Json], event: Json) -> set[str] | None:
    """The goals of the switch that an event is, by all that came before; None if it is none."""
    theirs = [each for each in before if each["type"] not in BY_OTHERS]
    if not theirs or event["type"] in BY_OTHERS:
        return None
    last = sorted(theirs, key=lambda each: each["time"])[-1]
    if event["channel"] == last["channel"]:
        return None
    now, gap = event["time"], event["time"] - last["time"]
    found = {
        "interest": interests(before, now),
        "reservation": reservations(before, now) - ended_reservations(event),
        "order": orders(before, now) - {event.get("order_id", "")},
    }
    goals = {f"{kind}:{key}" for kind in found for key in found[kind] if gap <= WITHIN[kind]}
    return goals or None


def interests(log: list[Json], now: int) -> set[str]:
    looks = [each for each in log if each["type"] in LOOKS and each["data"]]
    looks = [each for each in looks if now - WITHIN["interest"] <= each["time"]]
    return {
        sku
        for sku in {each["data"]["sku"] for each in looks}
        if not any(
            order["time"] >= max(x["time"] for x in looks if x["data"]["sku"] == sku)
            for order in log
            if order["type"] == "order.completed" and sku in items(order)
            if not failed(log, order)
        )
    }


def items(order: Json) -> set[str]:
    return {each["sku"] for each in order["data"]["items"]}


def failed(log: list[Json], order: Json) -> bool:
    return any(
        each["type"] == "payment.failed"
        and each["order_id"] == order["order_id"]
        and each["time"] >= order["time"]
        for each in log
    )


def reservations(log: list[Json], now: int) -> set[str]:
    """Each article by the last that was told of it; of one instant, by the hash of the id."""
    made: dict[str, Json] = {}
    for each in sorted(log, key=lambda each: (each["time"], digest_of(each["id"]))):
        if each["type"] == "reservation.made":
            made[each["data"].get("sku", "-")] = each
        for key in [*made] if each["type"] in ENDS_RESERVATION else []:
            if each["data"].get("sku", key) == key:
                del made[key]
    return {key for key, each in made.items() if now < end_of(each)}


def end_of(made: Json) -> int:
    until, start = made["data"].get("until"), int(made["time"])
    ends = {in_words(start + span): start + span for span in PAUSES}
    return start + 7 * DAY if until is None else ends[until] // 1000 * 1000


def ended_reservations(event: Json) -> set[str]:
    if event["type"] not in ENDS_RESERVATION:
        return set()
    sku = event["data"].get("sku")
    return {"A", "B", "C", "-"} if sku is None else {sku}


def orders(log: list[Json], now: int) -> set[str]:
    told: dict[str, list[Json]] = {}
    for each in log:
        if "order_id" in each:
            told.setdefault(each["order_id"], []).append(each)
    return {name for name, all_ in told.items() if is_open(all_, now)}


def is_open(told: list[Json], now: int) -> bool:
    steps = [each for each in told if each["type"] in ("order.completed", *UNDER_WAY)]
    sent = [
        each
        for each in steps
        if each["type"] != "order.completed" or each["channel"] != "store"
    ]
    if not sent or any(each["type"] in ENDS_ORDER for each in told):
        return False
    last = max(int(each["time"]) for each in steps)
    unpaid = [each["time"] for each in told if each["type"] == "payment.failed"]
    return max(unpaid, default=0) < last and now < last + 30 * DAY


def followed(playbook: Playbook, log: list[Json], data: st.DataObject) -> Partition:
    """Follow a log in any order, as of two who turn out to be one."""
    line, clock = Partition(playbook, TODAY, continuous=False), LONG_AGO
    meets = data.draw(st.integers(0, len(log)))
    for n, event in enumerate(data.draw(st.permutations(log))):
        if n == meets:
            join(playbook, line, max(clock, NOON))
        owner = {"customer_id": "ada"} if n >= meets else {}
        clock = max(clock, event["time"] - data.draw(st.sampled_from([0, HOUR, DAY])))
        line.feed(event_of({**event, **owner}), clock)
    if meets == len(log):
        join(playbook, line, max(clock, NOON))
    return line


def found_by(line: Partition) -> dict[int, set[str]]:
    told = [each for each in line.outputs if isinstance(each, Situation)]
    return {each.time: {*each.goals} for each in told}


@given(logs())
@settings(deadline=None, max_examples=examples(400))
def test_each_switch_names_what_is_open(log: list[Json]) -> None:
    line = Partition(PLAYBOOK, TODAY, continuous=True)
    for n, event in enumerate(log):
        line.outputs.clear()
        line.feed(event_of({**event, "customer_id": "ada"}), event["time"])
        goals = expected(log[:n], event)
        assert found_by(line) == ({} if goals is None else {event["time"]: goals})


@given(log=logs(), later=pauses, data=st.data())
@settings(deadline=None, max_examples=examples(400))
def test_the_order_of_arrival_and_merges_do_not_matter(
    log: list[Json], later: int, data: st.DataObject
) -> None:
    line = followed(PLAYBOOK, log, data)
    line.replace(again(line.cache["ada"]))
    last = max(each["time"] for each in log)
    end = last + later
    came: dict[str, Any] = {"id": "came", "type": "x", "channel": "kiosk", "time": end}
    line.advance(last)  # what waits for the clock until then is followed, and tells of its own
    line.outputs.clear()
    line.feed(event_of({**came, "customer_id": "ada", "data": {}}), end)
    goals = expected(log, {**came, "data": {}})
    assert found_by(line) == ({} if goals is None else {end: goals})


BRIEFED = read_playbook(b"""
version: 1
situations: {came: {switch: {goal: interest, within: 10d}}}
actions:
  tell: {situation: came, channel: email, purpose: service, content: c, expires: 25d}
channels: {email: {address: [email]}}
quiet_hours: {from: "13:00", to: "12:00", channels: [email]}
""")
visits = st.sampled_from(["product.viewed", "product.viewed", "order.completed", "page.viewed"])


@st.composite
def walks(draw: st.DrawFn) -> list[Json]:
    """Looks and orders on many channels, in order of time; who writes to them mostly waits."""
    log: list[Json] = []
    time = NOON
    for n, kind in enumerate(draw(st.lists(visits, min_size=2, max_size=12))):
        time += draw(st.sampled_from([1, MINUTE, HOUR, 5 * HOUR]))
        event: Json = {"id": f"e{n:02}", "type": kind, "time": time, "data": {}}
        event["channel"] = draw(st.sampled_from(["web", "mobile", "store"]))
        event["customer_id"] = draw(st.sampled_from(["ada", "ada", "bob"]))
        event["identifiers"] = {"email": "ada@example.org"}
        if kind == "order.completed":
            event["order_id"] = f"o{n}"
            event["data"] = {
                "items": [{"sku": each} for each in draw(st.sets(skus, min_size=1))]
            }
        elif kind == "product.viewed":
            event["data"] = {"sku": draw(skus)}
        log.append(event)
    return log


@given(log=walks(), data=st.data())
@settings(deadline=None, max_examples=examples(400))
def test_nothing_goes_out_about_what_was_bought_before(
    log: list[Json], data: st.DataObject
) -> None:
    line = followed(BRIEFED, log, data)
    for taken in line.cache["ada"].actions:
        skus_of_it = [goal.removeprefix("interest:") for goal in taken.goals]
        bought = [was_bought(log, sku, taken.decided, taken.not_before) for sku in skus_of_it]
        assert taken.status == "revoked" or not all(bought)


def test_what_was_bought_here_before_anybody_knew_by_whom_is_open_no_more() -> None:
    told: list[tuple[str, str, Json]] = [
        ("product.viewed", "web", {"sku": "A"}),
        ("product.viewed", "mobile", {"sku": "A"}),
        ("order.completed", "web", {"items": [{"sku": "A"}]}),
        ("page.viewed", "web", {}),
    ]
    line = Partition(BRIEFED, TODAY, continuous=False)
    for n, (kind, channel, data) in enumerate(told):
        event: Json = {"id": f"e{n}", "type": kind, "channel": channel, "time": NOON + n}
        if n == 3:
            join(BRIEFED, line, NOON + n)
        order = {"order_id": "o"} if kind == "order.completed" else {}
        owner = {"customer_id": "bob" if n == 2 else "ada"}
        line.outputs.clear()
        line.feed(event_of({**event, "data": data, **order, **owner}), NOON + n)
    assert found_by(line) == {}


def was_bought(log: list[Json], sku: str, decided: int, out: int) -> bool:
    """Does an order list it that came after the last look until it was decided?"""
    looks = [
        each["time"]
        for each in log
        if each["data"].get("sku") == sku and each["time"] <= decided
    ]
    return any(
        max(looks) <= each["time"] < out and sku in items(each)
        for each in log
        if each["type"] == "order.completed"
    )


@given(logs())
@settings(deadline=None, max_examples=examples(50))
def test_nothing_of_it_is_kept_for_longer_than_it_matters(log: list[Json]) -> None:
    line = Partition(PLAYBOOK, TODAY, continuous=True)
    for event in log:
        line.feed(event_of({**event, "customer_id": "ada"}), event["time"])
    line.advance(log[-1]["time"] + 32 * DAY)
    assert not any(store.entries for store in stores_of(line.cache["ada"]).values())
