"""Who gets what when two customers are parted, and what becomes of what was on its way."""

from __future__ import annotations

import msgspec

from legato.core.context.runs import stages_fired
from legato.core.events.event import Event
from legato.core.identity.commands import Rebuilt, Split
from legato.core.identity.events import CustomerRebuilt
from legato.core.identity.split import SplitPlan
from legato.core.identity.state import NO_IDENTITY, DeviceLogin
from legato.core.linking.rebuild import Log, SplitResult, rebuild
from legato.core.playbook.definition import Playbook
from legato.core.values.outputs import Action, Revoked
from legato.core.values.time import LONG_AGO
from legato.harness import Harness
from legato.settings import IdentitySettings
from legato.wire.blobs import TODAY
from tests.property.identity_lives import REMINDERS
from tests.unit.core.decisions.test_interest import BRIEFED, NIGHT, seen
from tests.unit.core.linking.test_linking import as_
from tests.unit.core.stories import HOURS, added, at, event, looked, may, only, ordered

SETTINGS = IdentitySettings(pepper="pepper", phone_region="DE")
NAME = SETTINGS.identify.name_of
ADA, EVE = {"user_id": "ada"}, {"email": "eve@example.org"}
PHONE, TABLET = {"phone": "+4930901820"}, {"device_id": "tablet"}
ADA_ID, EVE_ID = NAME("user_id", "ada"), NAME("email", "eve@example.org")
TABLET_ID, PHONE_ID = NAME("device_id", "tablet"), NAME("phone", "+4930901820")
MEMBERS = {ADA_ID: "user_id", PHONE_ID: "phone", TABLET_ID: "device_id"}
pack = msgspec.msgpack.encode


def parting(*claims: DeviceLogin, time: int = at(24 * HOURS)) -> SplitPlan:
    told = {TABLET_ID: claims} if claims else {}
    return SplitPlan(ADA_ID, MEMBERS, EVE_ID, time, told, SETTINGS.identify, SETTINGS.rules)


def by(minute: float, known: dict[str, str], **told: object) -> Event:
    return as_(known, looked(minute, **told))


def test_an_event_is_of_whom_its_best_identifier_leads_to() -> None:
    parted = parting()
    assert parted.owner_of(by(0, EVE)) == EVE_ID
    assert parted.owner_of(by(0, {**EVE, **PHONE})) == EVE_ID
    assert parted.owner_of(by(0, {**EVE, **ADA})) == ADA_ID
    assert parted.owner_of(by(0, PHONE)) == ADA_ID
    assert parted.owner_of(by(0, {"email": "bob@example.org"})) == ""


def test_a_device_is_of_who_had_it_then() -> None:
    bob = "0-bob"
    parted = parting(
        DeviceLogin(at(10), bob), DeviceLogin(at(20), ADA_ID), DeviceLogin(at(30), EVE_ID)
    )
    whose = [parted.owner_of(by(minute, TABLET)) for minute in (5, 15, 25, 35)]
    assert whose == ["", "", ADA_ID, EVE_ID]
    assert parted.devices == {TABLET_ID: "device_id"}
    typed = by(25, {**EVE, **TABLET}, authenticated=False)
    assert parted.owner_of(typed) == ADA_ID


def test_nobody_takes_along_what_is_the_others() -> None:
    parted = parting(DeviceLogin(at(30), EVE_ID))
    shared = by(0, {**EVE, **PHONE, **TABLET})
    assert parted.own(shared, EVE_ID) == {**EVE, **TABLET}
    assert parted.own(shared, ADA_ID) == PHONE
    known = {"email": ["eve@example.org", "ada@example.org"], "device_id": ["tablet"]}
    values = [(kind, value) for kind, each in known.items() for value in each]
    assert [each for each in values if parted.stays(*each)] == [("email", "ada@example.org")]


def mistaken(*told: Event, playbook: Playbook = REMINDERS) -> tuple[Harness, Log]:
    """Let Eve be taken for Ada, and this happen; return the log of that and an hour more."""
    proof = as_({**ADA, **EVE}, event(0, "account.logged_in"))
    events = [as_(ADA, may(-1)), proof, *told]
    for each in events:
        each.received = each.time
    harness = Harness(playbook, SETTINGS).feed(*events)
    clock = events[-1].time + 60 * 60_000 + 1
    harness.wait_until(clock)
    return harness, Log(tuple(events), LONG_AGO, clock)


def halves(
    harness: Harness, log: Log, time: int, playbook: Playbook = REMINDERS
) -> SplitResult:
    """Split Eve off, and rebuild both."""
    harness.tell(Split(EVE_ID, "email", time))
    return rebuild(playbook, TODAY, parting(time=time), harness.contexts[ADA_ID], log)


def test_what_waits_to_go_out_for_the_others_cart_is_revoked_and_not_told_again() -> None:
    wish = as_(EVE, may(1))
    harness, log = mistaken(wish, as_(EVE, added(2)))
    reminder = only([each for each in harness.outputs if isinstance(each, Action)])
    parted = halves(harness, log, log.clock)
    harness.outputs.clear()
    revision = harness.contexts[ADA_ID].revision
    harness.tell(Rebuilt(ADA_ID, EVE_ID, pack(parted.customer), revision, log.clock))
    harness.tell(Rebuilt(EVE_ID, EVE_ID, pack(parted.other), 0, log.clock))
    harness.wait_until(log.clock + 60_000)
    taken_back = only(harness.outputs)
    assert isinstance(taken_back, Revoked)
    assert (taken_back.action_id, taken_back.reason) == (reminder.action_id, "emptied")
    assert not harness.contexts[ADA_ID].carts
    assert "SHOE" in harness.contexts[EVE_ID].carts["-"].lines
    assert stages_fired(harness.contexts[EVE_ID].runs) == {"cart_abandoned|cart:-": 1}


def test_what_waits_to_go_out_for_what_the_other_looked_at_is_revoked() -> None:
    look = as_(EVE, seen(NIGHT - 5))
    harness, log = mistaken(look, as_(ADA, looked(NIGHT, "store")), playbook=BRIEFED)
    brief = only([each for each in harness.outputs if isinstance(each, Action)])
    assert brief.not_before > log.clock
    parted = halves(harness, log, log.clock, BRIEFED)
    harness.outputs.clear()
    revision = harness.contexts[ADA_ID].revision
    harness.tell(Rebuilt(ADA_ID, EVE_ID, pack(parted.customer), revision, log.clock))
    taken_back = only(harness.outputs)
    assert isinstance(taken_back, Revoked)
    assert (taken_back.action_id, taken_back.reason) == (brief.action_id, "emptied")


def test_what_the_other_bought_is_put_down_to_nobodys_action_any_more() -> None:
    filled = as_(ADA, added(2))
    first, _ = mistaken(as_(ADA, looked(1)), filled, as_(ADA, looked(70)))
    name = only([each for each in first.outputs if isinstance(each, Action)]).action_id
    sent = as_(ADA, event(71, "action.delivered", "email", action_id=name))
    bought = as_(EVE, ordered(80, "SHOE", order_id="o"))
    harness, log = mistaken(as_(ADA, looked(1)), filled, as_(ADA, looked(70)), sent, bought)
    assert [each.void for each in harness.conversions] == [False]
    parted = halves(harness, log, log.clock)
    harness.outputs.clear()
    revision = harness.contexts[ADA_ID].revision
    harness.tell(Rebuilt(ADA_ID, EVE_ID, pack(parted.customer), revision, log.clock))
    assert [(each.order_id, each.void) for each in harness.conversions] == [("o", True)]
    assert only(harness.contexts[ADA_ID].actions).status == "delivered"
    harness.tell(Rebuilt(EVE_ID, EVE_ID, pack(parted.other), 0, log.clock))
    harness.feed(as_(EVE, looked(200)))
    assert len(harness.conversions) == 1


def test_how_cases_came_out_is_not_told_again_by_a_rebuild() -> None:
    talk = {"case_id": "c", "reason": "zip"}
    harness, log = mistaken(
        as_(ADA, event(1, "contact.started", "chat", **talk)),
        as_(ADA, event(9, "contact.ended", "chat", **talk, resolved=True)),
        as_(EVE, looked(20)),
    )
    assert [each.grade for each in harness.resolutions] == ["best"]
    parted = halves(harness, log, log.clock)
    revision = harness.contexts[ADA_ID].revision
    harness.tell(Rebuilt(ADA_ID, EVE_ID, pack(parted.customer), revision, log.clock))
    assert len(harness.resolutions) == 1
    harness.wait_until(at(9) + 7 * 24 * 60 * 60_000)
    assert [(each.grade, each.final) for each in harness.resolutions[1:]] == [("best", True)]


def test_a_customer_who_went_on_meanwhile_is_not_rebuilt() -> None:
    harness, log = mistaken(as_(EVE, added(1)))
    revision = harness.contexts[ADA_ID].revision
    parted = halves(harness, log, log.clock)
    before = harness.contexts[ADA_ID]
    harness.tell(Rebuilt(ADA_ID, EVE_ID, pack(parted.customer), revision, log.clock))
    assert harness.identity[-1] == CustomerRebuilt(ADA_ID, EVE_ID, log.clock, done=False)
    assert harness.contexts[ADA_ID] is before


def test_what_the_customer_has_not_followed_yet_is_left_for_later() -> None:
    harness, log = mistaken(as_(EVE, added(1)))
    later = as_(ADA, added(2, "HAT"))
    later.received, later.customer_id = later.time, ADA_ID
    more = Log((*log.events, later), log.start, log.clock)
    parted = halves(harness, more, log.clock)
    assert (parted.stayed, parted.went) == (2, 1)
    harness.tell(
        Rebuilt(
            ADA_ID, EVE_ID, pack(parted.customer), harness.contexts[ADA_ID].revision, log.clock
        )
    )
    assert harness.take(later) is None
    assert "HAT" in harness.contexts[ADA_ID].carts["-"].lines


def test_old_refusals_and_used_caps_go_along() -> None:
    refusal = as_(EVE, may(2, "denied", on="email"))
    harness, log = mistaken(as_(EVE, may(1)), refusal, as_(EVE, looked(3)))
    later = Log(log.events, at(2.5), log.clock)
    parted = halves(harness, later, log.clock)
    [(key, wish)] = parted.other.consents.items()
    assert (key, wish.status) == ("promotion|email", "denied")


def test_who_asked_to_be_forgotten_is_told_by_the_log() -> None:
    asked = as_(EVE, event(5, "privacy.erasure_requested", "desk"))
    harness, log = mistaken(as_(EVE, looked(1)), asked, as_(ADA, looked(9)))
    parted = halves(harness, log, log.clock)
    assert [each.erasures[-1:] for each in (parted.customer, parted.other)] == [
        *((), harness.contexts[ADA_ID].erasures)
    ]


def test_where_the_log_is_too_short_to_tell_both_are_to_be_forgotten() -> None:
    asked = as_(ADA, event(5, "privacy.erasure_requested", "desk"))
    harness, log = mistaken(as_(EVE, looked(1)), asked, as_(EVE, looked(9)))
    parted = halves(harness, Log(log.events, at(7), log.clock), log.clock)
    known = harness.contexts[ADA_ID].erasures
    assert [parted.customer.erasures, parted.other.erasures] == [known, known]


def test_what_went_there_since_the_split_is_taken_back_if_they_had_asked() -> None:
    asked = as_(EVE, event(5, "privacy.erasure_requested", "desk"))
    harness, log = mistaken(as_(EVE, may(1)), asked, as_(EVE, looked(6)))
    parted = halves(harness, log, log.clock)
    cart, wish = as_(EVE, added(70)), as_(EVE, may(71))
    harness.feed(cart, wish).wait_until(at(135))
    assert only(harness.actions).customer_id == EVE_ID, "the half is not there yet"
    harness.tell(Rebuilt(EVE_ID, EVE_ID, pack(parted.other), 0, log.clock))
    assert only(harness.revoked).reason == "erased"


def test_a_command_for_one_who_was_merged_goes_where_they_are() -> None:
    harness, log = mistaken(as_(EVE, added(1)))
    parted = halves(harness, log, log.clock)
    again = as_({**ADA, **EVE}, event(24 * HOURS, "account.logged_in"))
    harness.feed(again)
    assert (harness.contexts[EVE_ID].identity or NO_IDENTITY).forward == ADA_ID
    harness.tell(Rebuilt(EVE_ID, EVE_ID, pack(parted.other), 0, log.clock))
    assert "SHOE" in harness.contexts[ADA_ID].carts["-"].lines
