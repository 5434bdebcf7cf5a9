"""Whatever is heard when, nothing stands that was decided on who had asked to be forgotten."""

from __future__ import annotations

from typing import TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from legato import read_playbook
from legato.core.context.context import ActionRecord, Context
from legato.core.context.retention import MOST_ERASURES
from legato.core.line.partition import Partition
from legato.core.merge.merge import merge
from legato.core.values.outputs import Action, Decision, Output, Revoked
from legato.core.values.time import LONG_AGO, Instant
from legato.wire.blobs import TODAY
from tests.examples import examples
from tests.property.core_lives import Json, event_of
from tests.replay.brute_force import DAY, HOUR, MINUTE
from tests.replay.wild_stories import NOON

PLAYBOOK = read_playbook(
    b"""
version: 1
situations:
  left: {absence: {of: cart, after: [1h, 5h]}}
  came: {switch: {goal: cart, within: 24h}}
channels: {email: {address: [email]}, store: {pull: true}}
quiet_hours: {from: "21:00", to: "08:00", channels: [email]}
actions:
  mail: {situation: left, channel: email, purpose: service, content: x, expires: 8h}
  brief: {situation: came, channel: store, purpose: service, content: x, expires: 8h}
"""
)
Word: TypeAlias = tuple[Instant, bool]
REQUESTED, WITHDRAWN = "privacy.erasure_requested", "privacy.erasure_withdrawn"
KNOWN = {"email": "x@example.org"}
kinds = st.sampled_from(
    ["cart.item_added", "cart.item_added", "store.visited", "page.viewed", REQUESTED, WITHDRAWN]
)
pauses = st.sampled_from([1, MINUTE, 30 * MINUTE, HOUR - 1, HOUR, 3 * HOUR, 5 * HOUR])


@st.composite
def lives(draw: st.DrawFn) -> list[Json]:
    """What somebody does, or somebody says for them, in order of time."""
    log: list[Json] = []
    time = NOON
    for n, kind in enumerate(draw(st.lists(kinds, min_size=2, max_size=14))):
        time += draw(pauses)
        channel = "store" if kind == "store.visited" else draw(st.sampled_from(["web", "app"]))
        data = {"sku": draw(st.sampled_from(["SHOE", "HAT"]))} if "cart" in kind else {}
        who = draw(st.sampled_from(["ada", "bob"]))
        event: Json = {"id": f"e{n}", "time": time, "type": kind, "channel": channel}
        log.append({**event, "customer_id": who, "identifiers": KNOWN, "data": data})
    return log


@st.composite
def heard(draw: st.DrawFn, who: str = "") -> list[Json]:
    """The same in any order, each `received` as it is heard; of one customer, if named."""
    log, now, told = draw(lives()), NOON, list[Json]()
    for event in draw(st.permutations(log)):
        now = max(now, event["time"]) + draw(st.sampled_from([0, 0, 1, HOUR]))
        told.append({**event, "received": now} | ({"customer_id": who} if who else {}))
    return told


def words_of(log: list[Json]) -> list[Word]:
    """All that was said of being forgotten, in order; a request after what is as old."""
    told = [each for each in log if each["type"] in (REQUESTED, WITHDRAWN)]
    return sorted((each["time"], each["type"] == REQUESTED) for each in told)


def is_struck(words: list[Word], decided: Instant, expires: Instant) -> bool:
    """Did a request stand as it was decided, or come while it was open?"""
    asked = False
    for time, requested in words:
        if time >= expires:
            break
        if time > decided and (asked or requested):
            return True
        asked = requested
    return asked


def stands(taken: ActionRecord, now: Instant) -> bool:
    return taken.status == "sent" and taken.expires > now


def holds(context: Context, now: Instant) -> None:
    words = [(each.time, each.asked) for each in context.erasures]
    for taken in context.actions:
        assert not (stands(taken, now) and is_struck(words, taken.decided, taken.expires))


def justified(outputs: list[Output], words: list[Word]) -> None:
    """Each loser and each revocation has a request that explains it."""
    actions = {each.action_id: each for each in outputs if isinstance(each, Action)}
    for each in outputs:
        if isinstance(each, Revoked) and each.reason == "erased":
            expires = actions[each.action_id].expires_at
            assert any(asked and time < expires for time, asked in words)
        if isinstance(each, Decision) and "erased" in {one.reason for one in each.candidates}:
            assert any(asked for _, asked in words)


@given(heard("ada"), st.booleans())
@settings(deadline=None, max_examples=examples(150))
def test_in_whatever_order_it_is_heard(told: list[Json], continuous: bool) -> None:
    line = Partition(PLAYBOOK, TODAY, continuous=continuous)
    for event in told:
        line.feed(event_of(event), event["received"])
        holds(line.context_of("ada"), event["received"])
    justified(line.outputs, words_of(told))
    line.advance(told[-1]["received"] + 2 * DAY)
    known = [(each.time, each.asked) for each in line.context_of("ada").erasures]
    assert known == words_of(told)[-MOST_ERASURES:]


@given(heard(), st.data())
@settings(deadline=None, max_examples=examples(150))
def test_whenever_two_turn_out_to_be_one(told: list[Json], data: st.DataObject) -> None:
    line = Partition(PLAYBOOK, TODAY, continuous=True)
    met = data.draw(st.integers(0, len(told) - 1))
    for number, event in enumerate(told):
        now = event["received"]
        if number == met:
            line.advance(now)
            ada, bob = map(line.context_of, ("ada", "bob"))
            united, taken_back = merge(PLAYBOOK, ada, bob, now)
            assert united.erasures == merge(PLAYBOOK, bob, ada, now)[0].erasures
            line.outputs += taken_back
            line.cache.pop("bob", None)
            line.replace(united)
            holds(line.context_of("ada"), now)
        who = event["customer_id"] if number < met else "ada"
        line.feed(event_of({**event, "customer_id": who}), now)
        holds(line.context_of(who), now)
    justified(line.outputs, words_of(told))
    line.advance(told[-1]["received"] + 2 * DAY)
    known = [(each.time, each.asked) for each in line.context_of("ada").erasures]
    assert known == words_of(told)[-MOST_ERASURES:]


@given(heard("ada"))
@settings(deadline=None)
def test_without_a_word_of_it_everything_is_done_as_ever(told: list[Json]) -> None:
    silent = [event for event in told if event["type"] not in (REQUESTED, WITHDRAWN)]
    line = Partition(PLAYBOOK, TODAY, continuous=True)
    for event in silent:
        line.feed(event_of(event), LONG_AGO)
    line.advance(NOON + 4 * DAY)
    reasons = {
        one.reason
        for each in line.outputs
        if isinstance(each, Decision)
        for one in each.candidates
    }
    assert "erased" not in reasons
