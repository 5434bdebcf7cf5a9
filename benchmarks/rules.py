"""The two rules of the benchmark: what lies in the source, and what must come of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import msgspec

from benchmarks import oracle
from benchmarks.events import events, write_event
from benchmarks.lives import lives
from benchmarks.oracle import Looked
from benchmarks.oracle_full import judged
from benchmarks.outputs import Output, Summary, summarise
from benchmarks.states import State
from benchmarks.topics import Topics

Keyed = tuple[bytes, str]
"""An event as bytes, and its customer."""


class Rules(msgspec.Struct, frozen=True):
    """One text of rules: its page, where its events lie and what they are, its oracle."""

    name: str
    page: str
    topic: str
    events: Callable[[int], Iterator[Keyed]]
    expected: Callable[[Topics, str, Looked], Summary]

    def source_topic(self, count: int) -> str:
        """Name the topic that holds `count` events."""
        return f"{self.topic}.{count}"


def usual_events(count: int) -> Iterator[Keyed]:
    """Yield the events of RULES.md."""
    return ((write_event(event), event.customer_id) for event in events(count))


def full_events(count: int) -> Iterator[Keyed]:
    """Yield the events of RULES-FULL.md."""
    return ((write_event(event), event.customer_id) for event in lives(count))


def expected_in_full(topics: Topics, topic: str, looked: Looked = Looked.BY_TIMER) -> Summary:
    """Return what an engine must put out for the topic, and know in the end."""
    outputs: list[Output] = []
    states: list[State] = []
    for partition, end in topics.ends(topic).items():
        told, known = judged(map(json.loads, topics.read(topic, partition, end)))
        outputs += (Output(*each) for each in told)
        states += (msgspec.convert(each, State) for each in known)
    return summarise(outputs, states)


USUAL = Rules("rules", "benchmarks/RULES.md", "bench.events", usual_events, oracle.expected)
FULL = Rules("full", "benchmarks/RULES-FULL.md", "bench.lives", full_events, expected_in_full)
EVERY_RULES = (USUAL, FULL)
