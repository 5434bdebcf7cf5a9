"""History beside a live source: known afterwards, once, and nobody is reminded of the past."""

from __future__ import annotations

import signal
from collections.abc import Iterable
from pathlib import Path

import pytest
from msgspec import json

from legato.cli.envelope import wall_clock
from legato.core.values.outputs import Decision, Situation
from legato.core.values.time import DAY, HOUR, MINUTE, SECOND, Instant
from legato.local import wait_until
from legato.queries.partition_clocks import PartitionClocks
from legato.queries.topic_reader import TopicReader
from legato.wire.source.source import Source
from tests.integration.conftest import Kafka
from tests.integration.legato_command import Legato
from tests.integration.line_case import Case
from tests.integration.line_settings import line_settings, settings_text

pytestmark = pytest.mark.integration

CUSTOMERS = [f"c{number}" for number in range(12)]
LEFT_BEHIND = 3
"""So many of them buy nothing in the end."""


@pytest.fixture
def case(real_kafka: Kafka, topic_prefix: str, tmp_path: Path) -> Case:
    """A live source, and one of history: there nearly every partition hears of nothing."""
    sources = (
        Source(name="web", topics=(f"{topic_prefix}web",)),
        Source(name="past", topics=(f"{topic_prefix}past",), clock="event_time"),
    )
    case = Case(line_settings(real_kafka.bootstrap, topic_prefix, sources), tmp_path)
    case.create("web", 2)
    case.create("past", 8)
    (tmp_path / "legato.toml").write_text(settings_text(case.settings))
    return case


@pytest.fixture
def legato(case: Case) -> Legato:
    return Legato(case.settings, case.folder)


def event(who: str, kind: str, at: Instant, **data: object) -> bytes:
    told = {"id": f"{who}-{kind}-{at}", "type": kind, "channel": "web", "time": at}
    whose = {"loyalty_id": who, "email": f"{who}@example.org"}
    return json.encode({**told, "identifiers": whose, "data": data})


def carts(at: Instant, customers: Iterable[str]) -> list[bytes]:
    """Whoever may be reminded of a cart, and buys it or not: customer after customer."""
    lines: list[bytes] = []
    for number, who in enumerate(customers):
        began = at + number * MINUTE
        lines += [
            event(who, "consent.updated", began, purpose="promotion", status="granted"),
            event(who, "cart.item_added", began + 1, sku="HAT", price=60),
        ]
        if number >= LEFT_BEHIND:
            items = [{"sku": "HAT"}]
            lines.append(event(who, "order.completed", began + 2 * HOUR, items=items))
    return lines


def write(folder: Path, name: str, lines: Iterable[bytes]) -> str:
    (folder / name).write_bytes(b"\n".join(lines) + b"\n")
    return name


def actions(case: Case) -> list[str]:
    """To whom something went."""
    records = [record for topic in case.action_topics() for record in case.records(topic)]
    return [(record.key or b"").decode() for record in records]


def abandoned(case: Case) -> int:
    found = case.outputs(case.topics.situations)
    return sum(
        isinstance(each, Situation) and each.situation == "cart_abandoned" for each in found
    )


def lost(case: Case) -> set[tuple[str, str]]:
    """Why nothing came of it, where something would have been done otherwise."""
    decisions = [
        each for each in case.outputs(case.topics.decisions) if isinstance(each, Decision)
    ]
    candidates = [each for decision in decisions for each in decision.candidates]
    return {
        (each.reason, each.detail) for each in candidates if each.action == "remind_by_email"
    }


def clock(case: Case) -> Instant:
    """How far time has come in the slowest partition."""
    with TopicReader(case.settings) as reader:
        clocks = PartitionClocks(reader, 0)
        clocks.look()
    return clocks.slowest[0]


def files_of(case: Case) -> list[str]:
    """A year ago and today, customer after customer, so out of order."""
    now = wall_clock()
    year = carts(now - 365 * DAY, CUSTOMERS)
    today = carts(now - 4 * HOUR, ["d0", "d1", "d2", "d3"])
    return [write(case.folder, "year.jsonl", year), write(case.folder, "today.jsonl", today)]


def leave_a_cart(case: Case, who: str) -> None:
    """Leave one live, about an hour ago."""
    for line in carts(wall_clock() - HOUR + SECOND, [who]):
        case.put(case.sources[0], line, who.encode(), time=wall_clock())
    case.producer.flush(30)


@pytest.mark.long
def test_history_reminds_nobody_and_time_goes_on_when_it_is_over(
    case: Case, legato: Legato
) -> None:
    files = files_of(case)
    leave_a_cart(case, "kim")
    with case.worker() as worker:
        refused = legato("ingest", *files)
        assert (refused.code, "say `--sort`" in refused.err) == (2, True)
        told = legato("ingest", *files, "--sort")
        assert told.code == 0, told.err
        wait_until(lambda: abandoned(case) >= 16, "all carts to be left", deadline_s=60)
        assert lost(case) == {("expired", "history"), ("expired", "")}, "the last, and others"
        assert actions(case) == []
        ended = wall_clock()
        assert legato("ingest", "--last").code == 0
        wait_until(lambda: clock(case) > ended, "time to go on", deadline_s=60)
        known = case.contexts()
        assert [known[who].identifiers["loyalty_id"] for who in actions(case)] == [["kim"]]
        _ingest_once_more(case, legato, files)
        assert worker.stop() == 0
    assert case.contexts() == known
    assert len(actions(case)) == 1
    assert case.records(case.topics.dead_letters) == []
    verified = legato("verify")
    assert verified.code == 0, verified.out + verified.err


def _ingest_once_more(case: Case, legato: Legato, files: list[str]) -> None:
    assert legato("ingest", *files, "--sort").out.count("done before") == len(files)
    before = len(sent(case))
    again = legato("ingest", *files, "--sort", "--from-start")
    assert again.code == 0, again.err
    assert len(sent(case)) == 2 * before
    case.wait_until_done()


def sent(case: Case) -> list[bytes]:
    return [each.value for each in case.records(case.sources[1]) if each.value is not None]


@pytest.mark.long
def test_what_was_interrupted_goes_on_where_it_was(case: Case, legato: Legato) -> None:
    now = wall_clock()
    lines = [event("ada", "page.viewed", now - DAY + number) for number in range(6_000)]
    name = write(case.folder, "clicks.jsonl", lines)
    progress = case.folder / f".{name}.ingest.json"

    def begun() -> bool:
        return progress.exists() and json.decode(progress.read_bytes())["sent"] > 0

    with legato.running("ingest", name, "--rate", "400/s") as running:
        wait_until(begun, "something to have arrived")
        assert running.ends(signal.SIGINT) == 130
    interrupted = len(sent(case))
    assert 0 < interrupted < len(lines)
    assert json.decode(progress.read_bytes())["sent"] == interrupted
    with legato.running("ingest", name, "--rate", "400/s") as running:
        wait_until(lambda: len(sent(case)) > interrupted, "more to have arrived")
        running.process.kill()
    told = legato("ingest", name, "--json")
    assert told.code == 0, told.err
    (file,) = told.objects[0]["files"]
    assert (file["done"], file["sent_in_all"]) == (True, len(lines))
    assert file["sent"] < len(lines) - interrupted + 1
    assert list(dict.fromkeys(sent(case))) == lines
    late = write(case.folder, "late.jsonl", lines[:1])
    refused = legato("ingest", late)
    assert (refused.code, "has come to" in refused.err) == (2, True)
