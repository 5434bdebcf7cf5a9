"""What the scripts of the view leave in Redis, in whichever order records are read."""

from __future__ import annotations

import random
from collections.abc import Iterator

import msgspec
import pytest
from confluent_kafka import Message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from legato.core.values.outputs import Resolution
from legato.core.values.time import HOUR, MINUTE
from tests.integration.context_topic import a_context, a_forwarder
from tests.integration.shelf import Listener
from tests.integration.view_records import (
    NOW,
    a_decision,
    an_action,
    revoked,
    with_actions,
)
from tests.integration.written_view import WrittenView

ANNA = "0-" + "a" * 24
BERT = "0-" + "b" * 24
CLEO = 'till "7" \\ Ä'
DORA = "0-" + "d" * 24


@pytest.fixture
def view(redis_url: str, topic_prefix: str) -> Iterator[WrittenView]:
    view = WrittenView(redis_url, topic_prefix)
    yield view
    view.client.close()


def test_the_newest_twenty_decisions_are_kept_as_they_were_told(view: WrittenView) -> None:
    told = [a_decision(ANNA, number, NOW + number) for number in range(25)]
    written = view.read(*map(view.log.decision, reversed(told)))

    assert view.decisions(ANNA) == [each.decision_id for each in told[5:]]
    newest = view.client.zrange(view.keys.decisions(ANNA), -1, -1, withscores=True)
    assert newest == [(msgspec.json.encode(told[-1]), NOW + 24)]
    assert written.decisions == 20
    again = view.read(*map(view.log.decision, told))
    assert again.decisions == 0
    assert view.client.zcard(view.keys.decisions(ANNA)) == 20
    assert view.client.ttl(view.keys.decisions(ANNA)) > 0


def test_what_else_lies_beside_decisions_is_passed_over(view: WrittenView) -> None:
    case = Resolution(ANNA, "c1", "best", final=True, time=NOW, contacts=1, channels=("web",))
    view.read(view.log.decision(case), view.log.raw("decisions", b"{"))
    assert view.standing() == {}


def test_an_open_action_stands_whole_and_where_it_waits(view: WrittenView) -> None:
    action = an_action("a1", ANNA)
    call = an_action("a2", ANNA, "call", "sales")
    email = an_action("a3", ANNA, "email", "anna@mail.example")
    view.read(*map(view.log.action, (action, call, email)))

    found = view.action("a1")
    assert found is not None
    assert found.pop("venue") == "BER-1"
    assert msgspec.convert(found, type(action)) == action
    assert view.ids(view.keys.actions(ANNA)) == ["a1", "a2", "a3"]
    assert view.ids(view.keys.place("venue", "BER-1")) == ["a1"]
    assert view.ids(view.keys.place("queue", "sales")) == ["a2"]
    assert len(view.standing()) == 6
    for name in view.standing():
        assert abs(view.client.pexpiretime(name) - action.expires_at) < 2
        assert "mail.example" not in name


def test_an_action_that_is_over_is_not_brought_up(view: WrittenView) -> None:
    view.read(view.log.action(replace(an_action("a1", ANNA), expires_at=NOW)))
    assert view.standing() == {}


def test_what_expired_leaves_a_set_as_somebody_writes(view: WrittenView) -> None:
    view.client.zadd(view.keys.place("venue", "BER-1"), {"gone": NOW - 1})
    view.read(view.log.action(an_action("a1", ANNA)))
    assert view.ids(view.keys.place("venue", "BER-1")) == ["a1"]


def test_a_set_lives_as_long_as_the_last_action_in_it(view: WrittenView) -> None:
    long = replace(an_action("a1", ANNA), expires_at=NOW + 5 * HOUR)
    view.read(view.log.action(long), view.log.action(an_action("a2", ANNA)))
    assert view.client.pexpiretime(view.keys.place("venue", "BER-1")) == NOW + 5 * HOUR


@pytest.mark.parametrize(
    ("channel", "status", "closes"),
    [
        ("store", "delivered", False),
        ("store", "opened", False),
        ("store", "accepted", True),
        ("call", "rejected", True),
        ("chat", "converted", True),
        ("web", "clicked", False),
        ("mobile", "failed", True),
        ("email", "delivered", True),
        ("email", "clicked", True),
        ("sms", "failed", True),
        ("store", "revoked_too_late", True),
    ],
)
@pytest.mark.parametrize("outcome_first", [False, True])
def test_what_becomes_of_an_action_closes_it(
    view: WrittenView, channel: str, status: str, closes: bool, outcome_first: bool
) -> None:
    action = an_action("a1", ANNA, channel)
    records = [view.log.action(action), view.log.outcome(action, status)]
    for record in reversed(records) if outcome_first else records:
        view.read(record)

    if closes:
        assert view.standing() == {view.keys.action("a1"): b'{"closed":"%b"}' % status.encode()}
        assert view.client.pexpiretime(view.keys.action("a1")) == action.expires_at
    else:
        assert view.ids(view.keys.actions(ANNA)) == ["a1"]


def test_what_only_the_context_knows_closes_an_action(view: WrittenView) -> None:
    """A message that bounced is reported by no adapter."""
    action = an_action("a1", ANNA)
    email = an_action("a2", ANNA, "email", "anna@mail.example")
    view.read(*map(view.log.action, (action, email)))
    told = with_actions(a_context(ANNA, 2), action, email, status="delivered")
    assert view.read(view.log.context(told)).closed == 1
    assert view.ids(view.keys.actions(ANNA)) == ["a1"]
    told = with_actions(a_context(ANNA, 3), action, email, status="failed")
    assert view.read(view.log.context(told)).closed == 1
    assert view.action("a1") == {"closed": "failed"}
    assert view.ids(view.keys.actions(ANNA)) == []


def test_a_context_closes_an_action_that_is_read_after_it(view: WrittenView) -> None:
    action = an_action("a1", ANNA)
    view.read(view.log.context(with_actions(a_context(ANNA), action, status="revoked")))
    view.read(view.log.action(action))
    assert view.action("a1") == {"closed": "revoked"}
    assert view.ids(view.keys.actions(ANNA)) == []


def test_what_was_said_of_one_who_was_merged_is_whose_they_became(view: WrittenView) -> None:
    first, second, third = (an_action(name, CLEO) for name in ("a1", "a2", "a3"))
    view.read(view.log.context(a_context(CLEO)), view.log.context(a_context(BERT)))
    view.read(view.log.decision(a_decision(CLEO, 1)), view.log.action(first))
    view.read(view.log.context(a_forwarder(CLEO, 2, to=BERT)))
    view.read(view.log.decision(a_decision(CLEO, 2)), view.log.action(second))
    view.read(view.log.context(a_context(ANNA)))
    view.read(view.log.context(a_forwarder(BERT, 2, to=ANNA)))
    view.read(view.log.action(third), view.log.outcome(first, "accepted"))

    assert view.decisions(ANNA) == [f"d-{CLEO}-1", f"d-{CLEO}-2"]
    assert view.ids(view.keys.actions(ANNA)) == ["a2", "a3"]
    for former in (BERT, CLEO):
        assert view.decisions(former) == view.ids(view.keys.actions(former)) == []
    assert view.client.ttl(view.keys.decisions(ANNA)) > 0
    assert view.client.pexpiretime(view.keys.actions(ANNA)) == NOW + HOUR


def test_merges_that_run_in_a_circle_end(view: WrittenView) -> None:
    view.read(view.log.context(a_forwarder(ANNA, 1, to=BERT)))
    view.read(view.log.context(a_forwarder(BERT, 1, to=ANNA)))
    assert view.read(view.log.action(an_action("a1", ANNA))).opened == 1


def test_an_erasure_takes_along_what_was_said_before(view: WrittenView) -> None:
    before = replace(an_action("a1", ANNA), time=NOW - HOUR)
    after = an_action("a2", ANNA)
    old, new = a_decision(ANNA, 1, NOW - HOUR), a_decision(ANNA, 2)
    said = [*map(view.log.decision, (old, new)), *map(view.log.action, (before, after))]
    view.read(view.log.context(a_context(ANNA)), *said)
    view.read(view.log.erasure(ANNA))
    for _ in range(2):
        assert view.decisions(ANNA) == [new.decision_id]
        assert view.ids(view.keys.actions(ANNA)) == ["a2"]
        assert view.ids(view.keys.place("venue", "BER-1")) == ["a2"]
        assert view.action("a1") is None
        view.read(view.log.context(a_context(ANNA)), *said)  # as a rebuild would


def test_an_event_may_be_ahead_of_the_erasure_that_came_after_it(view: WrittenView) -> None:
    view.read(view.log.erasure(ANNA, time=NOW))
    view.read(view.log.decision(a_decision(ANNA, 1, NOW + 5 * MINUTE)))
    assert view.decisions(ANNA) == []
    view.read(view.log.decision(a_decision(ANNA, 2, NOW + 5 * MINUTE + 1)))
    assert view.decisions(ANNA) == [f"d-{ANNA}-2"]


def test_an_erasure_that_is_read_once_more_brings_nothing_back(view: WrittenView) -> None:
    first, second = (view.log.erasure(ANNA, NOW - ago * MINUTE) for ago in (60, 10))
    view.read(first)
    view.read(second)
    view.read(first)
    view.read(view.log.decision(a_decision(ANNA, 1, NOW - 30 * MINUTE)))
    assert view.decisions(ANNA) == []


def test_an_erasure_reaches_what_others_brought_along(view: WrittenView) -> None:
    early = replace(an_action("a1", CLEO), time=NOW - HOUR)
    said = [view.log.decision(a_decision(CLEO, 1, NOW - HOUR)), view.log.action(early)]
    view.read(view.log.context(a_forwarder(CLEO, 2, to=ANNA)), *said)
    assert view.ids(view.keys.actions(ANNA)) == ["a1"]
    view.read(view.log.erasure(ANNA))
    view.read(*said)
    assert view.decisions(ANNA) == view.decisions(CLEO) == []
    assert (
        view.ids(view.keys.actions(ANNA)) == view.ids(view.keys.place("venue", "BER-1")) == []
    )


def test_notices_tell_what_changed_and_nothing_of_it(view: WrittenView) -> None:
    listener = Listener(view.client, view.keys)
    action, decision = an_action("a1", CLEO, address='"Mitte"'), a_decision(CLEO, 1)
    batch = [
        view.log.context(a_context(CLEO, 7, email="cleo@mail.example")),
        view.log.context(a_context(ANNA, 3)),
        view.log.decision(decision),
        view.log.action(action),
    ]
    view.read(*batch)
    view.read(*batch)
    view.read(view.log.outcome(action, "accepted"))
    view.read(view.log.erasure(ANNA))

    told = [*listener.heard()]
    at = {"channel": "store", "venue": '"Mitte"'}
    assert [len(each) for each in told] == [2, 1, 1, 1, 1]
    closed = told[3][0]
    assert NOW <= closed.pop("time") < NOW + HOUR
    assert [each for notices in told for each in notices] == [
        {"kind": "context", "id": CLEO, "customer": CLEO, "revision": 7},
        {"kind": "context", "id": ANNA, "customer": ANNA, "revision": 3},
        {"kind": "decision", "id": decision.decision_id, "customer": CLEO, "time": NOW},
        {"kind": "action", "id": "a1", "customer": CLEO, "time": NOW, **at},
        {"kind": "closed", "id": "a1", "customer": CLEO, **at},
        {"kind": "context", "id": ANNA, "customer": ANNA, "revision": 3},
    ]


def test_who_goes_on_is_told_that_they_have_more(view: WrittenView) -> None:
    view.read(view.log.context(a_context(ANNA, 3)), view.log.decision(a_decision(CLEO, 1)))
    listener = Listener(view.client, view.keys)
    view.read(view.log.context(a_forwarder(CLEO, 2, to=ANNA)))
    told = [(each["id"], each["revision"]) for batch in listener.heard() for each in batch]
    assert told == [(CLEO, 2), (ANNA, 3)]


def test_a_change_of_the_document_comes_with_a_rebuild_alone(view: WrittenView) -> None:
    action = an_action("a1", ANNA)
    view.read(view.log.action(action))
    view.client.set(view.keys.action("a1"), b'{"kind":"action"}', keepttl=True)
    assert view.read(view.log.action(action)).opened == 0
    found = view.action("a1")
    assert found is not None
    assert found["content_ref"] == "handoff_store"


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chance=st.randoms(use_true_random=False))
def test_the_order_of_topics_does_not_matter(view: WrittenView, chance: random.Random) -> None:
    streams = _a_day(view)
    straight = [record for stream in streams for record in stream]
    view.clear()
    view.read(*straight)
    expected = view.standing()

    view.clear()
    for _ in range(chance.choice((1, 2))):  # a rewind or a rebuild reads all of it again
        for batch in _mixed(streams, chance):
            view.read(*batch)
    assert view.standing() == expected


def _a_day(view: WrittenView) -> list[list[Message]]:
    """What several customers did, as it lies on partitions: each is read in its order."""
    log, late = view.log, NOW - HOUR
    actions = {name: an_action(name, whose) for name, whose in _WHOSE.items()}
    for name in ("e1", "f1"):
        actions[name] = replace(actions[name], time=late)
    actions["c3"] = replace(actions["c3"], channel="email", address="cleo@mail.example")
    bounced = with_actions(a_context(BERT, 2), actions["b2"], status="failed")
    return [
        [
            *(log.context(each) for each in (a_context(CLEO, 1), a_context(CLEO, 2))),
            log.context(a_forwarder(CLEO, 3, to=BERT)),
        ],
        [*(log.context(each) for each in (a_context(BERT, 1), bounced))],
        [
            log.context(a_context(ANNA, 4)),
            log.erasure(ANNA),
            *(log.context(a_context(ANNA, number)) for number in (1, 2)),
        ],
        [log.context(a_context(DORA, 1)), log.context(a_forwarder(DORA, 2, to=ANNA))],
        [log.decision(a_decision(DORA, number, late + number * MINUTE)) for number in (1, 90)],
        [log.decision(a_decision(CLEO, number, NOW + number)) for number in range(9)],
        [log.decision(a_decision(BERT, number, NOW - number)) for number in range(14)],
        [log.decision(a_decision(ANNA, number, late + number * MINUTE)) for number in (1, 90)],
        [log.action(actions[name]) for name in ("c1", "c2", "b1", "b2", "e1", "e2")],
        [log.action(actions[name]) for name in ("f1", "f2")],
        [log.action(actions["c3"])],
        [log.action(revoked(actions["c2"]), BERT)],
        [log.outcome(actions["b1"], "accepted"), log.outcome(actions["e2"], "delivered")],
        [log.outcome(actions["c3"], "delivered")],
    ]


_WHOSE = {
    **dict.fromkeys(("c1", "c2", "c3"), CLEO),
    **dict.fromkeys(("b1", "b2"), BERT),
    **dict.fromkeys(("e1", "e2"), ANNA),
    **dict.fromkeys(("f1", "f2"), DORA),
}


def _mixed(streams: list[list[Message]], chance: random.Random) -> Iterator[list[Message]]:
    """Read streams at random speeds, in batches of random size."""
    left = [[*stream] for stream in streams]
    while left := [stream for stream in left if stream]:
        batch = []
        for _ in range(chance.randint(1, 12)):
            if waiting := [stream for stream in left if stream]:
                batch.append(chance.choice(waiting).pop(0))
        yield batch
