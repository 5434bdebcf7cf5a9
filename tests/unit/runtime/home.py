"""A home of one partition, with the real core, fed by hand."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import json
from msgspec.structs import replace

from legato.core.identity.customer_ids import Identify
from legato.core.playbook.definition import Playbook
from legato.core.values.time import HOUR
from legato.harness import default_playbook
from legato.runtime.kafka.topic_layout import OUTCOMES, TopicLayout
from legato.runtime.machine.facts import TP, Batch
from legato.runtime.processors.follow import FollowProcessor
from legato.runtime.processors.job import Job, JobLimits
from legato.wire.formats.registry import FileRegistry
from legato.wire.source.reader import Reader
from legato.wire.source.source import Source
from legato.wire.topics.names import Topics

NOON = 1_750_000_000_000
TOPICS = Topics("t.")
TILL, WEB = ("till", 0), ("web", 0)
EVENTS = (TOPICS.customer_events, 0)
OUTS = (TOPICS.action_outcomes, 0)
_REGISTRY = FileRegistry()


def plan(
    playbook: Playbook | None = None, limits: JobLimits | None = None, clock: str = "received"
) -> Job:
    """A trusted till and a web that needs the hop, one partition each."""
    till = Source(name="till", topics=("till",), trust="customer_id")
    web = Source(name="web", topics=("web",))
    if clock == "event_time":
        till, web = replace(till, clock="event_time"), replace(web, clock="event_time")
    layout = TopicLayout(
        topics=TOPICS,
        partition_count=1,
        trusted={"till": till},
        untrusted={"web": web, TOPICS.action_outcomes: OUTCOMES},
        partitions={"till": 1, "web": 1, TOPICS.action_outcomes: 1, EVENTS[0]: 1},
    )
    return Job(
        layout=layout,
        playbook=playbook or default_playbook(),
        identify=Identify("pepper", ("loyalty_id",)),
        readers={topic: Reader(each, _REGISTRY) for topic, each in layout.every_source.items()},
        registry=_REGISTRY,
        limits=limits or JobLimits(),
    )


def event(number: int, kind: str, at: int, **data: object) -> bytes:
    """An event of ada's, as upstream writes it."""
    told = {"id": f"e{number}", "type": kind, "channel": "web", "time": at, "data": data}
    return json.encode({**told, "identifiers": {"loyalty_id": "ada"}})


def batch(
    tp: TP, values: Sequence[bytes | None], times: Sequence[int], key: bytes | None = b"ada"
) -> Batch:
    """Records of one partition from offset 0 on."""
    return Batch(tp, 1, 0, range(len(values)), [key] * len(values), values, times)


def passed(processor: FollowProcessor, source: TP, time: int) -> None:
    """Let a clock record arrive."""
    value = json.encode({"source": f"{source[0]}/{source[1]}", "time": time})
    processor.take(batch(EVENTS, [value], [time], None))


def hour_later(processor: FollowProcessor, at: int = NOON + 2 * HOUR) -> None:
    """Let all sources pass on everything up to two hours after noon."""
    for source in (WEB, OUTS):
        passed(processor, source, at)
    processor.pass_time(TILL, at)
