"""`legato learn` on a real Kafka: it publishes what a worker then decides by."""

from __future__ import annotations

import signal
import time
from contextlib import closing
from pathlib import Path

import pytest
from confluent_kafka.admin import NewTopic
from msgspec import Raw, json
from msgspec.structs import replace

from legato.core.decisions.learning import hour_of
from legato.core.events.event import Event
from legato.core.playbook.compile import read_playbook
from legato.core.playbook.versions import PlaybookVersion
from legato.core.values.outputs import Candidate, Decision
from legato.core.values.time import HOUR, MINUTE, Instant
from legato.harness import playbook_at
from legato.local import wait_until
from legato.runtime.kafka.admin import create
from legato.serving.learning.process import LearnProcess
from legato.serving.learning.topics import LearningTopics
from legato.settings import LearnSettings
from legato.wire.source.source import Source
from legato.wire.topics.outcomes import Outcome
from legato.wire.topics.playbooks import write_playbook_record
from tests.integration.conftest import Kafka
from tests.integration.legato_command import Legato
from tests.integration.line_case import Case
from tests.integration.line_settings import line_settings, settings_text

PLAYBOOK = """
version: 1
attribution: 1h
situations: {looks: {match: {on: product.viewed, once: 1s}}}
channels: {web: {pull: true}, store: {pull: true}}
actions:
  banner: {situation: looks, channel: web, purpose: service, content: x, propensity: 0.5}
  talk: {situation: looks, channel: store, purpose: service, content: x, propensity: 0.3}
learning: {explore: 0}
"""
QUIET = PLAYBOOK.replace("learning: {explore: 0}", "")
AGO = 5 * HOUR


@pytest.fixture
def case(real_kafka: Kafka, topic_prefix: str, tmp_path: Path) -> Case:
    web = Source(name="web", topics=(f"{topic_prefix}web",))
    settings = line_settings(real_kafka.bootstrap, topic_prefix, (web,))
    playbook = tmp_path / "playbook.yaml"
    playbook.write_text(PLAYBOOK)
    learn = LearnSettings(port=0)
    return Case(
        replace(settings, references=True, playbook=str(playbook), learn=learn), tmp_path
    )


def test_what_is_published_is_what_a_worker_decides_by(case: Case) -> None:
    web, now = case.create("web", 2), _now()
    _tell_of_60_banners(case, now - AGO)
    half_past = hour_of(now) - 2 * HOUR + 30 * MINUTE
    assert _published(case, half_past)
    assert not _published(case, half_past)
    tables = case.records(case.topics.references)
    assert [each.key for each in tables] == [b"propensity/banner@web"]
    with case.worker() as worker:
        wait_until(lambda: case.topics.customer_events in _topics(case), "the topics")
        case.send(web, [_look(now)], trusted=False)
        wait_until(lambda: len(_decided(case)) == 61, "a decision")
        assert worker.stop() == 0
    (decision,) = [each for each in _decided(case) if each.time == now]
    assert decision.action == "talk"
    (since,) = decision.references.values()
    assert now - 2 * HOUR < since <= now
    banner, talk = decision.candidates
    assert (banner.action, banner.reason) == ("banner", "lost_arbitration")
    assert banner.factors is not None
    assert 0.2 < banner.factors.propensity < 0.25
    assert talk.factors is not None
    assert talk.factors.propensity == 0.3


def test_the_command_prints_a_table_and_goes_on_until_it_is_told_to_end(case: Case) -> None:
    legato = Legato(case.settings, case.folder)
    (case.folder / "legato.toml").write_text(settings_text(case.settings))
    missing = legato("learn", "--once")
    assert missing.code == 1
    assert "create it with `legato topics create`" in missing.err
    _tell_of_60_banners(case, _now() - AGO)
    shown = legato("learn", "--once")
    assert shown.code == 0, shown.err
    assert "banner" in shown.out
    (line,) = legato("learn", "--once", "--json").objects
    assert (line["reference"], line["key"]) == ("propensity", "banner@web")
    with legato.running("learn") as learning:
        learning.says("counted what became known before")
        assert learning.ends(signal.SIGTERM) == 0


def test_how_an_hour_is_counted_says_the_version_that_counts_then(case: Case) -> None:
    case = Case(replace(case.settings, playbooks=True), case.folder)
    hour = hour_of(_now()) - 2 * HOUR
    _tell_of_60_banners(case, hour - 3 * HOUR)
    clock = [hour + 20 * MINUTE]
    with closing(LearningTopics(case.settings)) as topics:
        process = LearnProcess(
            case.settings, read_playbook(QUIET.encode()), topics, lambda: clock[0]
        )
        assert not process.turn()
        assert process.not_ready().startswith("the playbook asks for no learning")
        _publish(case, 1, hour + MINUTE, PLAYBOOK.replace("0}", "0, least: 200}"))
        clock[0] += HOUR
        assert process.turn()
        assert process.not_ready() == ""
        _publish(case, 2, hour + HOUR + MINUTE, PLAYBOOK.replace("banner:", "advert:"))
        clock[0] += HOUR
        assert process.table().versions == ()
    (table,) = case.records(case.topics.references)
    told = json.decode(table.value or b"")
    assert told["value"]["*"]["mean"] == pytest.approx(0.385, abs=0.01)
    with closing(LearningTopics(case.settings)) as topics:
        again = LearnProcess(
            case.settings, read_playbook(QUIET.encode()), topics, lambda: hour + 80 * MINUTE
        )
        assert not again.turn()
        assert [json.decode(each.value) for each in again.table().versions] == [told["value"]]


def _publish(case: Case, number: int, since: Instant, text: str) -> None:
    """Publish a version as if it had been long before."""
    key, value = write_playbook_record(PlaybookVersion(number, since, text, published=since))
    case.put(case.topics.playbooks, value, key, time=since - HOUR)
    assert case.producer.flush(30) == 0


def _tell_of_60_banners(case: Case, at: Instant) -> None:
    """So many banners were shown, and nobody bought anything."""
    kept = {"message.timestamp.type": "CreateTime"}
    topics = case.topics
    names = topics.decisions, topics.action_outcomes, topics.references, topics.playbooks
    create(case.admin, [NewTopic(name, 4, 1, config=kept) for name in names])
    won = (Candidate("banner", "web", "won"),)
    for number in range(60):
        name, who = f"action-{number}", f"1-{number:024x}"
        decision = Decision(
            who, f"d{number}", f"s{number}", "looks", at, action="banner", action_id=name,
            candidates=won,
        )  # fmt: skip
        outcome = Outcome(name, who, "web", "delivered", at + MINUTE)
        for topic, told in (
            (case.topics.decisions, decision),
            (case.topics.action_outcomes, outcome),
        ):
            case.put(topic, json.encode(told), who.encode(), time=at + 2 * MINUTE)
    assert case.producer.flush(30) == 0


def _published(case: Case, now: Instant) -> bool:
    """Did a process that has just been started publish something?"""
    playbook = playbook_at(Path(case.settings.playbook))
    with closing(LearningTopics(case.settings)) as topics:
        return LearnProcess(case.settings, playbook, topics, lambda: now).turn()


def _look(at: Instant) -> Event:
    data = Raw(json.encode({"sku": "SHOE"}))
    return Event(
        id="look", type="product.viewed", channel="web", time=at, received=at,
        customer_id="c-1", data=data,
    )  # fmt: skip


def _decided(case: Case) -> list[Decision]:
    return [each for each in case.outputs(case.topics.decisions) if isinstance(each, Decision)]


def _topics(case: Case) -> set[str]:
    return {*case.admin.list_topics(timeout=10).topics}


def _now() -> Instant:
    return time.time_ns() // 1_000_000
