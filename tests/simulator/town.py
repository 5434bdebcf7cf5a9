"""The set-up of a simulation: topics, sources, and the plan that the workers part."""

from __future__ import annotations

import msgspec

from legato.core.events.event import Event
from legato.core.identity.customer_ids import Identify
from legato.core.values.ids import murmur2
from legato.runtime.kafka.topic_layout import OUTCOMES, OUTCOMES_IN_BACKFILL, TopicLayout
from legato.runtime.machine.facts import TP
from legato.runtime.processors.job import Job
from legato.wire.formats.registry import FileRegistry
from legato.wire.source.reader import Reader
from legato.wire.source.source import Source
from legato.wire.topics.names import Topics
from tests.simulator.story import hasty_playbook

HOMES, WEBS = 3, 2
TOPICS = Topics("sim.")
ORDERS, WEB = "sim.orders", "sim.web"
PLAYBOOK = hasty_playbook()
IDENTIFY = Identify("simulated", ("user_id", "loyalty_id", "email", "*", "anonymous_id"))
REGISTRY = FileRegistry()


def town(*, backfill: bool) -> Job:
    """A trusted topic and one that needs the hop; their clocks follow events, or the broker."""
    clock = "event_time" if backfill else "received"
    told = {"clock": clock}
    orders = msgspec.convert({"name": "orders", "trust": "customer_id", **told}, _Named)
    web = msgspec.convert({"name": "web", **told}, _Named)
    layout = TopicLayout(
        topics=TOPICS,
        partition_count=HOMES,
        trusted={ORDERS: orders},
        untrusted={
            WEB: web,
            TOPICS.action_outcomes: OUTCOMES_IN_BACKFILL if backfill else OUTCOMES,
        },
        partitions=partitions(),
    )
    doors = {topic: Reader(source, REGISTRY) for topic, source in layout.every_source.items()}
    return Job(layout, PLAYBOOK, IDENTIFY, doors, REGISTRY, touchpoints=True)


class _Named(Source, frozen=True):
    """A source whose topics nobody looks up."""

    topics: tuple[str, ...] = ()


def partitions() -> dict[str, int]:
    """Every topic, and how many partitions it has."""
    outputs = [
        TOPICS.situations,
        TOPICS.decisions,
        TOPICS.touchpoints,
        TOPICS.dead_letters,
        TOPICS.identity_events,
        *map(TOPICS.actions, PLAYBOOK.channels),
    ]
    homes = {TOPICS.customer_events: HOMES, TOPICS.customer_contexts: HOMES, ORDERS: HOMES}
    tables = {TOPICS.identity_aliases: 2, TOPICS.action_outcomes: 1}
    return {**homes, WEB: WEBS, **tables, **dict.fromkeys(outputs, 1)}


def owner_of(customer: str) -> str:
    """The customer whom the line makes of one that comes over the web."""
    return str(IDENTIFY.customer_of({"loyalty_id": customer}))


def place_of(event: Event) -> TP:
    """Where upstream puts an event."""
    key = murmur2(event.customer_id.encode())
    return (ORDERS, key % HOMES) if is_trusted(event) else (WEB, key % WEBS)


def is_trusted(event: Event) -> bool:
    """Does upstream know whose event it is?"""
    return event.customer_id.startswith("t")


def written(event: Event) -> bytes:
    """An event as upstream writes it."""
    told = {
        "id": event.id,
        "type": event.type,
        "channel": event.channel,
        "time": event.time,
        "data": event.data,
    }
    if not is_trusted(event):
        told["identifiers"] = event.identifiers or {"loyalty_id": event.customer_id}
    return msgspec.json.encode(told)
