"""What the line said and remembers, beside what a single-threaded replay makes of the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest

import msgspec

from legato.core.context.context import Context
from legato.core.engine import CLOCK, Engine, EngineSetup, LogBatch
from legato.core.events.event import Event
from legato.core.identity.rules import IdentityRules
from legato.core.values.outputs import Decision, JourneyTouchpoint, Output, Situation
from legato.core.values.time import Instant
from legato.wire.blobs import TODAY
from legato.wire.state import SNAPSHOTS, read_context, write_context
from legato.wire.topics.identity import read_alias
from legato.wire.topics.outputs import read_output
from legato.wire.topics.touchpoints import read_touchpoint
from tests.simulator.broker import Broker
from tests.simulator.people import clusters_of, misled
from tests.simulator.town import IDENTIFY, PLAYBOOK, REGISTRY, TOPICS, is_trusted, owner_of

Told = dict[str, list[object]]
"""By customer: what was said in order, or the fields of what is remembered."""


def differences(
    broker: Broker,
    events: Iterable[Event],
    people: Sequence[Event],
    until: Instant,
    *,
    backfill: bool,
) -> list[str]:
    """Say of each customer where the line and a replay part.

    What is decided when several stages come due at once depends on when the line was up, unless
    its clock follows the events; so live, situations alone must be the same. Of people with
    several identifiers, it depends on when the line learned that they are one; of them must be
    the same who they are, which events are theirs, and that no action was decided twice.
    """
    outputs, contexts, touchpoints = _replayed(events, until)
    clusters, remembered = clusters_of(IDENTIFY, people), _contexts(broker)
    theirs = clusters.names
    found = list(
        _compare(
            "situations", _said(broker, TOPICS.situations, theirs), _of(outputs, Situation)
        )
    )
    if backfill:
        decisions = _said(broker, TOPICS.decisions, theirs)
        others = {name: each for name, each in remembered.items() if name not in theirs}
        found += _compare("decisions", decisions, _of(outputs, Decision))
        found += _compare("context", _comparable(others), _comparable(contexts))
    found += misled(clusters, (event.id for event in people), remembered, _aliases(broker))
    told = [*_touchpoints(broker)]
    wanted = Counter(each.event_id for each in touchpoints)
    wanted.update(event.id for event in people)
    found += _misled(Counter(each.event_id for each in told), wanted)
    if backfill:
        found += _compare(
            "touchpoints", _by_customer(told, theirs), _by_customer(touchpoints, theirs)
        )
    return found + list(_acted_twice(broker))


def _touchpoints(broker: Broker) -> Iterator[JourneyTouchpoint]:
    """What is committed of the events that were followed."""
    log = broker.logs[TOPICS.touchpoints, 0]
    for _, entry in log.read(0, log.end):
        touchpoint = read_touchpoint(entry.value, (), REGISTRY)
        assert isinstance(touchpoint, JourneyTouchpoint)
        yield touchpoint


def _by_customer(touchpoints: Iterable[JourneyTouchpoint], less: set[str]) -> Told:
    told: Told = {}
    for each in touchpoints:
        if each.customer_id not in less:
            told.setdefault(each.customer_id, []).append(each)
    return told


def _misled(told: Counter[str], wanted: Counter[str]) -> Iterator[str]:
    """Say for how many events there is no touchpoint, or more than one."""
    if told != wanted:
        lost, doubled = wanted - told, told - wanted
        yield f"touchpoints: {lost.total()} are lost, {doubled.total()} too many: {doubled}"


def _replayed(
    events: Iterable[Event], until: Instant
) -> tuple[list[Output], Mapping[str, Context], list[JourneyTouchpoint]]:
    setup = EngineSetup(PLAYBOOK, IDENTIFY, IdentityRules(), touchpoints=True)
    engine = Engine(setup, TODAY, SNAPSHOTS)
    outputs: list[Output] = []
    touchpoints: list[JourneyTouchpoint] = []
    for event in events:
        if not is_trusted(event):
            event.identifiers = {"loyalty_id": event.customer_id}
            event.customer_id = owner_of(event.customer_id)
        event.source = "orders" if event.identifiers is None else "web"
        result = engine.process(LogBatch((event,), (event.time,)))
        outputs += result.outputs
        touchpoints += result.touchpoints
    result = engine.pass_time(until)
    return [*outputs, *result.outputs], engine.contexts, [*touchpoints, *result.touchpoints]


def _of(outputs: Iterable[Output], kind: type[Output]) -> Told:
    told: Told = {}
    for output in outputs:
        if isinstance(output, kind):
            told.setdefault(output.customer_id, []).append(msgspec.json.encode(output))
    return told


def _said(broker: Broker, topic: str, less: set[str]) -> Told:
    """What is committed on a topic of outputs, by customer and in order, less some of them."""
    log = broker.logs[topic, 0]
    told: Told = {}
    for _, entry in log.read(0, log.end):
        customer = (entry.key or b"").decode()
        if customer not in less:
            output = read_output(entry.value)
            told.setdefault(customer, []).append(msgspec.json.encode(output))
    return told


def _aliases(broker: Broker) -> dict[str, str]:
    """Where identifiers lead by the topic that all workers read."""
    found: dict[str, str] = {}
    for (topic, _), log in broker.logs.items():
        if topic == TOPICS.identity_aliases:
            for _, entry in log.read(0, log.end):
                told = read_alias(entry.key, entry.value)
                if isinstance(told, tuple) and told[1] is not None:
                    found[told[0]] = told[1].to
    return found


def _acted_twice(broker: Broker) -> Iterator[str]:
    """Say which actions stand twice in their topics."""
    values = Counter(
        entry.value
        for (topic, _), log in broker.logs.items()
        if topic.startswith(TOPICS.actions(""))
        for _, entry in log.read(0, log.end)
    )
    yield from (
        f"an action stands {n} times: {value!r}" for value, n in values.items() if n > 1
    )


def _contexts(broker: Broker) -> dict[str, Context]:
    """The contexts that the changelog holds."""
    last: dict[str, Context] = {}
    for (topic, _), log in broker.logs.items():
        if topic == TOPICS.customer_contexts:
            for _, entry in log.read(0, log.end):
                key = (entry.key or b"").decode()
                if key != CLOCK:
                    last[key] = read_context(entry.value or b"")
    return last


def _comparable(contexts: Mapping[str, Context]) -> Told:
    """Contexts written out, but for how often they were, which depends on the checkpoints."""
    told: Told = {}
    for customer_id, context in contexts.items():
        stored = msgspec.structs.replace(read_context(write_context(context)), revision=0)
        told[customer_id] = [getattr(stored, name) for name in stored.__struct_fields__]
    return told


def _compare(what: str, line: Told, replay: Told) -> Iterator[str]:
    for customer in sorted(line.keys() | replay.keys()):
        pairs = zip_longest(line.get(customer, []), replay.get(customer, []))
        parts = next((pair for pair in pairs if pair[0] != pair[1]), None)
        if parts is not None:
            yield f"{what} of {customer}: the line has {parts[0]!r}, the replay {parts[1]!r}"
