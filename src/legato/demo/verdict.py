"""The verdict of a run: was anything lost or done twice, and what was it good for?

The first hop is held against the source: customer.events must have each of its events once,
under the right customer, each customer's in order. The rest of the line is held against the
reference: situations, decisions, actions and revocations, down to their last byte.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import TypeAlias

import msgspec
from msgspec import Struct

from legato.core.command import Follow
from legato.core.event import Event
from legato.core.identify import Identify
from legato.core.outcome import Rejected
from legato.core.output import Action, Decision, Output, Revoked, Situation
from legato.core.playbook import Playbook
from legato.demo.good import Avoided, Carried, Day, find_avoided, find_carried
from legato.demo.logbook import Logbook
from legato.demo.reference import Heard, Reference, everything, own_channel_only
from legato.demo.score import name_of
from legato.serving.records import Record
from legato.wire.commands import read_told
from legato.wire.events import read_event

EXAMPLES = 10
_encode = msgspec.json.Encoder(order="deterministic").encode
Count: TypeAlias = "Counter[tuple[str, ...]]"
EventIds: TypeAlias = Mapping[str, list[str]]
"""The ids of each customer's events, by customer id, in order."""


class Rules(Struct, frozen=True):
    """How to judge: `strict` counts records, else what has the same id and content is one."""

    playbook: Playbook
    identify: Identify
    sources: tuple[str, ...]
    strict: bool


class Verdict(Struct, frozen=True, kw_only=True):
    """What was found; `repeated` are records shown again that were not counted as doubled.

    `wrong` names some of what was lost or doubled, to look for in the topics.
    """

    situations: int
    decisions: int
    actions: int
    revoked: int
    delivered: int
    lost: int
    doubled: int
    repeated: int
    wrong: tuple[str, ...]
    dead_letters: int
    avoided: tuple[Avoided, ...]
    carried: tuple[Carried, ...]

    @property
    def clean(self) -> bool:
        """Is everything there, and nothing twice?"""
        return self.lost == self.doubled == 0


def judge(log: Logbook, rules: Rules) -> Verdict:
    """Follow the log once more, and compare."""
    sent, followed = _events_sent(log, rules.identify), _events_followed(log)
    wanted = _in_order(sent) + _told(_replayed(log, rules, everything))
    found = _told(log.said)
    repeated = 0
    if not rules.strict:
        repeated = _total(followed) + found.total()
        followed, found = _each_once(followed), Counter(found.keys())
        repeated -= _total(followed) + found.total()
    found += _in_order(followed)
    said = list({name_of(each): each for each in log.said}.values())
    day = Day(said, log.delivered, _orders(log))
    blind = _replayed(log, rules, own_channel_only)
    lost, doubled = wanted - found, found - wanted
    return Verdict(
        situations=_number(said, Situation),
        decisions=_number(said, Decision),
        actions=_number(said, Action),
        revoked=_number(said, Revoked),
        lost=lost.total(),
        doubled=doubled.total(),
        repeated=repeated,
        wrong=(*_some("lost", lost), *_some("doubled", doubled)),
        dead_letters=log.dead_letters,
        delivered=len(log.delivered),
        avoided=tuple(find_avoided(blind, day)),
        carried=tuple(find_carried(day)),
    )


def _replayed(log: Logbook, rules: Rules, heard: Heard) -> list[Output]:
    said: list[Output] = []
    for records in log.customer_events.values():
        said += Reference(rules.playbook, rules.sources, heard).follow(records)
    return said


def _told(said: Iterable[Output]) -> Count:
    """Count outputs by kind, id and content."""
    return Counter((*name_of(each), _encode(each).decode()) for each in said)


def _events_sent(log: Logbook, identify: Identify) -> EventIds:
    sent: dict[str, list[str]] = defaultdict(list)
    for event in _events(log.source):
        owner = identify.customer_of(event.identifiers or {})
        sent["" if isinstance(owner, Rejected) else owner].append(event.id)
    return sent


def _events_followed(log: Logbook) -> EventIds:
    followed: dict[str, list[str]] = defaultdict(list)
    for event in _events(log.customer_events):
        if not event.type.startswith("action."):
            followed[event.customer_id].append(event.id)
    return followed


def _each_once(events: EventIds) -> EventIds:
    return {customer_id: list(dict.fromkeys(ids)) for customer_id, ids in events.items()}


def _total(events: EventIds) -> int:
    return sum(map(len, events.values()))


def _in_order(events: EventIds) -> Count:
    """Count events by their customer and the event before them, so that order counts too."""
    return Counter(
        ("event", customer_id, before, name)
        for customer_id, ids in events.items()
        for before, name in pairwise(("", *ids))
    )


def _events(partitions: Mapping[int, list[Record]]) -> Iterator[Event]:
    for records in partitions.values():
        for record in records:
            if isinstance(event := _event_of(record), Event):
                yield event


def _event_of(record: Record) -> object:
    """Read the event that a record is, or that it asks to follow once a link is settled."""
    if record.key is not None:
        return read_event(record.value or b"")
    told = read_told(record.value)
    return read_event(told.event) if isinstance(told, Follow) else None


def _orders(log: Logbook) -> dict[str, list[Event]]:
    orders: dict[str, list[Event]] = defaultdict(list)
    for event in _events(log.customer_events):
        if event.type == "order.completed":
            orders[event.customer_id].append(event)
    return orders


def _some(what: str, names: Count) -> list[str]:
    return [" ".join((what, *name)) for name in sorted(names)[:EXAMPLES]]


def _number(said: Iterable[Output], kind: type[Output]) -> int:
    return sum(isinstance(each, kind) for each in said)
