"""What a customer wants, by brand, purpose and channel."""

from __future__ import annotations

import pytest
from msgspec import to_builtins

from legato.core.context.consent import consent_for, key_of, parts_of, stricter
from legato.core.context.context import ConsentRecord
from legato.harness import Harness
from legato.wire.context_view import context_view
from tests.unit.core.stories import HOURS, added, at, event, looked, losers, may, only

YES, NO = "granted", "denied"


def said(*wishes: tuple[str, str, int]) -> dict[str, ConsentRecord]:
    return {key: ConsentRecord(status, time) for key, status, time in wishes}


@pytest.mark.parametrize("key", ["promotion|*", "promotion|email", "profiling|email|lux"])
def test_a_wish_is_named_by_what_it_is_about(key: str) -> None:
    assert key_of(*parts_of(key)) == key


def test_who_never_said_is_asked_nothing() -> None:
    assert consent_for({}, "promotion", "email") is None
    assert consent_for(said(("service|*", YES, 1)), "promotion", "email") is None
    assert consent_for(said(("promotion|sms", YES, 1)), "promotion", "email") is None
    assert consent_for(said(("promotion|*|lux", YES, 1)), "promotion", "email", "eco") is None


@pytest.mark.parametrize(
    ("wishes", "brand", "expected"),
    [
        (said(("promotion|*", YES, 1), ("promotion|email", NO, 2)), "", False),
        (said(("promotion|*", NO, 1), ("promotion|email", YES, 2)), "", True),
        (said(("promotion|*", YES, 2), ("promotion|email", NO, 2)), "", False),
        (said(("promotion|*|lux", YES, 1)), "lux", True),
        (said(("promotion|*", YES, 1), ("promotion|*|lux", NO, 2)), "lux", False),
        (said(("promotion|*", YES, 1), ("promotion|*|lux", NO, 2)), "eco", True),
        (said(("promotion|*", NO, 3), ("promotion|email|lux", YES, 2)), "lux", False),
        (said(("promotion|*|lux", YES, 1)), "", True),
        (said(("promotion|*|lux", YES, 1), ("promotion|*|eco", NO, 1)), "", False),
    ],
)
def test_the_newest_word_counts_for_channel_and_brand(
    wishes: dict[str, ConsentRecord], brand: str, expected: bool
) -> None:
    assert consent_for(wishes, "promotion", "email", brand) is expected


def test_of_two_words_at_once_the_stricter_counts_whoever_comes_first() -> None:
    yes, no = ConsentRecord(YES, 1, "consent", "web", "form-7"), ConsentRecord(NO, 1)
    assert stricter(yes, no) == stricter(no, yes) == no


def test_a_wish_tells_its_ground_and_where_it_is_known_from() -> None:
    wish = {"purpose": "promotion", "status": YES, "basis": "consent", "proof": "form-7"}
    told = event(0, "consent.updated", "web", source="shop", brand="lux", consents=[wish])
    harness = Harness().feed(told)
    assert to_builtins(context_view(harness.contexts["ada"]).consents) == [
        {
            "purpose": "promotion",
            "channel": "*",
            "brand": "lux",
            "status": YES,
            "time": at(0),
            "basis": "consent",
            "source": "shop",
            "proof": "form-7",
        }
    ]


def test_a_brand_may_not_do_what_only_another_was_allowed() -> None:
    address = looked(0, identifiers={"email": "ada@example.org"})
    for brand, reached in (("lux", True), ("eco", False)):
        denied = event(1, "consent.updated", "web", id="no", purpose="promotion", status=NO)
        denied.brand = "eco"
        granted = may(2)
        granted.brand = "lux"
        one = [denied, granted] if brand == "eco" else [granted]
        harness = Harness().feed(address, *one, added(3)).wait_until(at(2 * HOURS))
        decision = only(harness.decisions)
        assert bool(decision.action) == reached
        assert ("no_consent" in losers(decision).values()) or reached
