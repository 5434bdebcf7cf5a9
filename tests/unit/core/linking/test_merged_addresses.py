"""What an address was told before anybody had it goes along to whoever turns out to have it."""

from __future__ import annotations

import pytest

from legato import Event, Harness
from tests.unit.core.linking.test_addresses import (
    OWNER,
    guest,
    of,
    outcome,
    taken_back,
    told,
    wish,
)
from tests.unit.core.stories import DAYS, HOURS, added, event, losers, only

MINE = {"user_id": "u-1"}
TYPED = {"anonymous_id": "v-2", **OWNER}


def login(minute: float) -> Event:
    return of({**MINE, **OWNER}, event(minute, "account.logged_in", "web"))


@pytest.mark.parametrize("word", ["denied", "opted out"])
def test_a_refusal_that_was_typed_is_theirs_when_they_log_in(word: str) -> None:
    cart, grant = of(MINE, added(12)), wish(3, "granted", MINE)
    harness = told(grant, wish(5, word, TYPED), login(10), cart, until=73)
    assert losers(only(harness.decisions)) == {"mail": "no_consent", "text": "no_consent"}


def test_and_guests_who_typed_the_address_too_send_nothing_there() -> None:
    harness = told(*guest("v-1", 0), wish(5, "denied", TYPED), login(10), until=62)
    assert harness.actions == []


def test_so_it_is_where_the_link_is_refused() -> None:
    other = of({"user_id": "u-2"}, event(1, "account.logged_in", "web"))
    first = of({"user_id": "u-2", **OWNER}, event(2, "account.logged_in", "web"))
    typed = wish(5, "denied", TYPED)
    harness = told(*guest("v-1", 0), typed, other, first, login(10), until=62)
    assert harness.actions == []


def test_what_others_may_send_there_is_known_to_who_logs_in() -> None:
    bought = of(MINE, event(11 * HOURS, "order.completed", "app", items=[{"sku": "SHOE"}]))
    harness = told(*guest("v-1", 8.5 * HOURS), login(10.5 * HOURS), bought, until=DAYS)
    assert taken_back(harness) == ("converted", "address")


def test_what_waits_to_go_there_is_taken_back_if_they_had_refused_it() -> None:
    signed = of(MINE, event(0, "account.logged_in", "web"))
    refused = wish(5, "revoked", MINE)
    night = [*guest("v-1", 8.5 * HOURS), login(11 * HOURS)]
    assert taken_back(told(signed, refused, *night, until=DAYS)) == ("no_consent", "address")
    again = wish(6, "granted", MINE)
    harness = told(signed, refused, again, *night, until=DAYS)
    assert harness.revoked == []


def test_or_had_bought_it_by_then() -> None:
    bought = of(MINE, event(9 * HOURS, "order.completed", "app", items=[{"sku": "SHOE"}]))
    harness = told(*guest("v-1", 8.5 * HOURS), bought, login(11 * HOURS), until=DAYS)
    assert taken_back(harness) == ("converted", "address")


def test_and_it_counts_in_their_caps() -> None:
    mine = [wish(70, "granted", MINE), of(MINE, added(71))]
    harness = told(*guest("v-1", 0), login(65), *mine, until=140)
    assert losers(harness.decisions[-1])["mail"] == "frequency_cap"


def rejected(harness: Harness) -> Harness:
    return harness.feed(outcome(63, "rejected", harness), login(65))


def test_what_was_rejected_there_is_remembered_by_them() -> None:
    harness = rejected(told(*guest("v-1", 0), until=62))
    owner = harness.contexts[harness.root_of(str(harness.customer_of(MINE)))]
    assert [each.name for each in owner.rejections] == ["mail"]
