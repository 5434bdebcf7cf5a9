"""In whatever order it is heard, a cart says of its articles since when, and for what price."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from legato.core.context.context import Context
from legato.core.context.orders import lay, lift
from legato.core.merge.merge import copy_of, merge
from legato.core.values.time import LONG_AGO
from tests.examples import examples
from tests.property.core_lives import Json, event_of
from tests.property.test_core_late import PLAYBOOK, SKUS, channels, partition
from tests.replay.brute_force import HOUR, MINUTE, carts_at, holding, is_touch, orders_in
from tests.replay.wild_stories import NOON

skus, prices = st.sampled_from(SKUS[:2]), st.integers(1, 99)
many, few = st.integers(10, 11), st.integers(1, 2)


def deed(kind: str, data: st.SearchStrategy[Any], **told: st.SearchStrategy[Any]) -> Any:  # noqa: ANN401
    return st.fixed_dictionaries(
        {"type": st.just(kind), "channel": channels, "data": data, **told}
    )


added = deed(
    "cart.item_added",
    st.fixed_dictionaries({"sku": skus, "quantity": many, "price": prices}),
)
removed = deed(
    "cart.item_removed",
    st.fixed_dictionaries({"sku": skus}, optional={"quantity": st.just(1)}),
)
filling = st.one_of(added, added, removed)
order_ids = st.sampled_from(["o", "p"])
listed = st.lists(st.fixed_dictionaries({"sku": skus}, optional={"quantity": few}), max_size=2)
ordered = deed("order.completed", st.fixed_dictionaries({"items": listed}), order_id=order_ids)
unpaid = deed("payment.failed", st.just({}), order_id=order_ids)
buying = st.one_of(filling, filling, ordered, unpaid)
snapshots = deed(
    "cart.updated",
    st.fixed_dictionaries(
        {
            "items": st.lists(
                st.fixed_dictionaries({"sku": skus, "quantity": many, "price": prices}),
                max_size=2,
                unique_by=lambda item: item["sku"],
            )
        }
    ),
)


def told(data: st.DataObject, deeds: st.SearchStrategy[Json]) -> list[Json]:
    """Things that somebody does in a few hours, in order of time."""
    log, time = list[Json](), NOON
    for n, each in enumerate(data.draw(st.lists(deeds, min_size=3, max_size=9))):
        time += data.draw(st.sampled_from([MINUTE, MINUTE, HOUR]))
        log.append({"id": f"e{n}", "time": time, "customer_id": "ada", **each})
    return log


def heard(log: list[Json]) -> dict[str, Context]:
    """The contexts once all of it was heard, in that order."""
    line = partition(continuous=True)
    for event in log:
        line.feed(event_of(event), LONG_AGO)
    line.advance(max(event["time"] for event in log))
    return line.dirty


def lines_of(context: Context) -> dict[tuple[str, str], Any]:
    """Of each article that lies in a cart: pieces, since when, and for what price."""
    return {
        (key, sku): (line.item.quantity, line.since, line.item.price)
        for key, cart in context.carts.items()
        for sku, line in cart.lines.items()
    }


def known_by(log: list[Json], time: int) -> list[Json]:
    """What was done to carts by then, and all that is told of orders that held by then."""
    held = {
        name
        for name, order in orders_in([*log]).items()
        if any(event is not None and at <= time for at, event in holding(order))
    }
    return [
        event
        for event in log
        if (event["time"] <= time if is_touch(event) else event["order_id"] in held)
    ]


def lying(log: list[Json]) -> dict[tuple[str, str], Any]:
    """The same, told over from the whole log, moment by moment."""
    since: dict[tuple[str, str], Any] = {}
    price: dict[tuple[str, str], float] = {}
    pieces: dict[tuple[str, str], float] = {}
    for event in log:
        carts = carts_at([*known_by(log, event["time"])], event["time"])
        pieces = {(key, sku): n for key, cart in carts.items() for sku, n in cart.items.items()}
        since = {name: since.get(name, event["time"]) for name in pieces}
        news = [event["data"]] if event["type"] == "cart.item_added" else []
        if event["type"] == "cart.updated":
            news = event["data"]["items"]
        price |= {("-", item["sku"]): item["price"] for item in news}
    return {name: (n, since[name], price[name]) for name, n in pieces.items()}


@given(st.data())
@settings(deadline=None, max_examples=examples(400))
def test_an_article_is_there_since_it_was_put_in_for_the_price_told_last(
    data: st.DataObject,
) -> None:
    """Words go with what is gone: of many pieces few are taken out, or it is said of all."""
    log = told(data, buying)
    contexts = heard(data.draw(st.permutations(log)))
    assert lines_of(contexts.get("ada") or Context("ada")) == lying(log)


@given(st.data())
@settings(deadline=None, max_examples=examples(600))
def test_so_it_is_if_two_heard_of_it_who_are_one(data: st.DataObject) -> None:
    log = told(data, filling)
    who = st.sampled_from(["ada", "bob"])
    parts = heard([{**each, "customer_id": data.draw(who)} for each in log])
    ada, bob = (parts.get(name) or Context(name) for name in ("ada", "bob"))
    united, _ = merge(PLAYBOOK, ada, bob)
    assert lines_of(united) == lying(log)


@given(st.data())
@settings(deadline=None, max_examples=examples(400))
def test_so_it_is_below_a_snapshot_that_comes_after_all_that_is_older(
    data: st.DataObject,
) -> None:
    """What comes late behind a snapshot is void: of it less is known."""
    log = told(data, st.one_of(filling, filling, snapshots))
    late = data.draw(st.permutations(log))
    in_turn = [event for event in log if event["type"] == "cart.updated"]
    came: list[Json] = []
    for snapshot in in_turn:
        older = [each for each in late if each["time"] < snapshot["time"]]
        ahead = [each for each in late if each not in older and data.draw(st.booleans())]
        first = [each for each in late if each in older or each in ahead]
        came += [each for each in first if each not in came and each not in in_turn]
        came.append(snapshot)
    came += [each for each in late if each not in came]
    assert lines_of(heard(came)["ada"]) == lying(log)


@given(st.data())
@settings(deadline=None, max_examples=examples(300))
def test_orders_that_are_laid_anew_since_any_time_leave_articles_as_they_were(
    data: st.DataObject,
) -> None:
    log = told(data, st.one_of(added, ordered, ordered, snapshots))
    context = heard(log).get("ada") or Context("ada")
    for cut in (LONG_AGO, *(event["time"] for event in log)):
        again = copy_of(context)
        lift(again, again.orders, cut)
        lay(again, cut)
        assert lines_of(again) == lines_of(context)
