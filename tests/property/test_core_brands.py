"""Who may see some brands alone is shown nothing of others, whatever happened before."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import json, to_builtins

from legato.core.context.context import Context
from legato.core.merge.merge import merge
from legato.core.values.time import MINUTE
from legato.harness import Harness, default_playbook
from legato.queries.shown import is_shown, shown_actions, shown_context
from legato.wire.context_view import context_view
from legato.wire.state import read_context, write_context
from tests.examples import examples
from tests.property.core_lives import Json, deeds, event_of, pauses
from tests.replay.wild_stories import NOON

PLAYBOOK = default_playbook()
BRANDS = ("north", "south", "west")
looks = st.fixed_dictionaries(
    {
        "type": st.just("product.viewed"),
        "channel": st.sampled_from(["web", "mobile"]),
        "customer_id": st.sampled_from(["ada", "bob"]),
        "data": st.fixed_dictionaries({"sku": st.sampled_from(["SHOE", "HAT"])}),
    }
)


def marked(deed: Json, brand: str) -> Json:
    """The same in the name of a brand, which stands in all that it tells."""

    def mark(told: Any) -> Any:  # noqa: ANN401 - of whatever type
        match told:
            case dict():
                return {
                    key: f"{brand}-{each}" if key in ("sku", "reason") and each else mark(each)
                    for key, each in told.items()
                }
            case list():
                return [mark(each) for each in told]
            case _:
                return told

    ids = {
        name: f"{brand}-{deed.get(name, 'x')}" for name in ("cart_id", "order_id", "case_id")
    }
    return {**deed, **ids, "brand": brand, "data": mark(deed.get("data", {}))}


@st.composite
def branded_lives(draw: st.DrawFn) -> list[Json]:
    """What two do in the name of three brands or none; some of it comes late."""
    log: list[Json] = []
    time = NOON
    for n, deed in enumerate(draw(st.lists(deeds() | looks, min_size=1, max_size=30))):
        time += draw(pauses)
        brand = draw(st.sampled_from(["", *BRANDS]))
        deed.pop("brand", None)
        if deed["type"] == "order.completed":
            deed.setdefault("cart_id", "-")
        told = marked(deed, brand) if brand else deed
        late = draw(st.sampled_from([0, 0, 0, 1, 3_600_000]))
        log.append({**told, "id": f"e{n}", "time": time - late, "received": time})
    return log


@st.composite
def wanderings(draw: st.DrawFn) -> list[Json]:
    """One fills carts here and comes up there, where somebody is told what they want."""
    fills, comes = {"sku": "SHOE", "quantity": 1, "price": 20}, {"venue": "BER-1"}
    steps: list[Json] = [
        {"type": "cart.item_added", "channel": "web", "data": fills},
        {"type": "cart.item_added", "channel": "mobile", "data": fills},
        {"type": "store.visited", "channel": "store", "location": comes},
        {"type": "call.started", "channel": "call"},
    ]
    log: list[Json] = []
    for n, step in enumerate(draw(st.lists(st.sampled_from(steps), min_size=2, max_size=9))):
        brand = draw(st.sampled_from(["", *BRANDS]))
        told = marked(step, brand) if brand else {**step, "cart_id": "c", "case_id": "k"}
        time = NOON + n * 7 * MINUTE
        log.append({**told, "id": f"e{n}", "time": time, "customer_id": "ada"})
    return log


def contexts_of(log: list[Json]) -> tuple[Context, Context]:
    harness = Harness(PLAYBOOK).feed(*map(event_of, log))
    known = harness.contexts
    ada, bob = (known.get(name) or Context(name) for name in ("ada", "bob"))
    return ada, bob


def view_of(context: Context) -> Json:
    shown: Json = json.decode(json.encode(to_builtins(context_view(context))))
    return shown


def held(context: Context, brands: list[str]) -> None:
    view = view_of(read_context(write_context(context)))
    assert view == view_of(context)
    told = shown_context(view, brands)
    text = json.encode(told).decode()
    assert [each for each in BRANDS if each not in brands and each in text] == []
    bearing = {each["brand"] for each in view["timeline"] if "brand" in each}
    assert bearing <= {*view["brands"]}
    assert is_shown(view["brands"], brands) or not bearing & {*brands}
    assert [each for each in told["timeline"] if each.get("brand", brands[0]) in brands] == [
        each for each in view["timeline"] if each.get("brand", brands[0]) in brands
    ]


@given(branded_lives(), st.lists(st.sampled_from(BRANDS), min_size=1, unique=True))
@settings(deadline=None, max_examples=examples(200))
def test_nothing_of_another_brand_is_shown_neither_after_a_merge(
    log: list[Json], brands: list[str]
) -> None:
    ada, bob = contexts_of(log)
    united, _ = merge(PLAYBOOK, ada, bob)
    for context in (ada, bob, united):
        held(context, brands)
    assert {*united.brands} == {*ada.brands, *bob.brands}


@given(wanderings(), st.lists(st.sampled_from(BRANDS), min_size=1, unique=True))
@settings(deadline=None, max_examples=examples(200))
def test_nothing_of_another_brand_is_said_of_what_is_to_be_done(
    log: list[Json], brands: list[str]
) -> None:
    harness = Harness(PLAYBOOK).feed(*map(event_of, log))
    touched = harness.contexts["ada"].brands
    actions = shown_actions(json.decode(json.encode(harness.actions)), brands, touched)
    text = json.encode(actions).decode()
    assert [each for each in BRANDS if each not in brands and each in text] == []


@given(st.lists(st.lists(st.integers(0, 60), max_size=40), min_size=3, max_size=3))
@settings(deadline=None)
def test_of_too_many_brands_the_same_are_kept_whoever_merges_first(
    told: list[list[int]],
) -> None:
    sides = [
        Context(f"c{n}", brands=(*sorted({f"b{each:02}" for each in side})[:32],))
        for n, side in enumerate(told)
    ]
    one, _ = merge(PLAYBOOK, merge(PLAYBOOK, sides[0], sides[1])[0], sides[2])
    other, _ = merge(PLAYBOOK, sides[2], merge(PLAYBOOK, sides[1], sides[0])[0])
    assert one.brands == other.brands == (*sorted({*one.brands}),)
    assert len(one.brands) == min(32, len({each for side in told for each in side}))
