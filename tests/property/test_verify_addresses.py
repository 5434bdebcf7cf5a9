"""Of two who ask an address at once the log says who came first, and verify goes by the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import count
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from legato import read_playbook
from legato.core.engine import Engine, EngineSetup, LogBatch
from legato.core.events.event import Event
from legato.core.identity.alias_index import AliasIndex
from legato.core.identity.commands import AskAddress, Command
from legato.core.identity.rotation import resolver_of
from legato.core.line.watermark import SourceWatermark
from legato.core.values.ids import murmur2
from legato.core.values.outputs import (
    Action,
    Conversion,
    Decision,
    Output,
    Resolution,
    Retracted,
    Revoked,
)
from legato.core.values.time import Instant
from legato.harness import Harness
from legato.queries.topic_reader import TopicRecord
from legato.settings import IdentitySettings
from legato.verification.audit import ACTIONS, DECISIONS, KINDS, Audit, Saying
from legato.verification.comparison import name_of
from legato.verification.reference import Reference
from legato.wire.blobs import TODAY
from legato.wire.source.reader import write_event
from legato.wire.state import SNAPSHOTS
from legato.wire.topics.clock import write_watermark
from legato.wire.topics.commands import read_entry, write_command
from tests.examples import examples
from tests.unit.core.stories import added, at, event

HOMES, SOURCE = 3, "web/0"
IDENTITY = IdentitySettings()
PLAYBOOK = read_playbook(
    b"""
version: 1
situations: {left: {absence: {of: cart, after: [1h, 4h]}}}
channels: {email: {address: [email]}}
actions: {mail: {situation: left, channel: email, purpose: promotion, content: x, expires: 1d}}
caps: {weekly: {most: 1, per: 7d, channel: email}}
"""
)
ADDRESS = "nora@x.org"
END = at(6 * 60)


class LiveRun:
    """Partitions that follow a log of their own, to which others write when they come to it."""

    def __init__(self, chance: Random) -> None:
        setup = EngineSetup(PLAYBOOK, IDENTITY.identify, IDENTITY.rules, (SOURCE,))
        self._engines = [Engine(setup, TODAY, SNAPSHOTS) for _ in range(HOMES)]
        self._chance, self._offsets = chance, count()
        self._on_the_way: list[Command | Event] = []
        self.logs: list[list[TopicRecord]] = [[] for _ in range(HOMES)]
        self.said: list[Output] = []

    def enter(self, event: Event) -> None:
        """Let an event in whose customer is known."""
        self._write(event.customer_id, event.customer_id.encode(), write_event(event))

    def pass_time(self, now: Instant) -> None:
        """Let time pass everywhere, then deliver what is on its way in any order."""
        for home in range(HOMES):
            self._follow(home, None, write_watermark(SourceWatermark(SOURCE, now)))
        while self._on_the_way:
            sent = self._on_the_way.pop(self._chance.randrange(len(self._on_the_way)))
            if isinstance(sent, Event):
                self.enter(sent)
            else:
                self._write(sent.to, None, write_command(sent))

    def _write(self, name: str, key: bytes | None, value: bytes) -> None:
        self._follow(murmur2(name.encode()) % HOMES, key, value)

    def _follow(self, home: int, key: bytes | None, value: bytes) -> None:
        self.logs[home].append(TopicRecord("t", home, next(self._offsets), 0, key, value))
        result = self._engines[home].process(LogBatch([read_entry(key, value)]))
        self.said += result.outputs
        self._on_the_way += result.sent


def story(guests: int) -> list[Event]:
    """Each fills a cart in the same instant, and types the same address."""
    resolver = resolver_of(IDENTITY.identify, IDENTITY.rules, AliasIndex(), TODAY.write_event)
    told: list[Event] = []
    for number in range(guests):
        here = {"anonymous_id": f"v-{number}"}
        word = [{"purpose": "promotion", "status": "granted"}]
        who = {**here, "email": ADDRESS}
        told.append(added(0, f"S{number}", identifiers=here, customer_id=""))
        told.append(event(1, "consent.updated", identifiers=who, customer_id="", consents=word))
    for one in told:
        whose = resolver.resolve(one, "auto")
        assert isinstance(whose, str)
        one.customer_id = whose
    return told


def lived(guests: int, chance: Random) -> LiveRun:
    run = LiveRun(chance)
    for one in story(guests):
        run.enter(one)
    for minute in (2, 60, 61, 240, 241):
        run.pass_time(at(minute))
    run.pass_time(END)
    return run


def replayed(guests: int) -> Harness:
    return Harness(PLAYBOOK).feed(*story(guests)).wait_until(END)


def expected(run: LiveRun) -> list[Output]:
    """What verify takes to be right: the log of each partition, followed once more."""
    said: list[Output] = []
    for log in run.logs:
        said += Reference(PLAYBOOK, (SOURCE,), IDENTITY).follow(log)
    return said


def allowed(said: Sequence[Output]) -> list[Action]:
    return [each for each in said if isinstance(each, Action)]


def by_address(said: Sequence[Output]) -> Counter[tuple[object, ...]]:
    """Count what was said, whoever of those who asked the same address it was said of."""
    found: Counter[tuple[object, ...]] = Counter()
    for each in said:
        match each:
            case Action():
                found["action", each.address, each.action, each.time] += 1
            case Decision():
                why = tuple((one.action, one.reason, one.by) for one in each.candidates)
                found["decision", each.situation, each.stage, each.time, why] += 1
            case _:
                assert not isinstance(each, Revoked | Retracted | Conversion | Resolution)
                found["situation", each.situation, each.stage, each.time] += 1
    return found


@settings(max_examples=examples(40), deadline=None)
@given(st.integers(2, 4), st.randoms(use_true_random=False))
def test_whoever_came_first_live_is_who_verify_expects(guests: int, chance: Random) -> None:
    run = lived(guests, chance)
    assert sorted(map(name_of, expected(run))) == sorted(map(name_of, run.said))
    assert len(allowed(run.said)) == 1


@settings(max_examples=examples(40), deadline=None)
@given(st.integers(2, 4), st.randoms(use_true_random=False))
def test_a_live_run_and_a_replay_are_the_same_by_address(guests: int, chance: Random) -> None:
    assert by_address(lived(guests, chance).said) == by_address(replayed(guests).outputs)


def test_either_may_come_first_and_verify_finds_no_fault_with_it() -> None:
    firsts = {allowed(lived(2, Random(seed)).said)[0].action_id for seed in range(20)}
    assert len(firsts) == 2
    for seed in range(20):
        run = lived(2, Random(seed))
        assert faults(run.said, expected(run)) == {}


def test_another_winner_than_the_log_leads_to_is_a_fault() -> None:
    """What came in the one order is held against a log that has the other."""
    runs = {
        allowed(run.said)[0].action_id: run
        for run in (lived(2, Random(seed)) for seed in range(20))
    }
    one, other = runs.values()
    assert faults(one.said, expected(other)) == {ACTIONS: (1, 1)}
    lost = [each for each in one.said if not isinstance(each, Decision)]
    assert faults(lost, expected(one)) == {DECISIONS: (4, 0)}


def faults(said: Sequence[Output], wanted: Sequence[Output]) -> dict[str, tuple[int, int]]:
    """Count what is lost and what is made up, by kind, as verify does."""
    audit = Audit(KINDS)
    for each in said:
        audit.found(saying(each))
    for each in wanted:
        audit.expected(saying(each))
    audit.end_partition(lambda _: True)
    for each in said:
        audit.left(saying(each), "here", judged=True)
    audit.close()
    tallies = audit.tallies.values()
    return {each.kind: (each.lost, each.made_up) for each in tallies if each.wrong}


def saying(output: Output) -> Saying:
    kind, name = name_of(output)
    return Saying(f"{kind}s", name, output.customer_id, "t/0")


@pytest.mark.parametrize("guests", [2, 3, 4])
def test_in_a_replay_the_lower_action_id_comes_first(guests: int) -> None:
    harness = replayed(guests)
    asked = [each for each in harness.decisions if each.stage == 1]
    lowest = min(asked_ids(guests))
    assert [each.action_id for each in harness.actions] == [lowest]
    assert Counter(bool(each.action) for each in asked) == {True: 1, False: guests - 1}


def asked_ids(guests: int) -> list[str]:
    """By which ids the address is asked for the first stage."""
    run = lived(guests, Random(0))
    entries = [read_entry(each.key, each.value) for log in run.logs for each in log]
    asks = [each for each in entries if isinstance(each, AskAddress)]
    return [each.action_id for each in asks if each.time == at(60)]
