"""Links told as stories: visitors log in, share tablets, merge, are refused and part again."""

from __future__ import annotations

import msgspec
import pytest

from legato.core.context.context import Context
from legato.core.context.retention import HELD_MOST
from legato.core.events.event import Event
from legato.core.identity.commands import DeferredEvent, LinkSettled, Split
from legato.core.identity.customer_ids import Identify
from legato.core.identity.events import (
    CustomersMerged,
    IdentifierLinked,
    IdentifierSplit,
    MergeRefused,
)
from legato.core.identity.rules import IdentityRules
from legato.core.identity.state import HELD, NO_IDENTITY
from legato.core.values.outputs import Action, Revoked, Situation
from legato.core.values.time import MINUTE
from legato.wire.blobs import TODAY
from tests.property.identity_town import PRIORITY, Home, Town
from tests.unit.core.stories import HOURS, added, at, event, looked, may, only, ordered

NAMES = Identify("pepper", PRIORITY)
COOKIE = {"anonymous_id": "c-1"}
LOGIN = {"user_id": "ada", **COOKIE}


def as_(known: dict[str, str], happened: Event) -> Event:
    """Let an event carry only what its channel knows."""
    happened.customer_id, happened.identifiers = "", known
    return happened


def login(minute: float, known: dict[str, str] = LOGIN, channel: str = "web") -> Event:
    return as_(known, event(minute, "account.logged_in", channel, id=f"login-{minute}"))


def tell(town: Town, *events: Event) -> Town:
    """Let all happen in this order, each when the one before has settled."""
    for each in events:
        town.enter(each, 0)
        town.run()
    assert town.is_quiet()
    return town


def whose(town: Town, kind: str, value: str) -> Context:
    return town.slot(town.root_of(town.name_of(kind, value)))


def test_a_visitor_who_logs_in_takes_the_cart_along() -> None:
    town = tell(Town(), as_(COOKIE, added(0)), login(5), as_(COOKIE, looked(6)))
    ada = only(town.customers())
    assert ada.customer_id == town.name_of("user_id", "ada")
    assert [*ada.carts["-"].lines] == ["SHOE"]
    assert [touch.time for touch in ada.timeline] == [at(0), at(5), at(6)]
    linked, merged = town.told
    assert isinstance(linked, IdentifierLinked)
    assert (linked.type, linked.evidence.type) == ("anonymous_id", "account.logged_in")
    assert isinstance(merged, CustomersMerged)
    assert "c-1" not in str(msgspec.json.encode(town.told))


def test_the_login_itself_is_judged_with_what_it_brings() -> None:
    town = tell(Town(), as_(COOKIE, added(0)), login(5, {"user_id": "ada", **COOKIE}, "mobile"))
    switched = only([each for each in town.outputs if isinstance(each, Situation)])
    assert (switched.situation, switched.goals) == ("channel_switched", ("cart:-",))
    assert switched.customer_id == town.name_of("user_id", "ada")


def follow_first(town: Town, name: str) -> Home:
    """Let the customer hear of an event before anybody hears of the links that it proves."""
    home = town.home_of(name)
    town._deliver(("door0", f"home{home}"), take_follow(town))
    return town.homes[home]


def take_follow(town: Town) -> DeferredEvent:
    for queue in town.ways.values():
        for message in queue:
            if isinstance(message, DeferredEvent):
                queue.remove(message)
                return message
    raise AssertionError("nothing is to be followed")


def test_what_happens_meanwhile_waits_for_the_other_half() -> None:
    town, name = Town(), NAMES.name_of("user_id", "ada")
    town.enter(login(5), 0)
    home = follow_first(town, name)
    home.take(looked(6, customer_id=name))
    assert (town.slot(name).next_due, len(town.slot(name).waiting)) == (HELD, 2)
    town.wait_until(at(10 * HOURS))
    assert len(town.slot(name).waiting) == 2
    town.run()
    ada = only(town.customers())
    assert (ada.waiting, [touch.time for touch in ada.timeline]) == ((), [at(5), at(6)])


TABLET = {"device_id": "t-1"}


def test_on_a_shared_tablet_nothing_of_one_reaches_the_other() -> None:
    town = tell(
        Town(),
        as_(TABLET, added(0, "RING")),
        login(1, {"user_id": "ada", **TABLET}),
        as_(TABLET, added(2, "BAND")),
        login(10, {"user_id": "bob", **TABLET}),
        as_(TABLET, added(11, "CAR")),
        as_(TABLET, looked(12)),
    )
    ada, bob = whose(town, "user_id", "ada"), whose(town, "user_id", "bob")
    assert ada.customer_id != bob.customer_id
    assert [*ada.carts["-"].lines] == ["RING", "BAND"]
    assert [*bob.carts["-"].lines] == ["CAR"]
    assert "device_id" not in ada.identifiers
    assert bob.identifiers["device_id"] == ["t-1"]
    assert whose(town, "device_id", "t-1") is bob
    tell(town, login(20, {"user_id": "ada", **TABLET}), as_(TABLET, added(21, "PEN")))
    assert "PEN" in whose(town, "user_id", "ada").carts["-"].lines
    assert "PEN" not in whose(town, "user_id", "bob").carts["-"].lines
    assert whose(town, "user_id", "ada").identifiers["device_id"] == ["t-1"]


def test_what_waits_for_a_tablet_is_taken_back_when_another_logs_in() -> None:
    """At 22:00 it is too late for a reminder, and by the morning the tablet is Bob's."""
    ada = {"user_id": "ada", **TABLET}
    town = tell(Town(), login(8 * HOURS, ada), as_(ada, may(8 * HOURS + 1)))
    tell(town, as_(TABLET, added(9 * HOURS)))
    town.wait_until(at(10 * HOURS + 1))
    reminder = only([each for each in town.outputs if isinstance(each, Action)])
    assert (reminder.address, reminder.not_before) == ("t-1", at(20 * HOURS))
    tell(town, login(11 * HOURS, {"user_id": "bob", **TABLET}))
    revoked = only([each for each in town.outputs if isinstance(each, Revoked)])
    assert (revoked.action_id, revoked.reason) == (reminder.action_id, "address_gone")
    assert (revoked.customer_id, revoked.time) == (reminder.customer_id, at(11 * HOURS))


@pytest.mark.parametrize("devices", [1, 5, 8])
def test_it_is_taken_back_however_many_other_devices_she_has_by_then(devices: int) -> None:
    """A context knows the last few; what waits knows where it goes."""
    ada = {"user_id": "ada", **TABLET}
    town = tell(Town(), login(8 * HOURS, ada), as_(ada, may(8 * HOURS + 1)))
    tell(town, as_(TABLET, added(9 * HOURS)))
    town.wait_until(at(10 * HOURS + 1))
    for n in range(devices):
        tell(town, login(10 * HOURS + 2 + n, {"user_id": "ada", "device_id": f"p-{n}"}))
    tell(town, login(11 * HOURS, {"user_id": "bob", **TABLET}))
    reminder = only([each for each in town.outputs if isinstance(each, Action)])
    revoked = only([each for each in town.outputs if isinstance(each, Revoked)])
    assert (reminder.address, revoked.action_id) == ("t-1", reminder.action_id)


@pytest.mark.parametrize(
    ("filled", "goes_out"),
    [(0, HOURS), (9 * HOURS, 20 * HOURS)],
    ids=["due", "after the night"],
)
@pytest.mark.parametrize(("later", "stays"), [(-1, 0), (0, 0), (1, 1)])
def test_what_goes_out_as_another_logs_in_is_taken_back(
    filled: int, goes_out: int, later: int, stays: int
) -> None:
    """A deadline fires before an event of its instant, but whoever logs in has the tablet from
    that instant on: what is decided for Ada at 13:00 would reach Bob, who logs in at 13:00.
    """
    ada = {"user_id": "ada", **TABLET}
    town = tell(Town(), login(-20, ada), as_(ada, may(-10)), as_(TABLET, added(filled)))
    town.wait_until(at(min(filled + HOURS, goes_out + later / MINUTE)))
    tell(town, login(goes_out + later / MINUTE, {"user_id": "bob", **TABLET}))
    town.wait_until(at(goes_out + 1))
    sent = [each for each in town.outputs if isinstance(each, Action)]
    revoked = {each.action_id for each in town.outputs if isinstance(each, Revoked)}
    shown = [each for each in sent if each.action_id not in revoked and each.address == "t-1"]
    assert len(shown) == stays


def test_what_waits_for_another_device_of_hers_stays() -> None:
    ada = {"user_id": "ada", **TABLET}
    town = tell(Town(), login(8 * HOURS, ada), as_(ada, may(8 * HOURS + 1)))
    tell(town, login(8 * HOURS + 2, {"user_id": "ada", "device_id": "p-2"}))
    tell(town, as_(TABLET, added(9 * HOURS)), as_({"device_id": "p-2"}, looked(9 * HOURS + 1)))
    town.wait_until(at(10 * HOURS + 1))
    assert only([each for each in town.outputs if isinstance(each, Action)]).address == "p-2"
    tell(town, login(11 * HOURS, {"user_id": "bob", **TABLET}))
    assert not [each for each in town.outputs if isinstance(each, Revoked)]


def test_what_arrives_late_goes_to_who_had_the_tablet_then() -> None:
    town = tell(
        Town(),
        login(1, {"user_id": "ada", **TABLET}),
        login(10, {"user_id": "bob", **TABLET}),
    )
    town.doors[1].heard(town.name_of("device_id", "t-1"), None)
    town.enter(as_(TABLET, added(5, "BAND")), 1)
    town.enter(as_(TABLET, added(12, "CAR")), 1)
    town.run()
    assert [*whose(town, "user_id", "ada").carts["-"].lines] == ["BAND"]
    assert [*whose(town, "user_id", "bob").carts["-"].lines] == ["CAR"]


def test_what_a_late_event_says_does_not_make_a_lost_tablet_an_address() -> None:
    town = tell(
        Town(),
        login(1, {"user_id": "ada", **TABLET}),
        login(10, {"user_id": "bob", **TABLET}),
        as_({"user_id": "ada", **TABLET}, looked(5)),
    )
    ada = whose(town, "user_id", "ada")
    assert len(ada.timeline) == 2
    assert "device_id" not in ada.identifiers
    assert (ada.identity or NO_IDENTITY).has_released("device_id", "t-1")


def test_what_is_typed_on_a_known_device_is_no_address_of_its_customer() -> None:
    form = {"email": "bob@example.org", **TABLET}
    town = tell(Town(), login(1, {"user_id": "ada", **TABLET}))
    for door in (0, 1):
        town.doors[1].heard(town.name_of("device_id", "t-1"), None)
        town.enter(as_(form, event(2 + door, "form.submitted")), door)
        town.run()
    ada = only(town.customers())
    assert len(ada.timeline) == 3
    assert "email" not in ada.identifiers


def test_an_older_login_that_is_heard_of_later_takes_nothing() -> None:
    town = tell(
        Town(),
        login(10, {"user_id": "bob", **TABLET}),
        login(1, {"user_id": "ada", **TABLET}),
    )
    assert whose(town, "device_id", "t-1") is whose(town, "user_id", "bob")


def test_a_form_in_which_somebody_typed_an_address_merges_nobody() -> None:
    form = {"email": "ada@example.org", "anonymous_id": "c-9"}
    town = tell(
        Town(),
        as_({"email": "ada@example.org"}, added(0)),
        as_(form, event(1, "form.submitted", "web")),
    )
    assert len(town.customers()) == 2
    stranger = whose(town, "anonymous_id", "c-9")
    assert stranger.identifiers["email"] == ["ada@example.org"]
    assert len(whose(town, "email", "ada@example.org").timeline) == 1


FAMILY = {"phone": "+4930901820"}


def test_two_accounts_never_become_one() -> None:
    town = tell(
        Town(),
        as_({"user_id": "ada", **FAMILY}, added(0, "RING")),
        as_({"user_id": "bob", **FAMILY}, added(1, "CAR")),
        as_({"user_id": "bob", **FAMILY}, added(2, "BUS")),
    )
    ada, bob = whose(town, "user_id", "ada"), whose(town, "user_id", "bob")
    assert ([*ada.carts["-"].lines], [*bob.carts["-"].lines]) == (["RING"], ["CAR", "BUS"])
    assert whose(town, "phone", "+4930901820") is ada
    conflict = only([each for each in town.told if isinstance(each, MergeRefused)])
    assert (conflict.type, conflict.reason) == ("user_id", "unique")


def test_a_sixth_address_stays_by_itself() -> None:
    mails = [f"ada{n}@example.org" for n in range(6)]
    town = tell(
        Town(),
        *(as_({"user_id": "ada", "email": mail}, looked(n)) for n, mail in enumerate(mails)),
    )
    ada = whose(town, "user_id", "ada")
    roots = [whose(town, "email", mail) is ada for mail in mails]
    assert roots == [True] * 5 + [False]
    conflict = only([each for each in town.told if isinstance(each, MergeRefused)])
    assert (conflict.type, conflict.reason) == ("email", "limit")


def test_devices_count_for_a_week() -> None:
    town = Town()
    for n in range(12):
        known = {"user_id": "ada", "device_id": f"d-{n}"}
        tell(town, login(n * 24 * 60 * 2, known))
    refused = [each for each in town.told if isinstance(each, MergeRefused)]
    assert refused == []
    tell(
        town, *(login(30_000 + n, {"user_id": "ada", "device_id": f"x-{n}"}) for n in range(5))
    )
    assert [each.reason for each in town.told if isinstance(each, MergeRefused)]


def test_an_identifier_that_many_share_is_blocked() -> None:
    town = Town(rules=IdentityRules(phone_region="DE", max_customers_per_identifier=3))
    for n in range(5):
        tell(town, as_({"user_id": f"u{n}", **FAMILY}, looked(n)))
    split = only([each for each in town.told if isinstance(each, IdentifierSplit)])
    assert (split.reason, split.type) == ("fan_out", "phone")
    assert split.customer_id == town.name_of("user_id", "u0")
    town.enter(as_({"user_id": "u7", **FAMILY}, looked(7)), 0)
    town.run()
    assert whose(town, "phone", FAMILY["phone"]).customer_id == town.name_of(
        "phone", FAMILY["phone"]
    )
    for n in (0, 4, 7):
        assert len(whose(town, "user_id", f"u{n}").timeline) == 1


def test_what_was_settled_before_a_number_got_blocked_is_still_known_there() -> None:
    town = Town(rules=IdentityRules(phone_region="DE", max_customers_per_identifier=3))
    name = town.name_of("phone", FAMILY["phone"])
    town._send("door0", LinkSettled(name, "early"))
    town.run()
    for n in range(5):
        tell(town, as_({"user_id": f"u{n}", **FAMILY}, looked(n)))
    late = looked(9)
    late.customer_id = name
    town._send("door1", DeferredEvent(name, ("early",), TODAY.write_event(late)))
    town.run()
    assert town.is_quiet()
    assert len(town.slot(name).timeline) == 1


def test_a_kiosk_belongs_to_nobody() -> None:
    town = Town(rules=IdentityRules(max_customers_per_identifier=3))
    for n in range(6):
        tell(town, login(n, {"user_id": f"u{n}", **TABLET}), as_(TABLET, looked(n + 0.5)))
    kiosk = whose(town, "device_id", "t-1")
    assert kiosk.customer_id == town.name_of("device_id", "t-1")
    assert (kiosk.identity or NO_IDENTITY).blocked
    assert len(kiosk.timeline) == 3


def test_a_split_ends_a_link_for_what_comes_after() -> None:
    mail = {"email": "ada@example.org"}
    town = tell(Town(), as_({"user_id": "ada", **mail}, looked(0)), as_(mail, looked(1)))
    name = town.name_of("email", "ada@example.org")
    town._send("door0", Split(name, "email", at(5)))
    town.run()
    tell(town, as_(mail, looked(6)), as_({"user_id": "ada", **mail}, looked(4)))
    assert town.root_of(name) == name
    ada = whose(town, "user_id", "ada")
    assert (len(ada.timeline), "email" in ada.identifiers) == (3, False)
    split = only([each for each in town.told if isinstance(each, IdentifierSplit)])
    assert (split.identifier, split.reason) == (name, "asked")
    tell(town, as_({"user_id": "ada", **mail}, looked(7)))
    assert town.root_of(name) == ada.customer_id


def test_a_purchase_on_the_surviving_customer_comes_before_the_cart() -> None:
    card = {"loyalty_id": "42"}
    town = tell(
        Town(), as_(card, ordered(30, "SHOE", id="o1")), as_(COOKIE, added(0)), login(40)
    )
    tell(town, as_({"user_id": "ada", **card}, event(50, "loyalty.card_scanned", "store")))
    ada = only(town.customers())
    assert (ada.carts, len(ada.orders)) == ({}, 1)
    town.wait_until(at(10 * HOURS))
    assert not [each for each in town.outputs if isinstance(each, Action)]


def test_a_reminder_goes_with_the_customer_and_is_taken_back_there() -> None:
    mail = {"email": "ada@example.org"}
    known = {**mail, "anonymous_id": "c-1"}
    town = tell(Town(), as_(mail, may(1)), as_(known, added(2, authenticated=True)))
    town.wait_until(at(2 * HOURS))
    reminder = only([each for each in town.outputs if isinstance(each, Action)])
    card = {"loyalty_id": "42"}
    tell(town, as_(card, ordered(30, "SHOE", received=130)))
    tell(town, as_({**card, **mail}, event(140, "loyalty.card_scanned", "store")))
    revoked = only([each for each in town.outputs if isinstance(each, Revoked)])
    assert revoked.action_id == reminder.action_id
    assert revoked.customer_id == town.name_of("loyalty_id", "42")
    assert revoked.time == at(140)


def test_a_merge_while_the_timer_fires_fires_it_once() -> None:
    for minute in (59, 60, 61):
        town = tell(Town(), as_(COOKIE, added(0)))
        town.enter(login(58), 0)
        town.step(lambda _: 0)
        town.wait_until(at(minute))
        town.run()
        town.wait_until(at(62))
        stages = [each for each in town.outputs if isinstance(each, Situation)]
        assert [(each.situation, each.stage, each.time) for each in stages] == [
            ("cart_abandoned", 1, at(60))
        ]


def test_whoever_waits_too_long_goes_on_without() -> None:
    town, name = Town(), NAMES.name_of("user_id", "ada")
    town.enter(login(0), 0)
    home = follow_first(town, name)
    for n in range(HELD_MOST + 1):
        home.take(looked(1 + n / 100, customer_id=name))
    ada = town.slot(name)
    assert (len(ada.waiting), ada.touches) == (0, 30)


def test_a_slot_that_keeps_too_much_lets_others_ask_again() -> None:
    town = Town(rules=IdentityRules(limits={}))
    cards = [{"card": f"c{n}"} for n in range(6)]
    for n, card in enumerate(cards):
        tell(town, as_(card, event(n, "customer.updated", traits={"note": "x" * 50_000})))
    for n, card in enumerate(cards):
        known = {**card, "club": "c", "email": "ada@example.org"}
        town.enter(as_(known, looked(10 + n, authenticated=True)), n % 2)
    town.run(lambda count: count - 1)
    assert town.is_quiet()
    assert len(only(town.customers()).seen) == 12 * 12


def test_two_who_are_too_much_for_one_context_stay_two() -> None:
    town = Town()
    for home in town.homes:
        home.links.most_bytes = 2_000
    many = [as_(COOKIE, added(n, f"SHOE-{n}")) for n in range(30)]
    tell(town, *many, login(40), as_(COOKIE, looked(41)))
    conflict = only(town.told)
    assert isinstance(conflict, MergeRefused)
    assert (conflict.type, conflict.reason) == ("anonymous_id", "too_large")
    assert len(whose(town, "anonymous_id", "c-1").carts["-"].lines) == 30
    assert whose(town, "user_id", "ada").carts == {}
