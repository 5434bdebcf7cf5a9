"""A line that follows the log of another says the same under the same playbook.

However the partitions of the log are read side by side: what one slot tells another is heard
once it was said here as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.resources import files
from random import Random

import msgspec
import pytest

from legato.core.engine import (
    BatchResult,
    Engine,
    EngineSetup,
    LogBatch,
    LogEntry,
    SourceWatermark,
)
from legato.core.events.event import Event
from legato.core.identity.alias_index import AliasIndex
from legato.core.identity.commands import AskAddress, Merge
from legato.core.identity.rotation import resolver_of
from legato.core.playbook.compile import read_playbook
from legato.core.playbook.definition import Playbook
from legato.core.values.ids import murmur2
from legato.core.values.outputs import Output
from legato.core.values.time import DAY, Instant
from legato.harness import default_playbook
from legato.replay import read_log
from legato.runtime.kafka.topic_layout import TopicLayout
from legato.settings import IdentitySettings, Settings
from legato.shadow.followed_line import FollowedLine, LineRules
from legato.shadow.log_feed import LoggedEntry
from legato.shadow.order import OrderedFollowing
from legato.simulation.day import simulate
from legato.wire.blobs import TODAY
from legato.wire.source.source import Source
from legato.wire.state import SNAPSHOTS
from legato.wire.topics.names import Topics
from legato.wire.topics.outputs import write_output
from tests.unit.core.linking.test_addresses import OWNER, PLAYBOOK, guest, of
from tests.unit.core.stories import event

T0 = 1_772_438_400_000
PARTITIONS = 3
SOURCE = Source(name="s", topics=("s",), clock="event_time")
LAYOUT = TopicLayout(
    Topics(""), PARTITIONS, {}, {"s": SOURCE}, {"s": 1, "customer.events": PARTITIONS}
)
DEFAULT = default_playbook()
SOONER = read_playbook(
    b"""
version: 1
situations: {left: {absence: {of: cart, after: [10m]}}}
channels: {email: {address: [email]}}
actions: {write: {situation: left, channel: email, purpose: service, content: x}}
"""
)


class LoggedTown:
    """A line of several partitions that keeps the log of each."""

    def __init__(self, settings: Settings, playbook: Playbook = DEFAULT) -> None:
        identity = settings.identity
        sources = tuple(LAYOUT.clocks_of(0))
        setup = EngineSetup(
            playbook, identity.identify, identity.rules, sources, partitions=PARTITIONS
        )
        self.engines = [Engine(setup, TODAY, SNAPSHOTS) for _ in range(PARTITIONS)]
        self.logs: list[list[LogEntry]] = [[] for _ in self.engines]
        self.outputs: list[Output] = []
        self._door = resolver_of(
            identity.identify, identity.rules, AliasIndex(), TODAY.write_event
        )

    def live(self, events: Iterable[Event]) -> None:
        """Let events happen, and two days in which nothing does."""
        for each in events:
            self._pass_time(each.received or each.time)
            found = self._door.resolve(each, "auto")
            if isinstance(found, str):
                each.customer_id = found
                self._log([each])
            elif isinstance(found, tuple | list):
                self._log(found)
        self._pass_time(max(engine.clock for engine in self.engines) + 2 * DAY)

    def _pass_time(self, now: Instant) -> None:
        for number in range(PARTITIONS):
            self._take(number, SourceWatermark("s/0", now))

    def _log(self, sent: Iterable[LogEntry]) -> None:
        for each in sent:
            to = each.customer_id if isinstance(each, Event) else each.to  # type: ignore[union-attr] # commands
            self._take(murmur2(to.encode()) % PARTITIONS, each)

    def _take(self, number: int, entry: LogEntry) -> None:
        self.logs[number].append(entry)
        result: BatchResult = self.engines[number].process(LogBatch((entry,)))
        self.outputs += result.outputs
        for name, alias in result.aliases.items():
            self._door.heard(name, alias)
        self._log(result.sent)

    @property
    def said(self) -> Counter[bytes]:
        """Count what was said."""
        return Counter(map(write_output, self.outputs))


class Followers:
    """Lines that follow the log of a town, whose partitions are read by chance."""

    def __init__(self, town: LoggedTown, lines: list[FollowedLine]) -> None:
        self._logs = town.logs
        self.said: dict[int, Counter[bytes]] = {}
        self._order = OrderedFollowing(lines, self._ends, self._say)

    def follow(self, chance: Random, most: int) -> None:
        reached = dict.fromkeys(range(PARTITIONS), 0)
        while unread := [n for n in reached if reached[n] < len(self._logs[n])]:
            number = chance.choice(unread)
            taken = list(self._next(number, reached[number], chance.randrange(1, most)))
            reached[number] += len(taken)
            self._order.take(taken, reached)
        assert self._order.held == 0

    def _next(self, number: int, first: int, count: int) -> Iterator[LoggedEntry]:
        log = self._logs[number][first : first + count]
        yield from (LoggedEntry(number, n, n, entry) for n, entry in enumerate(log, first))

    def _ends(self) -> dict[int, int]:
        return {number: len(log) for number, log in enumerate(self._logs)}

    def _say(self, line: FollowedLine, outputs: Iterable[Output]) -> None:
        self.said.setdefault(id(line), Counter()).update(map(write_output, outputs))


def a_line(settings: Settings, playbook: Playbook = DEFAULT) -> FollowedLine:
    empty: dict[int, dict[str, bytes]] = {number: {} for number in range(PARTITIONS)}
    return FollowedLine(LineRules(playbook), settings, LAYOUT, empty)


def a_day(seed: int, events: int) -> list[Event]:
    lines = map(msgspec.json.encode, simulate(seed, events // 15, events, T0))
    return [each.event for each in read_log(lines) if each.event is not None]


BRAKED = read_playbook(
    files("legato").joinpath("playbooks/default.yaml").read_bytes() + b"\nrate: {email: 1/h}\n"
)
QUIET = Settings(identity=IdentitySettings(ask_addresses=False))


@pytest.mark.parametrize(("seed", "playbook"), [(2, DEFAULT), (3, DEFAULT), (4, BRAKED)])
def test_it_says_what_the_line_says_in_whatever_order_partitions_are_read(
    seed: int, playbook: Playbook
) -> None:
    town = LoggedTown(QUIET, playbook)
    town.live(a_day(seed, 600))
    assert any(isinstance(entry, Merge) for log in town.logs for entry in log)
    line, other = a_line(QUIET, playbook), a_line(QUIET, SOONER)
    followers = Followers(town, [other, line])
    followers.follow(Random(seed), 80)
    assert followers.said[id(line)] == town.said
    assert followers.said[id(other)]


@pytest.mark.parametrize("bought", [False, True])
def test_what_it_asks_of_an_address_it_answers_itself(bought: bool) -> None:
    town = LoggedTown(Settings(), PLAYBOOK)
    events = guest("v-1", 0)
    if bought:
        events.append(of(OWNER, event(30, "order.completed", items=[{"sku": "SHOE"}])))
    town.live(events)
    assert any(isinstance(entry, AskAddress) for log in town.logs for entry in log)
    line, sooner = a_line(Settings(), PLAYBOOK), a_line(Settings(), SOONER)
    followers = Followers(town, [line, sooner])
    followers.follow(Random(1), 2)
    assert followers.said[id(line)] == town.said
    assert line.tally().actions == ({} if bought else {"mail@email": 1})
    assert sooner.tally().actions == {"write@email": 1}
