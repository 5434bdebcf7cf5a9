"""Names what lies in the topics, and what should lie there, so that both can be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from legato.core.engine import SourceWatermark
from legato.core.events.event import Event
from legato.core.identity.commands import Command, DeferredEvent, FillPast, Link, Rebuilt, Split
from legato.core.values.ids import derive_id, murmur2
from legato.core.values.outputs import (
    Conversion,
    Decision,
    Output,
    Resolution,
    Retracted,
    Situation,
)
from legato.core.values.results import Unreadable
from legato.queries.outputs import read_said
from legato.queries.topic_reader import TopicRecord
from legato.runtime.kafka.topic_layout import TopicLayout
from legato.verification.audit import (
    ACTIONS,
    COMMANDS,
    CONVERSIONS,
    DECISIONS,
    RESOLUTIONS,
    REVOCATIONS,
    SITUATIONS,
    Saying,
)
from legato.verification.comparison import name_of
from legato.wire.formats.registry import Registry
from legato.wire.topics.commands import write_command

Told = Command | Event | SourceWatermark | Unreadable
_KINDS = {
    "situation": SITUATIONS,
    "decision": DECISIONS,
    "action": ACTIONS,
    "conversion": CONVERSIONS,
    "resolution": RESOLUTIONS,
}


class Sayings:
    """Knows the topics of a deployment; `outputs` are partitions by topic of outputs."""

    def __init__(
        self, layout: TopicLayout, outputs: Mapping[str, Sequence[int]], registry: Registry
    ) -> None:
        self._layout, self._outputs, self._registry = layout, outputs, registry

    def of_record(self, record: TopicRecord) -> Saying:
        """Name an output that lies in its topic; one that cannot be read by where it lies."""
        said = read_said(record, self._registry)
        place = f"{record.topic}/{record.partition}"
        if not isinstance(said, Unreadable):
            return _named(said, place)
        key = (record.key or b"").decode(errors="replace")
        name = f"unreadable {place}:{record.offset}"
        return Saying(self._kind_of(record.topic), name, key, place)

    def of_output(self, output: Output) -> Saying:
        """Name an output, and say where it should lie."""
        topics = self._layout.topics
        match output:
            case Situation() | Retracted():
                topic = topics.situations
            case Decision() | Conversion() | Resolution():
                topic = topics.decisions
            case _:
                topic = topics.actions(output.channel)
        count = len(self._outputs.get(topic, ())) or 1
        return _named(output, f"{topic}/{murmur2(output.customer_id.encode()) % count}")

    def of_command(self, told: Told) -> Saying | None:
        """Name a command that slots alone send, by its bytes; None for all else."""
        match told:
            case Event() | SourceWatermark() | Unreadable():
                return None
            case DeferredEvent() | Link() | Split() | Rebuilt() | FillPast():
                return None
            case _:
                digest = derive_id(write_command(told).hex())
                home = self._layout.partition_for(told.to)
                name = f"{type(told).__name__} {digest}"
                place = f"{self._layout.topics.customer_events}/{home}"
                return Saying(COMMANDS, name, told.to, place)

    def _kind_of(self, topic: str) -> str:
        topics = self._layout.topics
        return {topics.situations: SITUATIONS, topics.decisions: DECISIONS}.get(topic, ACTIONS)


def _named(output: Output, place: str) -> Saying:
    kind, name = name_of(output)
    return Saying(_KINDS.get(kind, REVOCATIONS), name, output.customer_id, place)
