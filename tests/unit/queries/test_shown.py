"""Who may see some brands alone sees nothing of others."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from legato.core.context.retention import MOST_BRANDS
from legato.queries.shown import LISTS, MAPS, is_shown, shown, shown_actions, shown_context

BRANDS = ("north", "south", "west")
bearing = st.fixed_dictionaries(
    {"n": st.integers()}, optional={"brand": st.sampled_from(("", *BRANDS))}
)
contexts = st.fixed_dictionaries(
    {
        "customer_id": st.just("c"),
        "brands": st.lists(st.sampled_from(BRANDS), unique=True),
        "contact": st.none() | bearing,
        **{name: st.lists(bearing, max_size=4) for name in LISTS},
        **{name: st.dictionaries(st.text(max_size=3), bearing, max_size=4) for name in MAPS},
    }
)
limits = st.lists(st.sampled_from(BRANDS), min_size=1, unique=True)


def brands_in(value: object) -> set[str]:
    """All brands that are named anywhere in it."""
    match value:
        case dict():
            own = {value["brand"]} if value.get("brand") else set()
            listed = set(value.get("brands", ()))
            return own | listed | set().union(*map(brands_in, value.values()))
        case list():
            return set().union(*map(brands_in, value))
        case _:
            return set()


@given(contexts, limits)
def test_nothing_of_another_brand_is_told(context: dict[str, Any], brands: list[str]) -> None:
    assert brands_in(shown_context(context, brands)) <= set(brands)


@given(contexts, limits)
def test_what_bears_one_of_them_or_none_is_told(
    context: dict[str, Any], brands: list[str]
) -> None:
    told = shown_context(context, brands)
    for name in LISTS:
        wanted = [each for each in context[name] if each.get("brand", "") in ("", *brands)]
        assert told[name] == wanted == shown(context[name], brands)
    for name in MAPS:
        assert told[name].items() <= context[name].items()
        assert all(
            each in told[name].values()
            for each in context[name].values()
            if not each.get("brand")
        )


@given(contexts)
def test_without_limits_all_is_told(context: dict[str, Any]) -> None:
    assert shown_context(context, ()) == context


def test_who_touched_no_brand_of_theirs_is_not_theirs() -> None:
    assert is_shown([], [])
    assert is_shown(["north"], ["north", "south"])
    assert not is_shown(["north"], ["south"])
    assert not is_shown([], ["south"])


def test_nothing_names_a_cart_that_is_not_told() -> None:
    context: dict[str, Any] = {
        "brands": ["north", "south"],
        "carts": {"mine": {"brand": "north"}, "theirs": {"brand": "south"}},
        "cases": {"c": {"brand": "south"}},
        "orders": [{"closed": ["mine", "theirs"]}],
        "actions": [
            {
                "goals": ["cart:mine", "checkout:theirs", "case:c", "cart:gone", "order:o2"],
                "brand": "north",
            }
        ],
        "runs": {"cart_abandoned|cart:theirs": 1},
        "journeys": ["j"],
    }
    assert shown_context(context, ["north"]) == {
        "brands": ["north"],
        "carts": {"mine": {"brand": "north"}},
        "cases": {},
        "orders": [{"closed": ["mine"]}],
        "actions": [{"goals": ["cart:mine"], "brand": "north"}],
        "runs": {},
        "journeys": [],
    }


def test_what_an_action_says_goes_where_the_customer_has_touched_another_brand() -> None:
    said = {
        "handoff": {"goal": "The customer wants to buy 1 × SHOE."},
        "items": [],
        "params": {},
    }
    own, other, none = ({"n": 1, "brand": "north"}, {"n": 2, "brand": "south"}, {"n": 3})
    actions = [each | said for each in (own, other, none)]
    assert shown_actions(actions, [], ["north", "south"]) == actions
    assert shown_actions(actions, ["north"], ["north"]) == [own | said, none | said]
    assert shown_actions(actions, ["north"], ["north", "south"]) == [own, none]
    many = [f"brand-{number}" for number in range(MOST_BRANDS)]
    assert shown_actions([none | said], many, many) == [none]  # others may be beyond them


def test_an_order_of_another_brand_is_not_told_by_what_it_is_expected_for() -> None:
    context: dict[str, Any] = {
        "brands": ["north", "south"],
        "orders": [{"id": "o1", "brand": "south"}, {"id": "o2", "brand": "north"}],
        "expected": [{"what": "order:o1"}, {"what": "order:o2"}, {"what": "order:o3"}],
    }
    told = shown_context(context, ["north"])["expected"]
    assert told == [{"what": "order:o2"}, {"what": "order:o3"}]


def test_a_contact_of_another_brand_is_none() -> None:
    for brand, told in (("north", {"brand": "north"}), ("south", None), ("", {"brand": ""})):
        context = {"brands": ["north"], "contact": {"brand": brand}}
        assert shown_context(context, ["north"])["contact"] == told
