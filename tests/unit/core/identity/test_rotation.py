"""A pepper is replaced, told as stories: carts, tablets and refusals come along."""

from __future__ import annotations

import pytest

from legato.core.context.context import Context
from legato.core.identity.commands import Merge, Split
from legato.core.identity.customer_ids import Identify
from legato.core.identity.events import MergeRefused
from legato.core.identity.state import NO_IDENTITY
from tests.property.identity_town import PRIORITY, Town
from tests.unit.core.linking.test_linking import as_, login, tell, whose
from tests.unit.core.stories import added, looked, only

OLD = Identify("pepper", PRIORITY)
NEW = Identify("paprika", PRIORITY, key_id=1, formers={0: "pepper"})
AFTER = Identify("paprika", PRIORITY, key_id=1)
ADA, BOB, MAIL = {"user_id": "ada"}, {"user_id": "bob"}, {"email": "kim@example.org"}
TABLET = {"device_id": "t-1"}
PEOPLE = ("ada", "bob")


def rotated(town: Town) -> Town:
    assert town.is_quiet()
    town.rotate(NEW)
    return town


def pair(kind: str, value: str) -> tuple[str, str]:
    new, old = NEW.names_of(kind, value)
    return new, old


def test_a_customer_gets_the_newer_name_with_the_first_event() -> None:
    town = rotated(tell(Town(), as_(ADA, added(0)), as_(MAIL, looked(1))))
    tell(town, as_(ADA, looked(2)))
    ada = whose(town, "user_id", "ada")
    new, old = pair("user_id", "ada")
    assert (ada.customer_id, town.root_of(old)) == (new, new)
    assert [*ada.carts["-"].lines] == ["SHOE"]
    assert len(ada.timeline) == 2


def test_who_was_merged_is_found_by_any_identifier_and_renamed_at_last() -> None:
    town = tell(Town(), as_({**ADA, **MAIL}, added(0)))
    tell(rotated(town), as_(MAIL, looked(1)))
    (mail, _), (new, old) = pair("email", MAIL["email"]), pair("user_id", "ada")
    assert town.root_of(mail) == old
    tell(town, as_(ADA, looked(2)))
    assert {town.root_of(name) for name in (mail, new, old)} == {new}
    assert len(only(town.customers()).timeline) == 3
    town.rotate(AFTER)
    tell(town, as_(MAIL, looked(3)), as_(ADA, looked(4)))
    assert len(only(town.customers()).timeline) == 5


def test_an_account_with_two_names_is_no_second_account() -> None:
    card = {"loyalty_id": "42"}
    town = rotated(tell(Town(), as_(card, looked(0))))
    tell(town, login(1, {**ADA, **card}))
    ada = only(town.customers())
    assert ada.customer_id == pair("user_id", "ada")[0]
    assert {*(ada.identity or NO_IDENTITY).members} == {
        *pair("user_id", "ada"),
        *pair("loyalty_id", "42"),
    }


def test_the_old_name_of_another_account_is_refused_before_the_own_has_come() -> None:
    """Bob's newer name is a customer, and has not heard of his former one."""
    town = rotated(tell(Town(), as_({**ADA, **MAIL}, added(0))))
    new, old = pair("user_id", "bob")
    town.enter(as_({**BOB, **MAIL}, looked(1)), 0)
    hidden = [each for queue in town.ways.values() for each in queue if to(each) == old]
    assert hidden
    town.run()
    ada, bob = whose(town, "user_id", "ada"), whose(town, "user_id", "bob")
    assert ada is not bob
    assert bob.customer_id == new
    assert town.root_of(pair("email", MAIL["email"])[0]) == pair("user_id", "ada")[1]
    conflict = only([each for each in town.told if isinstance(each, MergeRefused)])
    assert (conflict.type, conflict.reason) == ("user_id", "unique")


def to(message: object) -> str:
    return str(getattr(message, "to", ""))


def test_a_hub_knows_its_former_name_from_the_first_merge_on() -> None:
    """Two merges reach bob's newer name in the order that tells least: ada's must not."""
    town = Town()
    new_bob, old_bob = pair("user_id", "bob")
    old_ada = pair("user_id", "ada")[1]
    tell(town, as_(ADA, looked(0)))
    rotated(town)
    home = town.homes[town.home_of(new_bob)]
    town.enter(as_({**BOB, **MAIL}, looked(1, authenticated=True)), 0)
    asked = ask_of(town, new_bob)
    home.take(asked)
    members = (town.slot(new_bob).identity or NO_IDENTITY).members
    assert members[new_bob].formers == (old_bob,)
    wrong = merge_of(asked, old_ada, new_bob)
    home.take(wrong)
    told = [each for each in home.links.told if isinstance(each, MergeRefused)]
    assert only(told).type == "user_id"
    assert old_ada not in (town.slot(new_bob).identity or NO_IDENTITY).members


def ask_of(town: Town, name: str) -> Merge:
    """Deliver until somebody asks to be merged there, and take the question out."""
    while True:
        for queue in town.ways.values():
            for message in queue:
                if isinstance(message, Merge) and message.to == name:
                    queue.remove(message)
                    return message
        assert town.step(lambda _: 0)


def merge_of(like: Merge, origin: str, target: str) -> Merge:
    member = like.members[like.origin]
    return Merge(
        target, origin, target, "user_id", {origin: member}, b"", 1, "", "", like.proof
    )


@pytest.mark.parametrize("seen_between", [False, True])
def test_a_tablet_goes_from_hand_to_hand_while_names_change(*, seen_between: bool) -> None:
    town = tell(Town(), login(0, {**ADA, **TABLET}), as_(TABLET, added(1, "RING")))
    rotated(town)
    if seen_between:
        tell(town, as_(TABLET, added(2, "BAND")))
    tell(town, login(10, {**BOB, **TABLET}), as_(TABLET, added(11, "CAR")))
    ada, bob = whose_old_or_new(town, "ada"), whose(town, "user_id", "bob")
    assert {*ada.carts["-"].lines} == {"RING", *(["BAND"] if seen_between else [])}
    assert [*bob.carts["-"].lines] == ["CAR"]
    assert ("device_id" in ada.identifiers, bob.identifiers["device_id"]) == (False, ["t-1"])
    lost = only((ada.identity or NO_IDENTITY).released)
    assert (lost.kind, lost.value) == ("device_id", "t-1")
    assert not {*pair("device_id", "t-1")} & {*(ada.identity or NO_IDENTITY).members}
    tell(town, login(20, {**ADA, **TABLET}), as_(TABLET, added(21, "PEN")))
    ada = whose(town, "user_id", "ada")
    assert "PEN" in ada.carts["-"].lines
    assert ada.identifiers["device_id"] == ["t-1"]
    assert (ada.identity or NO_IDENTITY).released == ()


def whose_old_or_new(town: Town, who: str) -> Context:
    return town.slot(town.root_of(pair("user_id", who)[1]))


def test_a_login_from_before_is_older_than_one_under_the_newer_name() -> None:
    town = rotated(tell(Town(), login(0, {**ADA, **TABLET})))
    tell(town, login(10, {**BOB, **TABLET}), as_(TABLET, looked(5)), as_(TABLET, looked(11)))
    ada, bob = whose_old_or_new(town, "ada"), whose(town, "user_id", "bob")
    assert (len(ada.timeline), len(bob.timeline)) == (2, 2)
    device, former = pair("device_id", "t-1")
    claims = (town.slot(device).identity or NO_IDENTITY).device_logins
    assert [claim.by for claim in claims] == [
        pair("user_id", "ada")[1],
        pair("user_id", "bob")[1],
    ]
    assert (town.slot(former).identity or NO_IDENTITY).renamed


def test_a_visitors_cart_comes_along_to_the_newer_name_and_on_to_who_logs_in() -> None:
    cookie = {"anonymous_id": "c-1"}
    town = rotated(tell(Town(), as_(cookie, added(0))))
    tell(town, as_(cookie, added(1, "HAT")))
    assert only(town.customers()).customer_id == pair("anonymous_id", "c-1")[0]
    tell(town, login(2, {**ADA, **cookie}))
    assert {*only(town.customers()).carts["-"].lines} == {"SHOE", "HAT"}


def test_a_blocked_number_stays_blocked_by_its_newer_name() -> None:
    kiosk = {"phone": "+4930901820"}
    town = Town()
    tell(town, *(as_({"user_id": f"u{n}", **kiosk}, looked(n)) for n in range(12)))
    new, old = pair("phone", kiosk["phone"])
    assert (town.slot(old).identity or NO_IDENTITY).blocked
    tell(rotated(town), as_(kiosk, looked(20)))
    assert (town.slot(new).identity or NO_IDENTITY).blocked
    town.rotate(AFTER)
    tell(town, as_({**ADA, **kiosk}, looked(30)))
    assert town.root_of(new) == new


def test_what_is_split_off_stays_so_by_both_names() -> None:
    town = rotated(tell(Town(), as_({**ADA, **MAIL}, looked(0))))
    tell(town, as_({**ADA, **MAIL}, looked(1)))
    names = pair("email", MAIL["email"])
    assert {town.root_of(name) for name in names} == {pair("user_id", "ada")[0]}
    for name in names:
        town._send("operator", Split(name, "email", looked(5).time))
    town.run()
    tell(town, as_(MAIL, looked(6)))
    assert {town.root_of(name) for name in names} == {names[0]}
    assert len(town.slot(names[0]).timeline) == 1
    assert MAIL["email"] not in str(whose(town, "user_id", "ada").identifiers)


def test_an_account_first_seen_after_the_rotation_does_not_join_an_old_one() -> None:
    """Its former name is not known any more, so nothing shows that they are the same."""
    town = rotated(tell(Town(), as_({**ADA, **MAIL}, looked(0))))
    tell(town, as_(MAIL, looked(1)))
    town.rotate(AFTER)
    tell(town, as_({**BOB, **MAIL}, looked(2)))
    assert len(town.customers()) == 2
    assert (
        only([each for each in town.told if isinstance(each, MergeRefused)]).type == "user_id"
    )


def test_former_peppers_that_come_too_late_still_tell_whose_the_tablet_was() -> None:
    """Somebody forgot them at first, so bob logged in under a name that knew of nobody."""
    town = tell(Town(), login(0, {**ADA, **TABLET}))
    town.rotate(AFTER)
    tell(town, login(10, {**BOB, **TABLET}))
    town.rotate(NEW)
    tell(town, as_(TABLET, looked(20)))
    ada, bob = whose_old_or_new(town, "ada"), whose(town, "user_id", "bob")
    assert "device_id" not in ada.identifiers
    assert (len(bob.timeline), bob.identifiers["device_id"]) == (2, ["t-1"])
    assert town.root_of(pair("device_id", "t-1")[1]) == bob.customer_id


def test_of_what_two_names_of_a_tablet_know_the_last_login_counts() -> None:
    town = Town()
    town.rotate(AFTER)
    tell(town, login(5, {**BOB, **TABLET}))
    town.rotate(OLD)
    tell(town, login(10, {**ADA, **TABLET}))
    town.rotate(NEW)
    tell(town, as_(TABLET, looked(20)), as_(TABLET, added(21)))
    ada, bob = whose_old_or_new(town, "ada"), whose(town, "user_id", "bob")
    assert [*ada.carts["-"].lines] == ["SHOE"]
    assert "device_id" not in bob.identifiers
    assert {town.root_of(name) for name in pair("device_id", "t-1")} == {ada.customer_id}
