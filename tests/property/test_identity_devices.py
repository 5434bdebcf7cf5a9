"""A device that goes from hand to hand carries nothing over, whatever is done on it."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import json

from legato.core.context.context import Context
from legato.core.values.outputs import Action, Revoked
from legato.core.values.time import NEVER
from legato.harness import Harness
from tests.examples import examples
from tests.property.core_lives import event_of
from tests.replay.brute_force import DAY, HOUR, MINUTE
from tests.replay.wild_stories import NOON

Json = dict[str, Any]

TABLET = {"device_id": "t-1"}
PEOPLE = ("ada", "bob")
DEEDS = ("cart.item_added", "cart.item_added", "consent.updated", "contact.started", "phone")
MORNING = -1
"""A pause until eight o'clock, when all goes out that waited for the night to end."""
pauses = st.sampled_from(
    [MINUTE, 20 * MINUTE, HOUR, HOUR, 5 * HOUR, 11 * HOUR, 30 * HOUR, MORNING]
)


def after(time: int, pause: int) -> int:
    """Name the instant a pause later; some are those at which something is due or goes out."""
    return time + (pause if pause != MORNING else (8 * HOUR - time) % DAY or DAY)


@st.composite
def hands(draw: st.DrawFn) -> list[Json]:
    """What is done on the tablet and elsewhere, each time with the name of who does it.

    A `login` passes the tablet on; nobody does anything on it who has not logged in last.
    Mostly they want to be reminded, so that there is something to be said.
    """
    owner, time = draw(st.sampled_from(PEOPLE)), NOON
    willing = PEOPLE[: draw(st.sampled_from([0, 2, 2, 2]))]
    log = [_login(owner, time, 0), *(_may(who, n) for n, who in enumerate(willing, 1))]
    for n in range(len(log), draw(st.integers(4, 16))):
        time = after(time, draw(pauses))
        if draw(st.integers(0, 3)) == 0:
            owner = draw(st.sampled_from(PEOPLE))
            log.append(_login(owner, time, n))
        else:
            log.append(draw(deeds(owner, time, n)))
    return log


@st.composite
def deeds(draw: st.DrawFn, owner: str, time: int, n: int) -> Json:
    """Something on the tablet, or under an account anywhere else; it tells who did it."""
    here = draw(st.booleans())
    who = owner if here else draw(st.sampled_from(PEOPLE))
    known = draw(st.sampled_from([TABLET, {**TABLET, "user_id": who}]))
    known = known if here else {"user_id": who, "email": f"{who}@example.org"}
    kind = draw(st.sampled_from(DEEDS))
    told: Json = {"id": f"e{n}", "time": time, "identifiers": known, "who": who}
    told |= {"type": kind, "channel": "mobile" if here else "web", "data": {}}
    match kind:
        case "cart.item_added":
            told["data"] = {"sku": f"{who}-{n}", "name": f"{who}'s", "price": 60.0}
        case "consent.updated":
            status = draw(st.sampled_from(["granted", "granted", "denied"]))
            told["data"] = {"purpose": "promotion", "status": status}
        case "contact.started":
            told["data"] = {"reason": f"{who}'s", "text": f"{who} asks"}
        case _:
            told["type"] = "customer.updated"
            told["data"] = {"traits": {who: n}}
    return told


def _login(who: str, time: int, n: int) -> Json:
    login: Json = {"id": f"e{n}", "time": time, "type": "account.logged_in", "who": who}
    return {**login, "channel": "mobile", "identifiers": {**TABLET, "user_id": who}}


def _may(who: str, n: int) -> Json:
    wish: Json = {"id": f"e{n}", "time": NOON + n, "type": "consent.updated", "who": who}
    wish |= {"data": {"purpose": "promotion", "status": "granted"}}
    return {**wish, "channel": "web", "identifiers": {"user_id": who}}


def followed(log: list[Json]) -> tuple[Harness, dict[str, Context]]:
    """Let all happen, and a month after; return who they are."""
    harness = Harness()
    harness.feed(*(event_of(each) for each in log))
    harness.wait_until(log[-1]["time"] + 5 * DAY)
    found = {who: str(harness.customer_of({"user_id": who})) for who in PEOPLE}
    return harness, {
        who: harness.contexts[name] for who, name in found.items() if name in harness.contexts
    }


def had_it(log: list[Json], time: int) -> str:
    """Who had the tablet then."""
    logins = [each for each in log if each["type"] == "account.logged_in"]
    return [str(each["who"]) for each in logins if each["time"] <= time][-1]


@given(hands())
@settings(deadline=None, max_examples=examples(120))
def test_a_tablet_carries_nothing_from_one_to_the_other(log: list[Json]) -> None:
    harness, contexts = followed(log)
    owner = had_it(log, log[-1]["time"])
    assert harness.customer_of(TABLET) == contexts[owner].customer_id
    for who, context in contexts.items():
        other = next(name for name in PEOPLE if name != who)
        assert ("device_id" in context.identifiers) <= (who == owner)
        told = context.carts, context.cases, context.profile, context.identifiers
        assert other not in str((*told, context.timeline))
        assert len(context.seen) == 12 * sum(each["who"] == who for each in log)
        wishes = [each for each in log if each["who"] == who]
        last = [each for each in wishes if each["type"] == "consent.updated"][-1:]
        assert [wish.time for wish in context.consents.values()] == [e["time"] for e in last]


@given(hands())
@settings(deadline=None, max_examples=examples(120))
def test_nothing_that_is_said_to_one_shows_the_other(log: list[Json]) -> None:
    harness, contexts = followed(log)
    names = {context.customer_id: who for who, context in contexts.items()}
    for said in harness.outputs:
        other = next(name for name in PEOPLE if name != names[said.customer_id])
        assert other not in str(json.encode(said))
    gone = {each.action_id: each.time for each in harness.outputs if isinstance(each, Revoked)}
    for action in harness.outputs:
        if isinstance(action, Action) and action.address == "t-1":
            # Whoever logs in has the tablet from that instant on. So what goes out then is
            # theirs, unless it is taken back by then: that was of whoever had it just before.
            last = min(action.not_before, gone.get(action.action_id, NEVER) - 1)
            assert names[action.customer_id] == had_it(log, last)
