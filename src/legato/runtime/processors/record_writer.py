"""Writes what comes out of a processor as records for Kafka."""

from __future__ import annotations

from legato.core.engine import SourceWatermark
from legato.core.events.event import Event
from legato.core.identity.alias_index import Alias
from legato.core.identity.commands import Command
from legato.core.identity.events import IdentityOutput
from legato.core.values.outputs import (
    Action,
    Conversion,
    Decision,
    JourneyTouchpoint,
    Output,
    Resolution,
    Retracted,
    Revoked,
    Situation,
)
from legato.core.values.results import Rejected, Unreadable
from legato.core.values.time import Instant
from legato.runtime.machine.checkpoint import ProducerRecord
from legato.runtime.machine.facts import Batch
from legato.wire.formats.registry import Registry
from legato.wire.record import RawRecord
from legato.wire.source.reader import write_event
from legato.wire.topics.actions import action_headers, write_action
from legato.wire.topics.clock import write_watermark
from legato.wire.topics.commands import write_command
from legato.wire.topics.dead_letters import Coordinates, dead_letter
from legato.wire.topics.identity import write_alias, write_identity
from legato.wire.topics.names import Topics
from legato.wire.topics.outputs import write_output
from legato.wire.topics.touchpoints import write_touchpoint


class RecordWriter:
    """Knows the topics, and what lies on them."""

    def __init__(self, topics: Topics, registry: Registry, letter_bytes: int) -> None:
        self._topics, self._registry, self._letter_bytes = topics, registry, letter_bytes
        self._situations, self._decisions = topics.situations, topics.decisions
        self._touchpoints = topics.touchpoints

    def output(self, output: Output, partition: int) -> ProducerRecord:
        """Write one output; raises RegistryDown before the schema of actions has an id."""
        key = output.customer_id.encode()
        match output:
            case Decision():
                return ProducerRecord(self._decisions, key, write_output(output))
            case Situation():
                return ProducerRecord(self._situations, key, write_output(output))
            case Action() | Revoked():
                return self._action(output, key, partition)
            case Retracted():
                return ProducerRecord(self._situations, key, write_output(output))
            case Conversion() | Resolution():
                return ProducerRecord(self._decisions, key, write_output(output))

    def _action(self, output: Action | Revoked, key: bytes, partition: int) -> ProducerRecord:
        return ProducerRecord(
            self._topics.actions(output.channel),
            key,
            write_action(output, self._registry),
            headers=(
                *action_headers(output),
                ("legato-home-partition", str(partition).encode()),
            ),
        )

    def touchpoint(self, told: JourneyTouchpoint) -> ProducerRecord:
        """Write a touchpoint; raises RegistryDown before their schema has an id."""
        value = write_touchpoint(told, self._registry)
        return ProducerRecord(self._touchpoints, told.customer_id.encode(), value)

    def sent(self, sent: Command | Event, to: str, partition: int) -> ProducerRecord:
        """Write what one slot sends to another: a command, or an event on its way."""
        if isinstance(sent, Event):
            return ProducerRecord(
                self._topics.customer_events, to.encode(), write_event(sent), partition
            )
        return ProducerRecord(
            self._topics.customer_events, None, write_command(sent), partition
        )

    def clock(self, source: str, passed: Instant, partition: int) -> ProducerRecord:
        """Write for one partition how far time has come at a source."""
        value = write_watermark(SourceWatermark(source, passed))
        return ProducerRecord(self._topics.customer_events, None, value, partition)

    def alias(self, name: str, alias: Alias | None) -> ProducerRecord:
        """Write where an identifier leads."""
        return ProducerRecord(self._topics.identity_aliases, name.encode(), write_alias(alias))

    def identity(self, told: IdentityOutput) -> ProducerRecord:
        """Write what is told of identity."""
        key = told.customer_id or getattr(told, "identifier", "")
        return ProducerRecord(self._topics.identity_events, key.encode(), write_identity(told))

    def dead_letter(
        self, batch: Batch, index: int, why: Unreadable | Rejected
    ) -> ProducerRecord:
        """Write a dead letter for one record of a batch."""
        headers = tuple(batch.headers_at(index) or ())
        original = RawRecord(batch.keys[index], batch.values[index], headers)
        at = Coordinates(*batch.tp, batch.offsets[index], batch.times[index])
        return self._dead_letter(original, at, why)

    def timer_dead_letter(
        self, customer_id: str, partition: int, why: Rejected
    ) -> ProducerRecord:
        """Write a dead letter for a customer whose timer failed; no record is to blame."""
        at = Coordinates(self._topics.customer_contexts, partition, -1, 0)
        return self._dead_letter(RawRecord(customer_id.encode(), None), at, why)

    def _dead_letter(
        self, original: RawRecord, at: Coordinates, why: Unreadable | Rejected
    ) -> ProducerRecord:
        letter = dead_letter(original, at, why, self._letter_bytes)
        return ProducerRecord(
            self._topics.dead_letters, letter.key, letter.value, headers=letter.headers
        )
