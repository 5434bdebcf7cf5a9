"""What happened with one customer up to an instant: seen, found, decided, and what then."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TypeAlias

import msgspec
from msgspec import Struct

from legato.core.context.context import Context, ErasureRecord
from legato.core.context.erasure import erasures_before
from legato.core.events.event import Event
from legato.core.events.payloads import ActionFeedback
from legato.core.events.touchpoint import Touchpoint
from legato.core.values.outputs import Action, Decision, Output, Retracted, Revoked, Situation
from legato.core.values.time import NEVER, Instant
from legato.harness import Harness
from legato.queries.customer import nobody
from legato.queries.identity_lookup import IdentityLookup
from legato.queries.outputs import read_said, registry_of
from legato.queries.topic_filter import is_action_topic, topics_of
from legato.queries.topic_reader import TopicReader
from legato.replay import Entry, play
from legato.settings import Settings
from legato.wire.topics.outcomes import read_outcome

OUTCOME = "action."
"""How the type of an event begins that says what became of an action."""
Happening: TypeAlias = Output | Event
_read_feedback = msgspec.json.Decoder(ActionFeedback).decode


class ActionStory(Struct, frozen=True):
    """An action that was decided, and what became of it: reports, or that it was taken back."""

    action: Action
    outcomes: tuple[Event, ...] = ()
    revoked: Revoked | None = None


class CustomerStory(Struct, frozen=True):
    """What was seen of a customer (the last touchpoints), found, decided and done, by time.

    `retracted` are situations that turned out to be none, by their ids, with the reason.
    `erasure` is what was said last of being forgotten.
    """

    customer_id: str
    seen: tuple[Touchpoint, ...]
    situations: tuple[Situation, ...]
    decisions: tuple[Decision, ...]
    actions: tuple[ActionStory, ...]
    retracted: dict[str, str] = {}
    erasure: ErasureRecord | None = None

    def action_of(self, decision: Decision) -> ActionStory | None:
        """Find what was done by a decision, if anything."""
        found = (each for each in self.actions if each.action.action_id == decision.action_id)
        return next(found, None)


def read_story(settings: Settings, names: Collection[str], until: Instant) -> CustomerStory:
    """Read from the topics what is said of the customer to whom the first known name leads.

    It reads the partitions of this customer alone. Raises NotFound, KafkaAway and StateError.
    """
    topics = topics_of(settings)
    with TopicReader(settings) as reader:
        slots = IdentityLookup(reader)
        found = slots.find(*names)
        theirs = slots.names_of(found)
        said = [
            *_said(reader, (topics.situations, topics.decisions), theirs),
            *_said(reader, reader.partitions(is_action_topic(settings)), theirs),
            *_reports(reader, topics.action_outcomes, theirs),
        ]
    context = found.context
    if context is None and not said:
        raise nobody(settings, found.customer_id)
    return told_up_to(found.customer_id, context, said, until)


def replay_story(
    harness: Harness,
    entries: list[Entry],
    name: str,
    until: Instant,
    tell: Callable[[int], None] = lambda _: None,
) -> CustomerStory | None:
    """Play a log up to an instant, and tell of the customer to whom a name leads by then.

    It tells how many lines were followed. None if that customer did nothing.
    """
    said: list[Happening] = [*play(harness, entries, until, tell)]
    said += [entry.event for entry in entries if entry.at <= until and entry.event is not None]
    root = harness.root_of(name)
    theirs = [each for each in said if harness.root_of(each.customer_id) == root]
    context = harness.contexts.get(root)
    if context is None or not context.revision:
        return None
    return told_up_to(root, context, theirs, until)


def told_up_to(
    customer_id: str,
    context: Context | None,
    said: Iterable[Happening],
    until: Instant = NEVER,
) -> CustomerStory:
    """Put together what belongs together, and leave out what came later."""
    past = sorted((each for each in said if each.time <= until), key=_time)
    revoked = {each.action_id: each for each in past if isinstance(each, Revoked)}
    reports: dict[str, list[Event]] = {}
    for each in past:
        if isinstance(each, Event) and (action_id := _reported(each)):
            reports.setdefault(action_id, []).append(each)
    actions = {each.action_id: each for each in past if isinstance(each, Action)}
    known = Context(customer_id) if context is None else context
    return CustomerStory(
        customer_id,
        tuple(each for each in known.timeline if each.time <= until),
        tuple(
            {each.situation_id: each for each in past if isinstance(each, Situation)}.values()
        ),
        tuple({each.decision_id: each for each in past if isinstance(each, Decision)}.values()),
        tuple(
            ActionStory(action, tuple(reports.get(name, ())), revoked.get(name))
            for name, action in actions.items()
        ),
        {each.situation_id: each.reason for each in past if isinstance(each, Retracted)},
        next(reversed(erasures_before(known.erasures, until + 1)), None),
    )


def _said(
    reader: TopicReader, topics: Iterable[str], names: Collection[str]
) -> Iterator[Output]:
    registry = registry_of(reader.settings)
    for topic in topics:
        for record in reader.read_keys(topic, names):
            said = read_said(record, registry)
            if isinstance(said, Output):
                yield said


def _reports(reader: TopicReader, topic: str, names: Collection[str]) -> Iterator[Event]:
    registry = registry_of(reader.settings)
    for record in reader.read_keys(topic, names):
        report = read_outcome(record.value, record.headers, record.time, registry)
        if isinstance(report, Event):
            yield report


def _reported(event: Event) -> str:
    """Name the action that an event reports on; empty if it does not."""
    if not event.type.startswith(OUTCOME) or not event.data:
        return ""
    try:
        return _read_feedback(event.data).action_id or ""
    except msgspec.MsgspecError:
        return ""


def _time(said: Happening) -> Instant:
    return said.time
