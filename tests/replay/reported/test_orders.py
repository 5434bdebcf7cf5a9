"""What carts, orders and calls of other systems look like, and what is left of them."""

from __future__ import annotations

from typing import Any

from tests.replay.reported.reported import Json, of_kind, said

NOON = 1_772_452_800_000
"""2 March 2026, 12:00 UTC."""
MINUTE = 60_000
DAY = 24 * 60 * MINUTE


def abandoned(told: list[Json]) -> list[tuple[float, int, Any]]:
    """When a cart was abandoned in minutes from noon, which stage, and what it came to."""
    return [
        ((each["time"] - NOON) / MINUTE, each["stage"], each["evidence"].get("value"))
        for each in of_kind(told, "situation")
        if each["situation"] == "cart_abandoned"
    ]


def test_19_what_was_bought_out_of_another_cart_is_not_left_in_this_one() -> None:
    assert abandoned(said("19_bought_in_another_cart", "--until", "+4d")) == []


def test_21_of_a_cart_that_was_half_bought_the_rest_is_abandoned() -> None:
    told = abandoned(said("21_half_of_the_cart_bought", "--until", "+4d"))
    assert told[0] == (-59, 1, 220)
    assert [value for _, _, value in told] == [220, 220, 220]


def test_22_what_was_not_paid_is_open_again() -> None:
    told = said("22_payment_failed_after_order", "--until", "+4d")
    assert abandoned(told)[0] == (-54, 1, 220)
    assert [each["action"] for each in of_kind(told, "action")] == ["remind_by_email"]


def test_23_a_page_that_tells_the_cart_after_its_order_opens_no_new_one() -> None:
    assert abandoned(said("23_echo_of_the_cart_after_the_order", "--until", "+4d")) == []


def test_28_an_emptied_cart_is_not_abandoned() -> None:
    assert of_kind(said("28_emptied_cart", "--until", "+4d"), "situation") == []


def test_30_what_is_in_two_currencies_is_not_added_up() -> None:
    told = said("30_cart_in_two_currencies", "--until", "+2h")
    handoff = of_kind(told, "action")[0]["handoff"]
    assert "value" not in handoff
    assert "currency" not in handoff
    assert [each["currency"] for each in handoff["items"]] == ["JPY", "EUR"]
    found = of_kind(told, "situation")[1]
    assert found["evidence"]["values"] == {"JPY": 4000, "EUR": 10}
    weighed = of_kind(told, "decision")[1]["candidates"][0]
    assert (weighed["action"], weighed["factors"]["context"]) == ("remind_by_email", 1)


def test_37_a_removal_without_a_quantity_takes_the_line() -> None:
    assert abandoned(said("37_removal_without_quantity", "--until", "+4d")) == []


def test_43_a_cart_that_is_left_again_is_reminded_of_once_the_cap_is_over() -> None:
    told = of_kind(said("43_second_abandonment", "--until", "+4d"), "action")
    assert [each["action"] for each in told] == ["remind_by_email"] * 2
    assert [each["time"] for each in told] == [NOON - 60 * MINUTE, NOON + 8 * DAY + 60 * MINUTE]


def test_42_a_call_of_which_nothing_is_known_mutes_for_a_day() -> None:
    told = said("42_call_without_reason_mutes_a_week", "--until", "+4d")
    assert [each["situation"] for each in of_kind(told, "situation")] == ["cart_abandoned"] * 3
    assert [each["action"] for each in of_kind(told, "action")] == ["remind_by_email"]
    assert of_kind(told, "action")[0]["time"] == NOON + 23 * 60 * MINUTE
