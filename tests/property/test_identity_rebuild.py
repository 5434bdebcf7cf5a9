"""A link that was wrong, split and rebuilt from the log: as if it had never been."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from legato.core.events.event import Event
from legato.core.identity.commands import Rebuilt, Split
from legato.core.identity.split import SplitPlan
from legato.core.identity.state import NO_IDENTITY
from legato.core.linking.rebuild import Log, rebuild
from legato.core.values.time import LONG_AGO, Instant
from legato.harness import Harness
from legato.settings import IdentitySettings
from legato.wire.blobs import TODAY
from tests.examples import examples
from tests.property.core_lives import deeds, event_of
from tests.property.identity_lives import REMINDERS, Json
from tests.property.test_core_merge import known, pauses
from tests.replay.wild_stories import NOON

ADA, APP = {"user_id": "ada"}, {"device_id": "d"}
EVE, COOKIE = {"email": "eve@example.org"}, {"anonymous_id": "c"}
ENDS = (
    "cart.updated",
    "cart.item_removed",
    "order.completed",
    "consent.updated",
    "case.closed",
    "contact.ended",
)
SETTINGS = IdentitySettings(pepper="pepper")
pack = msgspec.msgpack.encode


@st.composite
def lives(draw: st.DrawFn) -> tuple[list[Json], int]:
    """What two people do, and when one of them is taken for the other."""
    log: list[Json] = [
        {"type": "account.logged_in", "channel": "mobile", "identifiers": {**ADA, **APP}},
        {**login_on_the_web(), "authenticated": True},
    ]
    carried = st.sampled_from([ADA, APP, EVE, COOKIE])
    for deed in draw(st.lists(deeds(), min_size=1, max_size=14)):
        log.append({**deed, "identifiers": draw(carried)})
        del log[-1]["customer_id"]
    wrong = draw(st.integers(2, len(log)))
    log.insert(wrong, {"type": "account.logged_in", "channel": "web", "identifiers": ADA})
    time = NOON
    for n, event in enumerate(log):
        time += draw(pauses)
        log[n] = {"data": {}, **event, "id": f"e{n}", "time": time, "received": time}
    return log, wrong


def login_on_the_web() -> Json:
    return {"type": "page.viewed", "channel": "web", "identifiers": {**EVE, **COOKIE}}


def fed(log: list[Json], until: Instant) -> tuple[Harness, list[Event]]:
    """Let the line take a log; return with it what it wrote to its own log."""
    harness = Harness(REMINDERS, SETTINGS)
    events = [event_of(each) for each in log]
    harness.feed(*events)
    harness.wait_until(until)
    return harness, events


def parted(harness: Harness, log: Log) -> None:
    """Split Eve's address off, and rebuild both from the log."""
    name_of = harness.identify.name_of
    ada, eve = name_of("user_id", "ada"), name_of("email", EVE["email"])
    slots = {
        name: context.identity or NO_IDENTITY for name, context in harness.contexts.items()
    }
    parting = SplitPlan(
        ada,
        {name: each.kind for name, each in slots[ada].members.items() if name != eve},
        eve,
        log.clock,
        {name: slot.device_logins for name, slot in slots.items() if slot.device_logins},
        harness.identify,
        SETTINGS.rules,
    )
    harness.tell(Split(eve, "email", log.clock))
    context = harness.contexts[ada]
    halves = rebuild(REMINDERS, TODAY, parting, context, log)
    harness.tell(Rebuilt(ada, eve, pack(halves.customer), context.revision, log.clock))
    harness.tell(Rebuilt(eve, eve, pack(halves.other), 0, log.clock))


@given(lives())
@settings(max_examples=examples(100), deadline=None)
def test_a_rebuilt_customer_is_as_if_never_taken_for_another(
    life: tuple[list[Json], int],
) -> None:
    log, wrong = life
    until = log[-1]["time"] + 1
    harness, events = fed(taken_for_another(log, wrong), until)
    parted(harness, Log(tuple(events), LONG_AGO, until))
    apart, _ = fed(log, until)
    ada, eve = (
        apart.identify.name_of(*each) for each in (("user_id", "ada"), ("email", EVE["email"]))
    )
    for name in (ada, eve):
        parted_off, alone = known(harness.contexts[name]), known(apart.contexts[name])
        if name == eve:
            # What is split off keeps what was refused meanwhile (docs/addresses.md): more than
            # its own may be refused, and nothing else may be granted.
            own = apart.contexts[eve].consents
            granted = {
                key: wish
                for key, wish in harness.contexts[eve].consents.items()
                if wish.status == "granted"
            }
            parted_off["consents"] = {**own, **granted}
        assert parted_off == alone


@given(lives(), st.data())
@settings(max_examples=examples(100), deadline=None)
def test_what_the_log_no_longer_holds_stays(
    life: tuple[list[Json], int], data: st.DataObject
) -> None:
    log, wrong = life
    first = data.draw(st.integers(2, wrong))
    log[1:first] = [mine(event) for event in log[1:first]]
    log[first:] = [mine(event) if ends_something(event) else event for event in log[first:]]
    until = log[-1]["time"] + 1
    harness, events = fed(taken_for_another(log, wrong), until)
    parted(harness, Log(tuple(events[first:]), log[first]["time"], until))
    apart, _ = fed(log, until)
    ada = apart.identify.name_of("user_id", "ada")
    left, right = (known(each.contexts[ada]) for each in (harness, apart))
    for without_time in ("stage", "identifiers", "brands"):
        del left[without_time], right[without_time]
    assert left == right


def taken_for_another(log: list[Json], wrong: int) -> list[Json]:
    return [
        {**event, "identifiers": {**ADA, **EVE}} if n == wrong else event
        for n, event in enumerate(log)
    ]


def mine(event: Json) -> Json:
    """The same, as something that Ada does."""
    known = event["identifiers"]
    return {**event, "identifiers": known if known in (ADA, APP) else ADA}


def ends_something(event: Json) -> bool:
    """May it make something older be forgotten, so that nobody knows it any more?"""
    return event["type"] in ENDS or "resolved" in event["data"]
