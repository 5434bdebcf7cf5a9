"""What came out, against what one thread makes of the same events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from xxhash import xxh3_64_digest

from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.identity.alias_index import Alias
from legato.core.identity.commands import DeferredEvent
from legato.core.identity.customer_ids import Identify
from legato.core.identity.state import NO_IDENTITY
from legato.core.values.outputs import Decision, Output, Situation
from legato.settings import Settings
from legato.wire.state import read_context, write_context
from legato.wire.topics.commands import read_told
from legato.wire.topics.identity import read_alias
from tests.faults.tale import Act
from tests.integration.line_case import Case
from tests.integration.line_oracle import Oracle, told
from tests.integration.people import Told
from tests.simulator.people import Clusters

SHOWN = 3
BEFORE, AFTER = 60, 120
"""Characters that are shown of what differs."""


class _Label(Struct):
    id: str


_label_of = msgspec.json.Decoder(_Label).decode


@dataclass
class Findings:
    """How many events were lost, doubled and made up, and what else is not as it should be."""

    lost: int = 0
    doubled: int = 0
    made_up: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Is everything as it should be?"""
        return not (self.lost or self.doubled or self.made_up or self.faults)


def judge(case: Case, acts: Sequence[Act], *, live: bool) -> Findings:
    """Compare the topics of a line with what upstream told."""
    found = Findings()
    contexts = case.contexts()
    _count_ids(case, acts, contexts, found)
    outputs = [
        *case.outputs(case.topics.situations),
        *case.outputs(case.topics.decisions),
    ]
    _count_outputs(outputs, found)
    _count_actions(case, found)
    if live:
        _carts(acts, outputs, found)
    else:
        _replay(case, acts, contexts, outputs, found)
    return found


def _count_ids(
    case: Case, acts: Sequence[Act], contexts: Mapping[str, Context], found: Findings
) -> None:
    """Each event is in one context, and came once to each customer that it went by."""
    ids = Counter(act.what.id for act in acts)
    digests = Counter(xxh3_64_digest(each.encode()) for each in ids.elements())
    counted = Counter(digest for each in contexts.values() for digest in each.digests)
    passed = Counter(_passed(case))
    found.lost = (digests - counted).total()
    found.doubled = sum(count - 1 for count in passed.values())
    found.doubled += (counted - digests).total()
    found.made_up = len({event_id for *_, event_id in passed} - ids.keys())
    letters = case.records(case.topics.dead_letters)
    if letters:
        found.faults.append(f"{len(letters)} dead letters, the first {letters[0].headers}")


def _passed(case: Case) -> Iterable[tuple[str, str, str]]:
    """Read who got which events by way of customer.events, plainly or with links to settle."""
    for record in case.records(case.topics.customer_events):
        if record.key is not None and record.value is not None:
            yield "event", record.key.decode(), _label_of(record.value).id
        elif isinstance(follow := read_told(record.value), DeferredEvent):
            yield "follow", follow.to, _label_of(follow.event).id


def _count_outputs(outputs: Iterable[Output], found: Findings) -> None:
    """Nothing was said twice."""
    written = Counter(msgspec.json.encode(each) for each in outputs)
    found.doubled += sum(count - 1 for count in written.values())


def _count_actions(case: Case, found: Findings) -> None:
    values = Counter(
        record.value for topic in case.action_topics() for record in case.records(topic)
    )
    found.doubled += sum(count - 1 for count in values.values())


def _carts(acts: Sequence[Act], outputs: Iterable[Output], found: Findings) -> None:
    """Where time is live, each cart that came to be an hour old was told of once."""
    carts = Counter(act.what.id for act in acts if act.what.type == "cart.item_added")
    said = [
        each
        for each in outputs
        if isinstance(each, Situation) and each.situation == "cart_abandoned"
    ]
    customers = Counter(each.customer_id for each in said)
    found.doubled += sum(count - 1 for count in customers.values())
    if missing := len(carts) - len(customers):
        found.faults.append(f"{missing} of {len(carts)} carts: their hour was not noticed")


def _replay(
    case: Case,
    acts: Sequence[Act],
    contexts: Mapping[str, Context],
    outputs: Sequence[Output],
    found: Findings,
) -> None:
    """Those of one identifier, to the byte; those of five, by what was to become one."""
    oracle, clusters = _oracle(case.settings, acts), _clusters(case.settings, acts)
    people = clusters.names
    alone = {name: each for name, each in contexts.items() if name not in people}
    said = [each for each in outputs if each.customer_id not in people]
    for what, line, replay in (
        ("contexts", _timeless(alone), _timeless(oracle.harness.contexts)),
        ("situations", _told(said, Situation), oracle.said(Situation)),
        ("decisions", _told(said, Decision), oracle.said(Decision)),
    ):
        _compare(what, line, replay, found)
    found.faults += _misled(case, clusters, contexts)


def _oracle(settings: Settings, acts: Sequence[Act]) -> Oracle:
    oracle = Oracle(settings)
    events = {
        source: [
            act.what for act in acts if act.source == source and isinstance(act.what, Event)
        ]
        for source in ("till", "web")
    }
    until = max(act.what.time for act in acts)
    oracle.follow(events["till"], events["web"], until)
    return oracle


def _clusters(settings: Settings, acts: Sequence[Act]) -> Clusters:
    identity = settings.identity
    clusters = Clusters(Identify(identity.pepper, identity.priority))
    for act in acts:
        if isinstance(act.what, Told):
            clusters.note(act.what.identifiers)
    return clusters


def _told(
    outputs: Iterable[Output], kind: type[Situation | Decision]
) -> dict[str, list[bytes]]:
    return told(each for each in outputs if isinstance(each, kind))


def _timeless(contexts: Mapping[str, Context]) -> dict[str, Context]:
    """Contexts by value, but for how often they were written, which timing may change."""
    return {
        name: replace(read_context(write_context(each)), revision=0)
        for name, each in contexts.items()
    }


def _compare(
    what: str, line: Mapping[str, object], replay: Mapping[str, object], found: Findings
) -> None:
    extra = line.keys() - replay.keys()
    found.made_up += len(extra)
    differ = [name for name in replay if line.get(name) != replay[name]]
    if differ:
        first = differ[0]
        found.faults.append(
            f"{what} of {len(differ)} customers differ from the replay; of `{first}` "
            + _difference(str(line.get(first)), str(replay[first]))
        )


def _difference(line: str, replay: str) -> str:
    """Show both where they part."""
    same = next(
        (at for at, (a, b) in enumerate(zip(line, replay, strict=False)) if a != b),
        min(len(line), len(replay)),
    )
    shown = slice(max(same - BEFORE, 0), same + AFTER)
    return f"the line has {line[shown]!r}, the replay {replay[shown]!r}"


def _misled(case: Case, clusters: Clusters, contexts: Mapping[str, Context]) -> Iterable[str]:
    """Say where slots and aliases lead elsewhere than proofs do, or wait for ever."""
    slots = {name: each.identity or NO_IDENTITY for name, each in contexts.items()}
    stuck = [
        name
        for name, identity in slots.items()
        if identity.pending
        or identity.pending_links
        or (identity.forward and contexts[name].waiting)
    ]
    if stuck:
        yield f"identity: {len(stuck)} slots wait for ever, such as {sorted(stuck)[:SHOWN]}"
    wanted = clusters.linked
    for what, led in (
        (
            "contexts",
            {name: identity.forward for name, identity in slots.items() if identity.forward},
        ),
        ("aliases", _aliases(case)),
    ):
        if wrong := [name for name in led.keys() | wanted if led.get(name) != wanted.get(name)]:
            yield f"identity: by the {what}, {len(wrong)} names lead elsewhere than proven"


def _aliases(case: Case) -> dict[str, str]:
    found: dict[str, str] = {}
    for record in case.records(case.topics.identity_aliases):
        alias = read_alias(record.key, record.value)
        if isinstance(alias, tuple) and isinstance(alias[1], Alias):
            found[alias[0]] = alias[1].to
    return found
