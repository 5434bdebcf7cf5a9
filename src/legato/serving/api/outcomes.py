"""What became of an action, as somebody reports it here: on its way to the line."""

from __future__ import annotations

from legato.serving.api.producer import OutgoingRecord
from legato.serving.api.state import ApiState
from legato.wire.topics.names import Topics
from legato.wire.topics.outcomes import Outcome, write_outcome


async def send_outcome(api: ApiState, outcome: Outcome) -> None:
    """Have Kafka acknowledge a report; raises Problem (503), and then promises nothing."""
    topic = Topics(api.settings.kafka.prefix).action_outcomes
    value = write_outcome(outcome, api.registry)
    await api.producer.send([OutgoingRecord(topic, outcome.customer_id.encode(), value)])
