"""A followed line knows references and versions of its playbook as the line does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from copy import copy

import msgspec
import pytest

from legato.core.engine import Engine, EngineSetup, LogBatch, LogEntry, SourceWatermark
from legato.core.events.event import Event
from legato.core.playbook.compile import PlaybookError, read_playbook
from legato.core.playbook.versions import PlaybookVersion, PlaybookVersions
from legato.core.references.table import ReferenceTable
from legato.core.references.versions import ReferenceVersion, content_of
from legato.core.values.outputs import Decision, Output
from legato.core.values.time import MINUTE, SECOND, Instant
from legato.runtime.kafka.topic_layout import TopicLayout
from legato.runtime.kafka.world_consumer import WorldRecord
from legato.settings import IdentitySettings, Settings
from legato.shadow.followed_line import FollowedLine, LineRules
from legato.shadow.world import VERSIONS_KEPT, KnownWorld
from legato.wire.blobs import TODAY
from legato.wire.source.source import Source
from legato.wire.state import SNAPSHOTS
from legato.wire.topics.names import Topics
from legato.wire.topics.outputs import write_output
from legato.wire.topics.playbooks import write_playbook_record

T0 = 1_772_438_400_000
SOURCE = Source(name="s", topics=("s",), clock="event_time")
LAYOUT = TopicLayout(
    Topics(""), 1, {}, {"s": SOURCE}, {"s": 1, "customer.events": 1}, references=True
)
SETTINGS = Settings(identity=IdentitySettings(ask_addresses=False))
CHEAP = """
version: 1
channels: {web: {pull: true}, store: {pull: true}}
situations:
  looked: {match: {on: product.viewed, once: 1s}}
  cheaper: {match: {on: reference.price, where: event.data.amount < event.before.amount}}
capacity: {store: {reference: queue, key: sales, below: {wait_s: 300}}}
actions:
  show:
    situation: looked
    channel: web
    purpose: service
    content: x
    when: ref.price[event.data.sku].amount < 50
  talk: {situation: cheaper, channel: store, purpose: service, content: x}
"""
DEARER = CHEAP.replace("< 50", "< 80")
SECOND_ONE = PlaybookVersion(1, T0 + 30 * MINUTE, DEARER, published=T0)


class KnowingLine:
    """A line of one partition that reads references and versions, and keeps its log."""

    def __init__(self) -> None:
        self.references = ReferenceTable()
        self.log: list[LogEntry] = []
        self.outputs: list[Output] = []
        self.records: list[WorldRecord] = []
        base = read_playbook(CHEAP.encode())
        self._engine = Engine(
            EngineSetup(
                base,
                SETTINGS.identity.identify,
                SETTINGS.identity.rules,
                tuple(LAYOUT.clocks_of(0)),
                versions=PlaybookVersions(base, [SECOND_ONE]),
                references=self.references,
            ),
            TODAY,
            SNAPSHOTS,
        )

    def look(self, minute: int, customer: str = "c-1") -> None:
        """Let a customer look at the shoe."""
        at = T0 + minute * MINUTE
        self._pass_time(at)
        self._log(
            Event(
                id=f"look-{minute}-{customer}", type="product.viewed", channel="web", time=at,
                received=at, customer_id=customer, data=msgspec.Raw(b'{"sku": "SHOE"}'),
            )
        )  # fmt: skip

    def refer(self, minute: int, kind: str, key: str, **value: int) -> None:
        """Let a reference be known, and who names it be told."""
        version = ReferenceVersion(kind, key, T0 + minute * MINUTE, content_of(value))
        told = msgspec.json.encode({"time": version.time, "value": value})
        self.records.append((f"{kind}/{key}".encode(), told, version.time))
        change = self.references.take(version)
        for sent in self._engine.process(LogBatch((change,))).sent if change else ():
            self._log(sent)
        self._pass_time(version.time)

    def _pass_time(self, at: Instant) -> None:
        self._log(SourceWatermark("s/0", at))
        self._log(SourceWatermark("references", at))

    def _log(self, entry: LogEntry) -> None:
        self.log.append(copy(entry))
        self.outputs += self._engine.process(LogBatch((entry,))).outputs

    @property
    def said(self) -> Counter[bytes]:
        """Count what was said."""
        return Counter(map(write_output, self.outputs))


@pytest.fixture
def line() -> KnowingLine:
    """Twice the price is 60, first before and then after a version to which that is cheap."""
    line = KnowingLine()
    line.refer(0, "price", "SHOE", amount=60)
    line.refer(0, "queue", "sales", wait_s=400)
    line.look(1)
    line.refer(2, "price", "SHOE", amount=40)
    line.look(3)
    line.refer(20, "price", "SHOE", amount=60)
    line.look(21)
    line.look(31)
    line.refer(32, "queue", "sales", wait_s=10)
    line.refer(33, "price", "SHOE", amount=55)
    line.look(60)
    return line


def of_playbook(rules: LineRules) -> FollowedLine:
    return FollowedLine(rules, SETTINGS, LAYOUT, {0: {}})


def what_was_done(outputs: Iterable[Output]) -> list[tuple[Instant, str | None]]:
    return [
        ((each.time - T0) // MINUTE, each.action)
        for each in outputs
        if isinstance(each, Decision)
    ]


def test_what_it_reads_and_which_version_counts_is_as_in_the_line(line: KnowingLine) -> None:
    base = read_playbook(CHEAP.encode())
    world = KnownWorld(versions=PlaybookVersions(base))
    live = of_playbook(LineRules(base, world.references, world.versions))
    world.hear_references(line.records)
    world.hear_playbooks([(*write_playbook_record(SECOND_ONE), T0)])
    live.look_for_versions()
    said = live.follow(0, line.log)
    assert Counter(map(write_output, said)) == line.said
    done = what_was_done(said)
    assert [each for each in done if each[1] == "talk"] == [(33, "talk")]
    assert [at for at, action in done if action == "show"] == [3, 31, 60]


def test_the_new_playbook_reads_references_but_stays_itself(line: KnowingLine) -> None:
    world = KnownWorld(versions=PlaybookVersions(read_playbook(CHEAP.encode())))
    world.hear_references(line.records)
    world.hear_playbooks([(*write_playbook_record(SECOND_ONE), T0)])
    new = read_playbook(CHEAP.replace("< 50", "> 50").encode())
    said = of_playbook(LineRules(new, world.references)).follow(0, line.log)
    assert {each.playbook_version for each in said if isinstance(each, Decision)} == {
        new.version
    }
    assert [at for at, done in what_was_done(said) if done == "show"] == [1, 21, 31, 60]


def test_a_version_that_comes_while_it_follows_counts_from_its_instant(
    line: KnowingLine,
) -> None:
    base = read_playbook(CHEAP.encode())
    world = KnownWorld(versions=PlaybookVersions(base))
    world.hear_references(line.records)
    live = of_playbook(LineRules(base, world.references, world.versions))
    half = len(line.log) // 2
    said = live.follow(0, line.log[:half])
    world.hear_playbooks([(*write_playbook_record(SECOND_ONE), T0)])
    live.look_for_versions()
    said += live.follow(0, line.log[half:])
    assert Counter(map(write_output, said)) == line.said


def test_what_is_no_reference_or_version_is_passed_over() -> None:
    world = KnownWorld(versions=PlaybookVersions(read_playbook(CHEAP.encode())))
    world.hear_references([(b"Price/", b"{}", T0), (b"price/A", b"no", T0)])
    world.hear_playbooks([(b"1", None, T0), (b"2", b"{}", T0)])
    assert len(world.references) == 0
    assert world.versions is not None
    assert len(world.versions) == 0


def test_a_version_that_cannot_count_is_said_at_once() -> None:
    world = KnownWorld(versions=PlaybookVersions(read_playbook(CHEAP.encode())))
    broken = PlaybookVersion(1, T0, CHEAP.replace("match:", "clairvoyance:"), published=T0)
    with pytest.raises(PlaybookError, match="version 1"):
        world.hear_playbooks([(*write_playbook_record(broken), T0)])


def test_who_is_behind_still_knows_what_a_line_has_forgotten() -> None:
    world = KnownWorld()
    world.hear_references(
        (b"queue/sales", msgspec.json.encode({"time": T0 + n * SECOND, "value": {"n": n}}), T0)
        for n in range(VERSIONS_KEPT)
    )
    found = world.references.valid_at("queue", "sales", T0)
    assert found is not None
    assert found.time == T0
