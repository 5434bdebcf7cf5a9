"""From records of decisions, actions and outcomes to what shall stand in Redis."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from legato.core.decisions.learning import report_of
from legato.core.events.event import Event
from legato.core.values.outputs import Action, Decision, Revoked
from legato.core.values.results import Rejected, Unreadable
from legato.core.values.time import SECOND, Instant
from legato.queries.outputs import read_said
from legato.queries.topic_reader import TopicRecord
from legato.serving.redis_view.open_actions import Closing, OpenRule
from legato.settings import RedisSettings
from legato.wire.formats.registry import Registry
from legato.wire.topics.outcomes import read_outcome

_json = msgspec.json.Encoder()


class DecisionEntry(Struct, array_like=True, frozen=True, gc=False):
    """A decision, as the script takes it; the JSON is that of the record, byte for byte."""

    customer_id: str
    decision_id: str
    time: Instant
    json: str


class ActionEntry(Struct, array_like=True, frozen=True, gc=False):
    """An action that is open, as the script takes it."""

    action_id: str
    customer_id: str
    time: Instant
    expires: Instant
    json: str
    channel: str
    venue: str | None
    queue: str | None


class ShownAction(Action, frozen=True, omit_defaults=True, tag_field="kind", tag="action"):
    """An action as its topic has it, with the venue or the queue where it waits."""

    venue: str = ""
    queue: str = ""


Entry = DecisionEntry | ActionEntry | Closing


class SaidReader:
    """Reads what is of use here; None is anything else that the topics hold."""

    def __init__(self, registry: Registry, rule: OpenRule, settings: RedisSettings) -> None:
        self._registry, self._rule = registry, rule
        self._mark = settings.tombstone_ttl_s * SECOND

    def read_said(self, record: TopicRecord, now: Instant) -> Entry | Unreadable | None:
        """Read a decision, an action that is not over, or its revocation.

        Raises RegistryDown.
        """
        match said := read_said(record, self._registry):
            case Decision():
                named = said.customer_id, said.decision_id, said.time
                return DecisionEntry(*named, (record.value or b"").decode(errors="replace"))
            case Action():
                return self._entry(said) if said.expires_at > now else None
            case Revoked():
                return Closing(said.action_id, "revoked", record.time + self._mark)
            case Unreadable():
                return said
            case _:
                return None

    def read_outcome(self, record: TopicRecord) -> Closing | Unreadable | Rejected | None:
        """Read a report, if it closes its action; raises RegistryDown."""
        told = read_outcome(record.value, record.headers, record.time, self._registry)
        if not isinstance(told, Event):
            return told
        report = report_of(told)
        if report is None or not self._rule.closes(report.outcome, told.channel):
            return None
        return Closing(report.action_id, report.outcome, record.time + self._mark)

    def _entry(self, action: Action) -> ActionEntry:
        venue, queue = self._rule.venue_of(action), self._rule.queue_of(action)
        fields: dict[str, Any] = asdict(action) | {"venue": venue, "queue": queue}
        json = _json.encode(ShownAction(**fields))
        return ActionEntry(
            action.action_id,
            action.customer_id,
            action.time,
            action.expires_at,
            json.decode(),
            action.channel,
            venue or None,
            queue or None,
        )
