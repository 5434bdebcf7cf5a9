"""The e-commerce example through Kafka and three workers: exactly the actions of a replay."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from legato.core.values.ids import murmur2
from legato.core.values.outputs import Action, Revoked
from legato.queries.outputs import read_said, registry_of
from legato.wire.source.source import Source
from tests.integration.conftest import Kafka
from tests.integration.line_case import Case
from tests.integration.line_settings import line_settings
from tests.replay.ecommerce import convert, read_lines, replay

PARTITIONS = 3
WORKERS = 3


@pytest.mark.long
def test_three_workers_do_what_a_replay_does(
    real_kafka: Kafka, topic_prefix: str, tmp_path: Path
) -> None:
    log = _log(tmp_path)
    source = Source(name="clicks", topics=(f"{topic_prefix}clicks",), clock="event_time")
    case = Case(line_settings(real_kafka.bootstrap, topic_prefix, [source]), tmp_path)
    topic = case.create("clicks", PARTITIONS)
    with ExitStack() as workers:
        running = [workers.enter_context(case.worker(index)) for index in range(WORKERS)]
        for event in log:
            key = event["identifiers"]["user_id"].encode()
            case.put(topic, json.dumps(event).encode(), key, _partition(key))
        case.producer.flush(60)
        case.wait_until_done(deadline_s=120)
        assert [worker.stop() for worker in running] == [0] * WORKERS
    expected = _replayed(log, case.folder)
    assert _said_live(case) == expected
    _is_worth_looking_at(expected, case)


def _log(folder: Path) -> list[dict[str, Any]]:
    """Profiles and clicks in order of time, and one last event for each partition."""
    events, profiles = convert(folder)
    log = sorted(read_lines(profiles) + read_lines(events), key=lambda event: event["time"])
    last, ends = log[-1]["time"] + 1, dict[int, str]()
    number = 0
    while len(ends) < PARTITIONS:
        ends.setdefault(_partition(f"end-{number}".encode()), f"end-{number}")
        number += 1
    return log + [
        {"id": name, "type": "page.viewed", "channel": "web", "time": last}
        | {"identifiers": {"user_id": name}}
        for name in ends.values()
    ]


def _partition(key: bytes) -> int:
    return murmur2(key) % PARTITIONS


def _replayed(log: list[dict[str, Any]], folder: Path) -> Counter[tuple[str, str, str]]:
    path = folder / "log.jsonl"
    path.write_text("".join(json.dumps(event) + "\n" for event in log))
    found = read_lines(replay(path, folder / "found.jsonl"))
    return Counter(
        (line["kind"], line["channel"], line["action_id"])
        for line in found
        if line["kind"] in ("action", "revoked")
    )


def _said_live(case: Case) -> Counter[tuple[str, str, str]]:
    said: Counter[tuple[str, str, str]] = Counter()
    registry = registry_of(case.settings)
    for topic in case.action_topics():
        for record in case.records(topic):
            output = read_said(record, registry)
            assert isinstance(output, Action | Revoked)
            kind = "action" if isinstance(output, Action) else "revoked"
            said[kind, output.channel, output.action_id] += 1
    return said


def _is_worth_looking_at(expected: Counter[tuple[str, str, str]], case: Case) -> None:
    """Enough was done on enough channels, and enough was left undone for different reasons."""
    actions = [key for key in expected if key[0] == "action"]
    assert len(actions) >= 500
    assert len({channel for _, channel, _ in actions}) >= 3
    decisions = (
        json.loads(record.value or b"") for record in case.records(case.topics.decisions)
    )
    reasons = {
        each["reason"] for decision in decisions for each in decision.get("candidates", ())
    }
    assert len(reasons - {"won"}) >= 5
