"""`legato verify` over a line that ran: nothing is wrong, until somebody writes by hand."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from importlib.resources import files
from pathlib import Path

import msgspec
import pytest
from confluent_kafka import TopicPartition

from legato.core.playbook.definition import Playbook
from legato.core.values.outputs import Action, Decision, Situation
from legato.demo.run.show import MORNING
from legato.harness import default_playbook, playbook_at
from legato.local import wait_until
from legato.queries.errors import NotFound
from legato.settings import Settings
from legato.simulation.day import simulate
from legato.simulation.world import Json
from legato.verification.audit import KINDS
from legato.verification.logbook import read_logbook
from legato.verification.verify import Verification, verify
from legato.wire.source.source import Source
from legato.wire.topics.brake import BRAKE_KEY
from legato.wire.topics.outputs import write_output
from tests.integration.conftest import Kafka
from tests.integration.legato_command import Legato
from tests.integration.line_case import Case
from tests.integration.line_settings import line_settings

RATE = b"\nrate: {email: 2/h}\n"
DAY = list(simulate(3, 60, 600, MORNING))


@pytest.fixture
def case(real_kafka: Kafka, topic_prefix: str, tmp_path: Path) -> Case:
    source = Source(name="web", topics=(f"{topic_prefix}web",), clock="event_time")
    return Case(line_settings(real_kafka.bootstrap, topic_prefix, [source]), tmp_path)


@pytest.mark.long
def test_it_finds_nothing_wrong_and_then_what_somebody_wrote(case: Case) -> None:
    _run_a_day(case)
    legato = Legato(case.settings, case.folder)
    told = legato("--settings", "legato.toml", "verify", "--json")
    assert told.code == 0, told.out + told.err
    [found] = told.objects
    assert found["clean"]
    assert not found["unjudged"]
    tallies = {tally["kind"]: tally for tally in found["tallies"]}
    for kind in ("situations", "decisions", "actions", "commands", "contexts"):
        assert tallies[kind]["judged"]
        assert tallies[kind]["found"] > 5, kind
    _delete_the_beginning(case)
    cut = _verified(case.settings)
    assert cut.clean, cut
    assert "deleted" in cut.unjudged[0].why
    _write_by_hand(case)
    told = legato("--settings", "legato.toml", "verify")
    assert told.code == 1, told.out + told.err
    assert told.out.startswith("lost 0   doubled 1   made up 1\n")
    assert "made up: situations nonsense of customer" in told.out
    other = msgspec.structs.replace(case.settings.worker, group="nobody")
    with pytest.raises(NotFound, match="the group `nobody` never followed"):
        _verified(msgspec.structs.replace(case.settings, worker=other))


def test_live_it_judges_everything_while_a_worker_runs(
    real_kafka: Kafka, topic_prefix: str, tmp_path: Path
) -> None:
    """Its clock jumped over several stages at once, so they lost as expired."""
    source = Source(name="web", topics=(f"{topic_prefix}web",))
    case = Case(line_settings(real_kafka.bootstrap, topic_prefix, [source]), tmp_path)
    _send(case, case.create("web", 2), DAY[:300])
    with case.worker() as worker:
        case.wait_until_done()
        wait_until(lambda: _expired(case), "the clock to pass several stages at once")
        found = _verified(case.settings)
        assert worker.stop() == 0
    assert found.clean, found
    assert [each.kind for each in found.tallies if each.judged] == list(KINDS)


@pytest.mark.long
def test_a_brake_holds_over_a_crash_and_is_found_anew(case: Case) -> None:
    """Who waits for which slot is the same for whoever follows the log, contexts included."""
    path = case.folder / "braked.yaml"
    path.write_bytes(files("legato").joinpath("playbooks/default.yaml").read_bytes() + RATE)
    case.settings = msgspec.structs.replace(case.settings, playbook=str(path))
    topic = case.create("web", 2)
    with case.worker() as worker:
        _send(case, topic, DAY[:300])
        wait_until(lambda: case.outputs(case.topics.decisions), "the line to be under way")
        worker.kill()
    with case.worker(1) as worker:
        _send(case, topic, DAY[300:])
        case.wait_until_done()
        assert worker.stop() == 0
    found = _verified(case.settings, playbook_at(path))
    assert found.clean, found
    assert [each.kind for each in found.tallies if each.judged] == list(KINDS)
    assert BRAKE_KEY in {each.key for each in case.records(case.topics.customer_contexts)}
    actions = read_logbook(case.settings, topic).said
    assert any(isinstance(each, Action) and each.not_before > each.time for each in actions)
    _delete_the_beginning(case)
    cut = _verified(case.settings, playbook_at(path))
    assert cut.clean, cut
    assert "channels that have a `rate`" in cut.unjudged[0].why


def _verified(settings: Settings, playbook: Playbook | None = None) -> Verification:
    return verify(
        settings, playbook or default_playbook(), lambda _: nullcontext(lambda _: None)
    )


def _run_a_day(case: Case) -> None:
    _send(case, case.create("web", 2), DAY)
    with case.worker() as worker:
        case.wait_until_done()
        assert worker.stop() == 0


def _send(case: Case, topic: str, events: Sequence[Json]) -> None:
    for event in events:
        key = next(iter(event["identifiers"].values())).encode()
        case.put(topic, msgspec.json.encode(event), key, time=event["received"])
    case.producer.flush(30)


def _expired(case: Case) -> bool:
    decisions = case.outputs(case.topics.decisions)
    return any(
        candidate.reason == "expired"
        for each in decisions
        if isinstance(each, Decision)
        for candidate in each.candidates
    )


def _delete_the_beginning(case: Case) -> None:
    """As retention would: half of one partition of customer.events."""
    log = case.topics.customer_events
    half = case.ends(log, committed=True)[log, 0] // 2
    for done in case.admin.delete_records([TopicPartition(log, 0, half)]).values():
        done.result(30)


def _write_by_hand(case: Case) -> None:
    topic = case.topics.situations
    twice = next(each for each in case.records(topic) if each.partition > 0)
    [said] = [each for each in case.outputs(topic) if write_output(each) == twice.value]
    assert isinstance(said, Situation)
    invented = msgspec.structs.replace(said, situation_id="nonsense")
    for value in (twice.value, write_output(invented)):
        case.put(topic, value, twice.key)
    case.producer.flush(30)
