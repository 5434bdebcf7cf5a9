"""What the log tells of the past: it is answered then, of whoever it is; nothing is said."""

from __future__ import annotations

from msgspec.structs import replace

from legato.core.context.context import Context
from legato.core.context.past import MOST_PAST, PastStore, stores_of
from legato.core.events.event import Event
from legato.core.identity.commands import FillPast, Split
from legato.core.identity.state import IdentityState, LinkedIdentifier
from legato.core.linking.owners import Owners
from legato.core.values.time import LONG_AGO
from legato.harness import Harness
from legato.settings import IdentitySettings
from legato.wire.blobs import TODAY
from tests.property.warmed import LoggedHarness, logged, told_by, warm
from tests.unit.core.linking.test_linking import as_
from tests.unit.core.linking.test_rebuild import ADA, EVE
from tests.unit.core.stories import DAYS, at, event, looked, may, only, ordered, playbook

PLAIN = playbook("version: 1\nsituations: {}")
RARE = """
version: 1
situations:
  rare: {match: {on: order.completed, where: 'count("page.viewed", "9d") == 0'}}
"""
LAPSED = """
version: 1
situations:
  lapsed: {change: {of: 'since("order.completed") > span("9d")', to: true}}
"""
VIP = """
version: 1
segments:
  vip: {when: 'sum("order.completed", "90d", e, e.data.total) > 100'}
situations:
  new_vip: {change: {of: 'in_segment("vip")', to: true}}
"""
DEVICE = {"device_id": "tablet"}
SETTINGS = IdentitySettings(pepper="pepper")


def line(*events: Event) -> Harness:
    return LoggedHarness(PLAIN, SETTINGS).feed(*events)


def told(harness: Harness) -> list[tuple[str, int]]:
    return [(each.situation, each.time) for each in harness.situations]


def store(context: Context) -> PastStore:
    return only([*stores_of(context).values()])


CAME = """
version: 1
situations:
  came: {switch: {goal: [interest, order], within: 5d}}
"""


def test_what_a_switch_is_the_first_to_ask_for_is_known_then() -> None:
    tried = event(0, "product.tried_on", "mobile", sku="ROSE", name="Rosewood")
    sent = event(1, "delivery.dispatched", "post", order_id="W-1")
    for is_warm, goals in ((False, []), (True, [("interest:ROSE", "order:W-1")])):
        harness = line(looked(-1, "mobile"), tried, sent).publish(CAME, at(DAYS))
        harness.feed(looked(DAYS + 1, "mobile"))
        if is_warm:
            warm(harness)
        harness.feed(event(DAYS + 2, "store.visited", "store"))
        assert [each.goals for each in harness.situations] == goals


def test_what_was_not_asked_before_is_answered_then() -> None:
    harness = line(looked(0)).publish(RARE, at(DAYS))
    harness.feed(ordered(2 * DAYS, "A"), event(2 * DAYS, "order.completed", customer_id="eve"))
    assert told(harness) == [("rare", at(2 * DAYS))]
    harness = line(looked(0)).publish(RARE, at(DAYS))
    harness.wait_until(at(DAYS))
    warm(harness)
    ada = harness.contexts["ada"]
    assert [each.time for each in store(ada).entries] == [at(0)]
    harness.feed(ordered(8 * DAYS, "A"), ordered(9.1 * DAYS, "B"))
    assert told(harness) == [("rare", at(9.1 * DAYS))]


def test_of_who_did_none_of_it_it_is_known_that_they_did_not() -> None:
    harness = line(ordered(0, "A")).publish(RARE, at(DAYS))
    harness.feed(ordered(2 * DAYS, "B"))
    assert told(harness) == []
    warm(harness).feed(ordered(3 * DAYS, "C"))
    assert told(harness) == [("rare", at(3 * DAYS))]


def test_it_is_known_as_far_back_as_the_log_goes() -> None:
    harness = line(ordered(0, "A"), ordered(DAYS, "B")).publish(RARE, at(2 * DAYS))
    harness.wait_until(at(2 * DAYS))
    warm(harness, at(DAYS))
    assert store(harness.contexts["ada"]).since == at(DAYS)
    harness.feed(ordered(9 * DAYS, "C"), ordered(10 * DAYS, "D"))
    assert told(harness) == [("rare", at(10 * DAYS))]


def test_who_lapsed_before_is_told_of_by_nobody() -> None:
    harness = line(ordered(0, "A"), looked(10 * DAYS)).publish(LAPSED, at(11 * DAYS))
    harness.feed(looked(12 * DAYS)).wait_until(at(13 * DAYS))
    warm(harness).wait_until(at(60 * DAYS))
    assert told(harness) == []
    harness.feed(ordered(61 * DAYS, "B")).wait_until(at(80 * DAYS))
    assert told(harness) == [("lapsed", at(70 * DAYS) + 1)]


def test_who_lapses_while_it_is_filled_is_not_told_of_late() -> None:
    harness = line(ordered(0, "A")).publish(LAPSED, at(DAYS))
    harness.feed(looked(2 * DAYS)).wait_until(at(10 * DAYS))
    warm(harness).wait_until(at(60 * DAYS))
    assert told(harness) == []


def test_who_lapses_after_it_was_filled_is_told_of() -> None:
    harness = line(ordered(0, "A")).publish(LAPSED, at(DAYS))
    harness.feed(looked(2 * DAYS)).wait_until(at(3 * DAYS))
    warm(harness).wait_until(at(60 * DAYS))
    assert told(harness) == [("lapsed", at(9 * DAYS) + 1)]


def test_a_segment_is_entered_by_what_comes_next() -> None:
    harness = line(ordered(0, "A", total=90)).publish(VIP, at(DAYS))
    harness.feed(looked(2 * DAYS))
    warm(harness).feed(ordered(3 * DAYS, "B", total=20))
    assert told(harness) == [("new_vip", at(3 * DAYS))]
    rich = line(ordered(0, "A", total=190)).publish(VIP, at(DAYS))
    rich.feed(looked(2 * DAYS))
    warm(rich).feed(ordered(3 * DAYS, "B", total=20))
    assert told(rich) == []


def test_filled_again_nothing_changes() -> None:
    harness = line(*(looked(n) for n in range(70))).publish(RARE, at(DAYS))
    harness.wait_until(at(DAYS))
    ada = warm(harness).contexts["ada"]
    known = TODAY.write_context(ada)
    assert len(store(ada).entries) == MOST_PAST
    assert TODAY.write_context(warm(harness).contexts["ada"]) == known


def test_a_context_that_learns_nothing_stays_as_it_is() -> None:
    harness = line(ordered(0, "A")).publish(RARE, at(20 * DAYS)).wait_until(at(20 * DAYS))
    ada = harness.contexts["ada"]
    ada.runs.clear()
    before, revision = TODAY.write_context(ada), ada.revision
    harness.tell(replace(filling(harness, "ada"), names=()))
    assert (TODAY.write_context(ada), ada.revision) == (before, revision)


def test_what_lies_under_a_former_name_is_of_whom_it_leads_to() -> None:
    login = event(2, "account.logged_in")
    harness = line(as_(DEVICE, looked(0)), as_(ADA, looked(1)), as_({**ADA, **DEVICE}, login))
    harness.feed(as_(DEVICE, looked(3)))
    harness.feed(as_({**EVE, **DEVICE}, event(9, "account.logged_in")), as_(DEVICE, looked(10)))
    harness.publish(RARE, at(DAYS)).wait_until(at(DAYS))
    warm(harness)
    ada, eve = (harness.contexts[str(harness.customer_of(each))] for each in (ADA, EVE))
    assert [each.time for each in store(ada).entries] == [at(0), at(1), at(3)]
    assert [each.time for each in store(eve).entries] == [at(10)]
    assert store(ada).since == store(eve).since == LONG_AGO


def filling(harness: Harness, name: str) -> FillPast:
    """What would be told to one."""
    log, clock = logged(harness), harness.engine.clock
    compiled = log.versions.at(clock)
    commands = told_by(log.log, compiled, log.owners, until=clock)
    return only([each for each in commands if each.to == name])


def test_of_who_was_merged_since_it_was_read_no_more_is_known_than_before() -> None:
    harness = line(as_(DEVICE, looked(0)), as_(ADA, ordered(1, "A"))).publish(RARE, at(DAYS))
    harness.wait_until(at(DAYS))
    device, ada = (harness.identify.name_of(*only([*each.items()])) for each in (DEVICE, ADA))
    commands = [filling(harness, each) for each in (ada, device)]
    harness.feed(as_({**ADA, **DEVICE}, event(1.1 * DAYS, "account.logged_in")))
    harness.tell(commands[0])
    assert store(harness.contexts[ada]).since > LONG_AGO
    harness.tell(commands[1])
    context = harness.contexts[ada]
    assert [each.time for each in store(context).entries] == [at(0)]
    assert store(context).since > LONG_AGO
    warm(harness)
    assert store(harness.contexts[ada]).since == LONG_AGO


def test_what_the_customer_never_followed_is_left_out() -> None:
    harness = line(looked(0), looked(1)).publish(RARE, at(DAYS))
    harness.wait_until(at(DAYS))
    logged(harness).log.append(("ada", looked(2)))
    warm(harness)
    assert [each.time for each in store(harness.contexts["ada"]).entries] == [at(0), at(1)]


def test_of_who_was_split_off_it_is_known_since_then() -> None:
    login = event(2, "account.logged_in")
    harness = line(as_(DEVICE, looked(0)), as_({**ADA, **DEVICE}, login))
    device = harness.identify.name_of("device_id", "tablet")
    harness.wait_until(at(5)).tell(Split(device, "device_id", at(4)))
    harness.feed(as_(DEVICE, looked(6)))
    harness.publish(RARE, at(DAYS)).wait_until(at(DAYS))
    warm(harness)
    kept, ada = store(harness.contexts[device]), harness.contexts[str(harness.customer_of(ADA))]
    assert ([each.time for each in kept.entries], kept.since) == ([at(6)], at(4) + 1)
    assert [each.time for each in store(ada).entries] == [at(0)]


def test_a_need_that_was_dropped_meanwhile_is_not_known_to_be_whole() -> None:
    harness = line(looked(0)).publish(RARE, at(DAYS))
    harness.wait_until(at(DAYS))
    command = filling(harness, "ada")
    harness.publish("version: 1\nsituations: {}", at(2 * DAYS)).feed(looked(3 * DAYS))
    harness.publish(RARE, at(4 * DAYS)).wait_until(at(4 * DAYS))
    harness.tell(command)
    assert store(harness.contexts["ada"]).since == at(3 * DAYS) + 1


def test_who_is_not_known_and_what_is_not_asked_any_more_are_left_alone() -> None:
    harness = line(looked(0)).publish(RARE, at(DAYS))
    harness.wait_until(at(DAYS))
    command = filling(harness, "ada")
    harness.tell(replace(command, to="eve"))
    assert "eve" not in harness.contexts
    harness.publish("version: 1\nsituations: {}", at(2 * DAYS)).wait_until(at(2 * DAYS))
    before = TODAY.write_context(harness.contexts["ada"])
    harness.tell(command)
    assert TODAY.write_context(harness.contexts["ada"]) == before


def test_consents_that_were_not_understood_are_not_kept() -> None:
    asked = RARE.replace("page.viewed", "consent.updated")
    harness = line(may(0), may(1, "sort of")).publish(asked, at(DAYS))
    harness.wait_until(at(DAYS))
    warm(harness)
    assert [each.time for each in store(harness.contexts["ada"]).entries] == [at(0)]


def test_names_lead_to_owners() -> None:
    slots = {
        "a": IdentityState(members={"b": LinkedIdentifier("email", 0)}),
        "b": IdentityState(forward="a"),
        "c": IdentityState(forward="b"),
        "d": IdentityState(split=5, split_from="c"),
    }
    owners = Owners(slots)
    assert [owners.owner_of(each, 9) for each in "abcde"] == ["a", "a", "a", "d", "e"]
    assert owners.owner_of("d", 5) == "a"
    assert owners.names_of("a") == ("a", "b", "c")
    assert owners.names_of("e") == ("e",)
