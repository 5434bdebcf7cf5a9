"""`legato shadow` beside a line on a real Kafka: what it says, and that it says no more."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from msgspec import Raw
from msgspec.structs import replace

from legato.core.events.event import Event
from legato.core.playbook.compile import read_playbook
from legato.core.playbook.versions import LEAD, PlaybookVersion
from legato.core.values.outputs import Action, Decision, Output, Revoked, Situation
from legato.core.values.time import MINUTE, SECOND, Instant
from legato.demo.run.show import MORNING
from legato.local import wait_until
from legato.operations.tally import OutputCount
from legato.simulation.day import simulate
from legato.simulation.world import Json
from legato.verification.audit import KINDS
from legato.verification.comparison import Name, name_of
from legato.verification.logbook import read_logbook
from legato.wire.source.source import Source
from legato.wire.topics.playbooks import write_playbook_record
from legato.wire.topics.shadow import ShadowSaying, read_saying, told_by_shadow
from tests.integration.conftest import Kafka
from tests.integration.legato_command import Legato, Running
from tests.integration.line_case import Case
from tests.integration.line_settings import line_settings, settings_text

DAY = list(simulate(5, 60, 1_200, MORNING))
SOONER = """
version: 1
situations: {left: {absence: {of: cart, after: [10m]}}}
channels: {email: {address: [email]}, web: {pull: true}}
actions: {write: {situation: left, channel: email, purpose: service, content: x}}
"""
CHEAP = """
version: 1
channels: {web: {pull: true}, store: {pull: true}}
situations:
  looked: {match: {on: product.viewed, once: 1s}}
  cheaper: {match: {on: reference.price, where: event.data.amount < event.before.amount}}
actions:
  show:
    situation: looked
    channel: web
    purpose: service
    content: x
    when: ref.price[event.data.sku].amount < 50
  talk: {situation: cheaper, channel: store, purpose: service, content: x}
"""
NOT_SO_CHEAP = CHEAP.replace("show:", "tell:").replace("< 50", "< 80")
DEAR = CHEAP.replace("show:", "praise:").replace("< 50", "> 50")
LOOKING = [f"c-{number}" for number in range(10)]
UNTIL_END = "--playbook", "new.yaml", "--until-end"
DEFAULT = Path("src/legato/playbooks/default.yaml").read_text()


@pytest.fixture
def case(real_kafka: Kafka, topic_prefix: str, tmp_path: Path) -> Case:
    source = Source(name="web", topics=(f"{topic_prefix}web",), clock="event_time")
    case = Case(line_settings(real_kafka.bootstrap, topic_prefix, [source]), tmp_path)
    (tmp_path / "legato.toml").write_text(settings_text(case.settings))
    return case


@pytest.mark.long
def test_it_says_what_it_would_do_from_the_middle_on_and_nothing_else(case: Case) -> None:
    topic = case.create("web", 2)
    (case.folder / "new.yaml").write_text(SOONER)
    with case.worker() as worker:
        _send(case, topic, DAY[:600])
        case.wait_until_done()
        before = _line_said(case)
        with _shadow(case, "new.yaml") as running:
            running.says("following")
            _send(case, topic, DAY[600:])
            case.wait_until_done()
            assert worker.stop() == 0
            summary = _wait_until_it_stands(running)
            assert running.ends(signal.SIGTERM) == 0
    _is_marked_and_of_the_new_playbook(said := _shadow_said(case))
    assert _counted(summary, "after") == _counted_of(each.said for each in said)
    assert _counted(summary, "before") == _counted_of(_new_of(before, _line_said(case)))
    told = _legato(case)("tail", "shadow", "--to-end", "--json")
    assert len(told.objects) == len(said)
    # Nothing went anywhere else: all that lies on the topics is what the line must say.
    verified = _legato(case)("--settings", "legato.toml", "verify", "--json")
    assert verified.code == 0, verified.out + verified.err
    [found] = verified.objects
    assert [each["kind"] for each in found["tallies"] if each["judged"]] == [*KINDS]


def _is_marked_and_of_the_new_playbook(said: list[ShadowSaying]) -> None:
    version = read_playbook(SOONER.encode()).version
    assert {(each.playbook, each.playbook_version) for each in said} == {("new.yaml", version)}
    assert len({each.since for each in said}) == 1
    assert {each.said.situation for each in said} == {"left"}
    for kind in (Situation, Decision, Action):
        assert sum(isinstance(each.said, kind) for each in said) > 5, kind


@pytest.mark.long
def test_a_shadow_of_the_lines_own_playbook_says_what_the_line_says(case: Case) -> None:
    topic = case.create("web", 2)
    (case.folder / "same.yaml").write_text(DEFAULT)
    with case.worker() as worker:
        _send(case, topic, DAY[:600])
        case.wait_until_done()
        before = _line_said(case)
        with _shadow(case, "same.yaml", "--alone") as running:
            running.says("following")
            _send(case, topic, DAY[600:])
            case.wait_until_done()
            assert worker.stop() == 0
            _wait_until_it_stands(running)
            assert running.ends(signal.SIGTERM) == 0
    told = {name_of(each) for each in _new_of(before, _line_said(case))}
    assert len(told) > 50
    assert {name_of(each.said) for each in _shadow_said(case)} == told


@pytest.mark.long
def test_it_reads_references_and_the_line_goes_by_versions(
    real_kafka: Kafka, topic_prefix: str, tmp_path: Path
) -> None:
    case = _knowing_case(real_kafka, topic_prefix, tmp_path)
    with case.worker() as worker:
        wait_until(lambda: case.topics.playbooks in _topics(case), "the topics to be made")
        _refer(case, 60, _now() - MINUTE)
        _look_and_wait(case, "before", 10)
        before = _line_said(case)
        with _shadow(case, "new.yaml") as running:
            running.says("following")
            _live_through_a_price_and_a_version(case)
            assert worker.stop() == 0
            summary = _wait_until_it_stands(running)
            assert running.ends(signal.SIGTERM) == 0
    line = _new_of(before, _line_said(case))
    assert _actions(line) == {"show": 10, "talk": 10, "tell": 10}
    assert _counted(summary, "before") == _counted_of(line)
    said = [each.said for each in _shadow_said(case)]
    assert _actions(said) == {"talk": 10, "praise": 10}
    assert _counted(summary, "after") == _counted_of(said)


def _live_through_a_price_and_a_version(case: Case) -> None:
    _refer(case, 40, _now())
    wait_until(lambda: _decided(case, "cheaper") == 10, "all to be told")
    _look_and_wait(case, "cheap", 20)
    _publish(case, NOT_SO_CHEAP)
    _refer(case, 60, _now())
    wait_until(lambda: _withdrawn(case) == 10, "the version to count", deadline_s=90)
    _look_and_wait(case, "dear", 30)


def _knowing_case(kafka: Kafka, prefix: str, folder: Path) -> Case:
    """A line that reads references and versions; its sources' clock is the time of day."""
    web = Source(name="web", topics=(f"{prefix}web",))
    settings = line_settings(kafka.bootstrap, prefix, [web])
    (folder / "playbook.yaml").write_text(CHEAP)
    (folder / "new.yaml").write_text(DEAR)
    playbook = str(folder / "playbook.yaml")
    case = Case(replace(settings, references=True, playbooks=True, playbook=playbook), folder)
    (folder / "legato.toml").write_text(settings_text(case.settings))
    case.create("web", 2)
    return case


def _now() -> Instant:
    return time.time_ns() // 1_000_000


def _topics(case: Case) -> set[str]:
    return {*case.admin.list_topics(timeout=10).topics}


def _refer(case: Case, amount: int, at: Instant) -> None:
    told = msgspec.json.encode({"time": at, "value": {"amount": amount}})
    case.put(case.topics.references, told, b"price/SHOE")
    case.producer.flush(30)


def _look_and_wait(case: Case, name: str, decided: int) -> None:
    """Let all look at the shoe, until so many such looks were decided about."""
    now = _now()
    looks = [
        Event(
            id=f"{name}-{customer}", type="product.viewed", channel="web", time=now,
            received=now, customer_id=customer, data=Raw(b'{"sku": "SHOE"}'),
        )
        for customer in LOOKING
    ]  # fmt: skip
    case.send(case.sources[0], looks, trusted=False)
    wait_until(lambda: _decided(case, "looked") == decided, "all to be decided")
    case.wait_until_done()


def _publish(case: Case, text: str) -> None:
    version = PlaybookVersion(1, _now() + LEAD + 2 * SECOND, text, published=_now())
    key, value = write_playbook_record(version)
    case.put(case.topics.playbooks, value, key)
    assert case.producer.flush(30) == 0


def _withdrawn(case: Case) -> int:
    return sum(isinstance(each, Revoked) for each in _line_said(case).values())


def _decided(case: Case, situation: str) -> int:
    told = case.outputs(case.topics.decisions)
    return sum(isinstance(each, Decision) and each.situation == situation for each in told)


def _actions(outputs: Iterable[Output]) -> Counter[str]:
    return Counter(each.action for each in outputs if isinstance(each, Action))


@pytest.mark.long
def test_while_the_line_is_busy_it_starts_at_one_of_its_commits(case: Case) -> None:
    """Contexts and offset belong together, or events would be followed twice or never."""
    topic = case.create("web", 2)
    (case.folder / "same.yaml").write_text(DEFAULT)
    with case.worker() as worker:
        _send(case, topic, DAY[:100])
        case.wait_until_done()
        with _shadow(case, "same.yaml", "--alone") as running:
            for at in range(100, len(DAY), 10):
                _send(case, topic, DAY[at : at + 10])
            running.says("following")
            case.wait_until_done()
            assert worker.stop() == 0
            _wait_until_it_stands(running)
            assert running.ends(signal.SIGTERM) == 0
    said = [name_of(each.said) for each in _shadow_said(case)]
    assert len(said) == len({*said})
    assert {*said} <= _line_said(case).keys()


def test_until_the_end_it_ends_by_itself(case: Case) -> None:
    topic = case.create("web", 2)
    (case.folder / "new.yaml").write_text(SOONER)
    _send(case, topic, DAY[:50])
    with case.worker() as worker:
        case.wait_until_done()
        assert worker.stop() == 0
    told = _legato(case)("--settings", "legato.toml", "shadow", *UNTIL_END)
    assert told.code == 0, told.err
    assert "something is done for 0 customers, by the line for 0" in told.out
    call = "--playbook", "new.yaml", "--for", "1s", "--alone", "--json"
    told = _legato(case)("--settings", "legato.toml", "shadow", *call)
    assert told.code == 0, told.err
    assert [each["before"] for each in told.objects] == [None]


def test_what_is_trusted_is_refused(
    real_kafka: Kafka, topic_prefix: str, tmp_path: Path
) -> None:
    source = Source(name="crm", topics=(f"{topic_prefix}crm",), trust="customer_id")
    case = Case(line_settings(real_kafka.bootstrap, topic_prefix, [source]), tmp_path)
    case.create("crm", 4)
    (tmp_path / "legato.toml").write_text(settings_text(case.settings))
    (tmp_path / "new.yaml").write_text(SOONER)
    created = _legato(case)("--settings", "legato.toml", "topics", "create")
    assert created.code == 0, created.err
    told = _legato(case)("--settings", "legato.toml", "shadow", *UNTIL_END)
    assert told.code == 1
    assert "is trusted, so its events are not on" in told.err


@contextmanager
def _shadow(case: Case, playbook: str, *words: str) -> Iterator[Running]:
    call = "--settings", "legato.toml", "shadow", "--playbook", playbook, "--json"
    with _legato(case).running(*call, "--every", "1s", *words) as running:
        yield running


def _legato(case: Case) -> Legato:
    legato = Legato(case.settings, case.folder)
    legato.environ["LEGATO_SHADOW_PORT"] = "0"
    return legato


def _send(case: Case, topic: str, events: Sequence[Json]) -> None:
    for event in events:
        key = next(iter(event["identifiers"].values())).encode()
        case.put(topic, msgspec.json.encode(event), key, time=event["received"])
    case.producer.flush(30)


def _wait_until_it_stands(running: Running) -> Json:
    """Wait until summaries, a second apart, say the same; return the last."""
    before = len(_summaries(running))

    def stands() -> bool:
        new = _summaries(running)[before + 1 :]
        return len(new) > 1 and new[-1] == new[-2]

    wait_until(stands, "the shadow to stand")
    return _summaries(running)[-1]


def _summaries(running: Running) -> list[Json]:
    lines = running.out.read_text().splitlines()
    return [msgspec.json.decode(line) for line in lines if line.startswith("{")]


def _shadow_said(case: Case) -> list[ShadowSaying]:
    read = [read_saying(each.value) for each in case.records(case.topics.shadow_decisions)]
    return [each for each in read if isinstance(each, ShadowSaying)]


def _line_said(case: Case) -> dict[Name, Output]:
    """What the line said, but for what a shadow leaves out."""
    said = read_logbook(case.settings, case.sources[0]).said
    return {name_of(each): each for each in said if told_by_shadow(each) is not None}


def _new_of(before: dict[Name, Output], after: dict[Name, Output]) -> list[Output]:
    return [each for name, each in after.items() if name not in before]


def _counted(summary: Json, side: str) -> dict[tuple[str, str], int]:
    counts = {(each["kind"], each["name"]): each[side] for each in summary["counts"]}
    return {name: count for name, count in counts.items() if count}


def _counted_of(outputs: Iterable[Output]) -> dict[tuple[str, str], int]:
    count = OutputCount()
    count.take(outputs)
    tally = count.tally(lambda name: name)
    kinds = "situation", "action", "channel", "reason"
    return {
        (kind, name): number
        for kind in kinds
        for name, number in getattr(tally, f"{kind}s").items()
        if number
    }
