"""Stories of what is said: two accounts are one, a card was replaced, somebody logged out."""

from __future__ import annotations

import pytest

from legato.core.events.event import Event
from legato.core.identity.events import IdentifierSplit, MergeRefused
from legato.core.values.outputs import Revoked
from legato.harness import Harness
from legato.wire.formats.registry import FileRegistry
from legato.wire.source.reader import Reader
from legato.wire.source.source import Source
from tests.property.identity_town import Town
from tests.unit.core.linking.test_linking import as_, login, tell, whose
from tests.unit.core.stories import (
    HOURS,
    added,
    at,
    event,
    looked,
    may,
    only,
    ordered,
    switches,
)

OLD, NEW = {"user_id": "17"}, {"user_id": "4711"}
KIOSK = {"device_id": "kiosk-1"}


def merged(minute: float, known: dict[str, str] = NEW, previous: str = "17") -> Event:
    return as_(known, event(minute, "customer.merged", "crm", previous_user_id=previous))


def replaced(minute: float, known: dict[str, str], previous: str) -> Event:
    return as_(known, event(minute, "card.replaced", "crm", previous_loyalty_id=previous))


def logged_out(minute: float, known: dict[str, str]) -> Event:
    return as_(known, event(minute, "account.logged_out", id=f"out-{minute}"))


@pytest.mark.parametrize(
    ("old", "new"), [("17", "4711"), ("4711", "17"), ("a", "b"), ("b", "a")]
)
def test_two_accounts_are_one_once_it_is_said(old: str, new: str) -> None:
    before = as_({"user_id": old}, added(0))
    town = tell(Town(), before, as_({"user_id": new}, looked(1)))
    tell(town, merged(2, {"user_id": new}, old))
    ada = only(town.customers())
    assert whose(town, "user_id", old) is whose(town, "user_id", new) is ada
    tell(town, as_({"user_id": new}, ordered(3, "SHOE")))
    assert only(town.customers()).carts == {}


def test_they_were_refused_before_and_take_on_more_identifiers_after() -> None:
    mail = {"email": "nora@example.org"}
    town = tell(Town(), login(0, {**OLD, **mail}), login(1, {**NEW, **mail}))
    assert [each.reason for each in town.told if isinstance(each, MergeRefused)] == ["unique"]
    tell(town, merged(2), login(3, {**NEW, "loyalty_id": "L-1"}), login(4, {**OLD, **KIOSK}))
    assert len(town.customers()) == 1
    assert whose(town, "loyalty_id", "L-1") is whose(town, "device_id", "kiosk-1")
    assert len([each for each in town.told if isinstance(each, MergeRefused)]) == 1


def test_a_third_account_is_another_still_and_a_chain_is_one() -> None:
    mail = {"email": "nora@example.org"}
    town = tell(Town(), login(0, {**OLD, **mail}), looked_as(1, "9"), merged(2))
    tell(town, login(3, {"user_id": "9", **mail}))
    assert len(town.customers()) == 2
    tell(
        town,
        merged(4, {"user_id": "9"}, "4711"),
        login(5, {"user_id": "9", "phone": "+4930123"}),
    )
    ada = only(town.customers())
    assert whose(town, "user_id", "17") is whose(town, "phone", "+4930123") is ada


def looked_as(minute: float, user: str) -> Event:
    return as_({"user_id": user}, looked(minute))


def test_a_card_that_was_replaced_is_the_same_customers() -> None:
    old, new = {"loyalty_id": "L-1"}, {"loyalty_id": "L-2"}
    town = tell(Town(), login(0, {**NEW, **old}), as_(new, added(1)))
    tell(town, replaced(2, {**NEW, **new}, "L-1"))
    ada = only(town.customers())
    assert whose(town, "loyalty_id", "L-2") is whose(town, "loyalty_id", "L-1") is ada
    assert not [each for each in town.told if isinstance(each, MergeRefused)]


def test_a_card_without_its_account_is_enough() -> None:
    old, new = {"loyalty_id": "L-1"}, {"loyalty_id": "L-2"}
    town = tell(Town(), login(0, {**NEW, **old}), replaced(1, new, "L-1"), as_(new, added(2)))
    assert [*whose(town, "user_id", "4711").carts] == ["-"]


def test_a_source_may_not_join_accounts() -> None:
    told = b'{"id":"m","type":"customer.merged","channel":"crm","time":%d,' % at(2)
    told += b'"identifiers":{"user_id":"4711"},"data":{"previous_user_id":"17"}}'
    for joins in (True, False):
        source = Source(name="crm", topics=("crm",), joins_accounts=joins)
        reading = Reader(source, FileRegistry()).read(told, None, None, at(2))
        assert isinstance(reading, Event)
        town = tell(Town(), looked_as(0, "17"), looked_as(1, "4711"), reading)
        assert len(town.customers()) == (1 if joins else 2)


def test_an_event_that_names_nobody_before_is_none() -> None:
    for kind in ("customer.merged", "card.replaced"):
        answer = Harness().take(event(0, kind, previous_user_id=""))
        assert "previous_user_id" in getattr(answer, "message", "")


def test_after_a_logout_a_device_is_nobodys() -> None:
    town = tell(Town(), login(0, {**NEW, **KIOSK}), may_as(1, NEW), logged_out(10, NEW | KIOSK))
    tell(town, as_(KIOSK, added(180)))
    assert whose(town, "device_id", "kiosk-1") is not whose(town, "user_id", "4711")
    assert whose(town, "user_id", "4711").identifiers == NEW_ONLY
    split = only([each for each in town.told if isinstance(each, IdentifierSplit)])
    assert split.reason == "logged_out"
    tell(town, login(200, {"user_id": "9", **KIOSK}))
    assert [*whose(town, "user_id", "9").carts] == ["-"]


NEW_ONLY = {"user_id": ["4711"]}


def may_as(minute: float, known: dict[str, str]) -> Event:
    return as_(known, may(minute))


def test_a_logout_from_before_the_last_login_ends_nothing() -> None:
    town = tell(
        Town(), login(0, NEW | KIOSK), login(20, OLD | KIOSK), logged_out(10, NEW | KIOSK)
    )
    assert whose(town, "device_id", "kiosk-1") is whose(town, "user_id", "17")


def test_a_login_from_before_the_logout_begins_nothing() -> None:
    town = tell(
        Town(), logged_out(10, NEW | KIOSK), login(0, NEW | KIOSK), as_(KIOSK, added(11))
    )
    assert whose(town, "user_id", "4711").carts == {}


def test_what_waits_to_go_to_the_device_is_taken_back() -> None:
    night = 10 * HOURS
    town = tell(Town(), login(0, NEW | KIOSK), may_as(1, NEW), as_(NEW, added(night)))
    town.wait_until(at(night + 61))
    tell(town, logged_out(night + 70, NEW | KIOSK))
    assert [each.reason for each in town.outputs if isinstance(each, Revoked)] == [
        "address_gone"
    ]


def test_none_of_them_moves_presence() -> None:
    harness = Harness().feed(looked(0), event(1, "account.logged_out", "mobile"))
    harness.feed(event(2, "customer.merged", "crm", previous_user_id="17"))
    assert harness.contexts["ada"].channel == "web"


def test_a_source_may_say_that_its_events_are_not_the_customers_doing() -> None:
    for initiated, seen_in in ((True, "store"), (False, "web"), (("order.completed",), "web")):
        source = Source(name="erp", topics=("erp",), trust="customer_id", initiated=initiated)
        told = b'{"id":"v","type":"store.visited","channel":"store","time":%d}' % at(2)
        reading = Reader(source, FileRegistry()).read(told, b"ada", None, at(2))
        assert isinstance(reading, Event)
        harness = Harness().feed(added(0), reading)
        assert harness.contexts["ada"].channel == seen_in
        assert bool(switches(harness)) == (seen_in == "store")


def test_a_card_that_was_refused_is_learned_by_no_door() -> None:
    card, mail = {"loyalty_id": "L-1"}, {"email": "nora@example.org"}
    town = tell(Town(), login(0, {**OLD, **card, **mail}), login(1, {**NEW, **card, **mail}))
    assert [each.reason for each in town.told if isinstance(each, MergeRefused)]
    tell(town, as_({**NEW, **card}, looked(1.5)), as_({**NEW, **card}, looked(9)))
    tell(town, as_({**NEW, **card}, event(10, "customer.updated", authenticated=False)))
    assert whose(town, "user_id", "17").identifiers["loyalty_id"] == ["L-1"]
    stranger = whose(town, "user_id", "4711").identifiers
    assert stranger == {"user_id": ["4711"], "email": ["nora@example.org"]}


def test_a_card_that_was_accepted_is_learned_with_the_event_that_proved_it() -> None:
    town = tell(Town(), login(0, {**NEW, "loyalty_id": "L-1"}))
    assert whose(town, "user_id", "4711").identifiers["loyalty_id"] == ["L-1"]
