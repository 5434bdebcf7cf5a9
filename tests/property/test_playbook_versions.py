"""Whatever version of a playbook counts, what began before it goes on as it was."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from legato.core.engine import Engine, EngineSetup, LogBatch
from legato.core.playbook.versions import PlaybookVersion, PlaybookVersions
from legato.core.values.outputs import Output, Retracted
from legato.core.values.time import LONG_AGO, Instant
from legato.settings import IdentitySettings
from legato.wire.blobs import TODAY
from legato.wire.state import SNAPSHOTS
from tests.examples import examples
from tests.property.core_lives import Json, event_of
from tests.property.test_situations_of_entries import (
    Definition,
    Told,
    absent,
    followed,
    left,
    logs,
    matched,
    playbook_of,
    repeated,
)
from tests.replay.brute_force import DAY, HOUR, MINUTE
from tests.replay.wild_stories import NOON

Written = tuple[dict[str, Any], Definition, tuple[int, ...]]
IDENTITY = IdentitySettings()


def absence(*minutes: int) -> Written:
    """How it is written, what it means, and how long after its anchor each stage is told."""
    spans = [each * MINUTE for each in minutes]
    text = {"after": "x.a", "unless": "x.c", "for": [f"{each}m" for each in minutes]}
    return {"absence": text}, absent(spans), tuple(spans)


def repeat(times: int, hours: int) -> Written:
    text = {"of": "x.a", "times": times, "within": f"{hours}h"}
    return {"repeat": text}, repeated(times, hours * HOUR), (0,)


def sequence(steps: str, hours: int) -> Written:
    text = {"steps": [f"x.{step}" for step in steps], "within": f"{hours}h", "without": "x.c"}
    return {"sequence": text}, followed(steps, hours * HOUR), (0,)


def match(hours: int) -> Written:
    return {"match": {"on": "x.a", "once": f"{hours}h"}}, matched(hours * HOUR), (0,)


CHANGED: dict[str, tuple[Written, ...]] = {
    "absence": (absence(30), absence(60), absence(29), absence(30)),
    "absence in stages": (absence(30, 120), absence(30, 60, 90), absence(60), absence(1, 2)),
    "repeat": (repeat(3, 1), repeat(2, 1), repeat(2, 2), repeat(3, 1)),
    "sequence": (sequence("ab", 1), sequence("ab", 2), sequence("ab", 1)),
    "match": (match(1), match(2), match(1)),
}
each_change = pytest.mark.parametrize("written", CHANGED.values(), ids=CHANGED)
OTHERS: list[dict[str, Any]] = [
    CHANGED[name][0][0] for name in ("absence", "repeat", "sequence", "match")
]


def line_of(written: dict[str, Any], published: list[tuple[dict[str, Any], Instant]]) -> Engine:
    """A line that begins with one playbook, and knows what will be published."""
    versions = PlaybookVersions(playbook_of(written))
    for n, (text, since) in enumerate(published):
        written = {"version": 1, "situations": {"found": text}}
        versions.take(PlaybookVersion(n + 1, since, msgspec.yaml.encode(written).decode()))
    return engine_of(versions)


def engine_of(versions: PlaybookVersions, *, continuous: bool = True) -> Engine:
    setup = EngineSetup(
        versions.at(LONG_AGO),
        IDENTITY.identify,
        IDENTITY.rules,
        continuous=continuous,
        versions=versions,
    )
    return Engine(setup, TODAY, SNAPSHOTS)


def follow(line: Engine, log: list[Json]) -> list[Output]:
    outputs: list[Output] = []
    for event in log:
        ours = {**event, "customer_id": "ada"}
        outputs += line.process(LogBatch([event_of(ours)], [event["time"]])).outputs
    return outputs + line.pass_time(NOON + 9 * DAY).outputs


def anchor_of(told: Told, spans: tuple[int, ...]) -> Instant:
    time, stage = told
    return time - spans[(stage or 1) - 1]


def expected(
    log: list[Json], written: tuple[Written, ...], sinces: list[Instant]
) -> Counter[Told]:
    """What each definition says of what began while it counted."""
    told: Counter[Told] = Counter()
    borders = [LONG_AGO, *sinces, NOON + 100 * DAY]
    for (_, definition, spans), since, until in zip(
        written, borders[:-1], borders[1:], strict=True
    ):
        told.update(each for each in definition(log) if since <= anchor_of(each, spans) < until)
    return told


@st.composite
def instants(draw: st.DrawFn, count: int) -> list[Instant]:
    minutes = draw(st.lists(st.integers(-60, 12 * 60), min_size=count, max_size=count))
    return [NOON + each * MINUTE for each in sorted(minutes)]


@each_change
@given(log=logs(), data=st.data())
@settings(deadline=None, max_examples=examples(60))
def test_what_began_under_a_version_is_found_by_it(
    written: tuple[Written, ...], log: list[Json], data: st.DataObject
) -> None:
    sinces = [NOON + each * MINUTE for each in sorted(data.draw(borders(len(written) - 1)))]
    texts = [each[0] for each in written[1:]]
    line = line_of(written[0][0], list(zip(texts, sinces, strict=True)))
    assert left(follow(line, log)) == expected(log, written, sinces)


def borders(count: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(-60, 12 * 60), min_size=count, max_size=count, unique=True)


@each_change
@given(log=logs(), data=st.data())
@settings(deadline=None, max_examples=examples(60))
def test_what_comes_late_is_found_by_the_version_of_its_time(
    written: tuple[Written, ...], log: list[Json], data: st.DataObject
) -> None:
    sinces = [NOON + each * MINUTE for each in sorted(data.draw(borders(len(written) - 1)))]
    texts = [each[0] for each in written[1:]]
    versions = line_of(written[0][0], list(zip(texts, sinces, strict=True)))._setup.versions
    assert versions is not None
    line, clock = engine_of(versions, continuous=False), LONG_AGO
    outputs: list[Output] = []
    for event in data.draw(st.permutations(log)):
        clock = max(clock, event["time"] - data.draw(st.sampled_from([0, MINUTE, HOUR, DAY])))
        ours = event_of({**event, "customer_id": "ada"})
        outputs += line.process(LogBatch([ours], [clock])).outputs
        if data.draw(st.booleans()):
            line = restarted(line)
    outputs += line.pass_time(NOON + 9 * DAY).outputs
    assert left(outputs) == expected(log, written, sinces)


def restarted(line: Engine) -> Engine:
    """Another process goes on from a checkpoint."""
    line.checkpoint()
    line.committed()
    kept = dict(line._store.committed)
    setup = line._setup
    assert setup.versions is not None
    other = engine_of(setup.versions, continuous=setup.continuous)
    other.restore(kept)
    other.pass_time(line.clock)
    return other


@given(log=logs(), data=st.data(), written=st.sampled_from(OTHERS))
@settings(deadline=None, max_examples=examples(100))
def test_the_same_published_anew_changes_nothing(
    log: list[Json], data: st.DataObject, written: dict[str, Any]
) -> None:
    sinces = sorted(data.draw(borders(12)))
    published = [(written, NOON + each * MINUTE) for each in sinces]
    assert follow(line_of(written, published), log) == follow(line_of(written, []), log)


@given(log=logs(), data=st.data(), written=st.permutations(OTHERS))
@settings(deadline=None, max_examples=examples(100))
def test_another_way_to_find_it_tells_nothing_that_began_before(
    log: list[Json], data: st.DataObject, written: list[dict[str, Any]]
) -> None:
    former, newest, *_ = written
    since = NOON + data.draw(st.integers(-60, 12 * 60)) * MINUTE
    outputs = follow(line_of(former, [(newest, since)]), log)
    assert not any(isinstance(each, Retracted) for each in outputs)
    later = [each for each in log if each["time"] >= since]
    alone = left(follow(line_of(newest, []), later))
    before = left(follow(line_of(former, []), log))
    told = left(outputs)
    assert Counter({k: n for k, n in told.items() if k[0] >= since}) == Counter(
        {k: n for k, n in alone.items() if k[0] >= since}
    )
    assert all(told[key] <= before[key] for key in told if key[0] < since)


def test_a_version_is_known_by_what_it_is_not_by_when_it_was_read() -> None:
    """After more versions than are kept, each is read with the births that were published."""
    base = playbook_of(OTHERS[0])
    text = msgspec.yaml.encode({"version": 1, "situations": {"found": OTHERS[0]}}).decode()
    lapsing = {"lapsing": {"absence": {"of": "customer", "after": "60d"}}}
    later = msgspec.yaml.encode({"version": 1, "situations": lapsing}).decode()
    known = [PlaybookVersion(1, NOON, text), PlaybookVersion(2, NOON + 1, later)]
    known += [
        PlaybookVersion(n, NOON + n, later, born={"lapsing": NOON + 1}) for n in range(3, 20)
    ]
    versions = PlaybookVersions(base, known)
    (lapse,) = versions.at(NOON + DAY).situations
    assert lapse.lineage.born == NOON + 1
    assert versions.next_after(NOON + 1) == NOON + 3
    assert versions.version_at(NOON - 1) is None
