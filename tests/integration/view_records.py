"""Records as the view reads them, made by hand: without a broker, in any order."""

from __future__ import annotations

from collections.abc import Sequence

from confluent_kafka import Message
from msgspec.structs import replace

from legato.cli.envelope import wall_clock
from legato.core.context.context import ActionRecord, Context
from legato.core.values.outputs import Action, Candidate, Decision, Factors, Output, Revoked
from legato.core.values.time import HOUR, MINUTE
from legato.wire.formats.open_registry import open_registry
from legato.wire.state import write_context
from legato.wire.topics.actions import action_headers, write_action
from legato.wire.topics.outcomes import Outcome, write_outcome
from legato.wire.topics.outputs import write_output

REGISTRY = open_registry()
NOW = wall_clock()
"""When the tests began, in whole milliseconds."""


def a_decision(customer_id: str, number: int, time: int = NOW) -> Decision:
    lost = Candidate("remind_by_sms", "sms", "no_consent")
    name = f"{customer_id}-{number}"
    return Decision(customer_id, f"d-{name}", f"s-{name}", "welcome", time, candidates=(lost,))


def an_action(
    action_id: str, customer_id: str, channel: str = "store", address: str = "BER-1"
) -> Action:
    """An action that was just decided, and is good for an hour."""
    return Action(
        customer_id=customer_id,
        action_id=action_id,
        occurrence_id="o",
        journey_id="j",
        situation="channel_switched",
        action="brief_store",
        purpose="service",
        channel=channel,
        address=address,
        content_ref="handoff_store",
        time=NOW,
        not_before=NOW,
        expires_at=NOW + HOUR,
        factors=Factors(1, 1, 1, 1),
        params={"greeting": 'say "hello" \\ hallo'},
    )


def revoked(action: Action) -> Revoked:
    named = action.customer_id, action.action_id, action.channel, action.situation
    return Revoked(*named, NOW, "resolved")


def with_actions(context: Context, *actions: Action, status: str = "sent") -> Context:
    """Let a context say what became of actions."""
    context.actions = tuple(
        ActionRecord(
            action_id=each.action_id,
            occurrence_id=each.occurrence_id,
            name=each.action,
            situation=each.situation,
            purpose=each.purpose,
            channel=each.channel,
            decided=each.time,
            not_before=each.not_before,
            expires=each.expires_at,
            status=status,
        )
        for each in actions
    )
    return context


class LoggedRecords:
    """Makes messages of one test's topics, each behind the one before."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._offset = 0

    def context(self, context: Context) -> Message:
        return self._message("customer.contexts", context.customer_id, write_context(context))

    def erasure(self, customer_id: str, time: int = NOW - 10 * MINUTE) -> Message:
        """By default so long ago that what is decided now is from after it."""
        return self._message("customer.contexts", customer_id, None, time=time)

    def decision(self, output: Output) -> Message:
        return self._message("decisions", output.customer_id, write_output(output))

    def action(self, output: Action | Revoked, customer_id: str = "") -> Message:
        headers = action_headers(output)
        value = write_action(output, REGISTRY)
        key = customer_id or output.customer_id
        return self._message(f"actions.{output.channel}", key, value, headers=headers)

    def outcome(self, action: Action, status: str) -> Message:
        told = Outcome(action.action_id, action.customer_id, action.channel, "delivered", NOW)
        value = write_outcome(replace(told, status=status), REGISTRY)
        return self._message("action.outcomes", action.customer_id, value)

    def raw(self, topic: str, value: bytes) -> Message:
        return self._message(topic, "0-x", value)

    def _message(
        self,
        topic: str,
        key: str,
        value: bytes | None,
        *,
        time: int = NOW,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> Message:
        self._offset += 1
        return Message(
            topic=self._prefix + topic,
            partition=0,
            offset=self._offset,
            key=key.encode(),
            value=value,
            headers=[*headers],
            timestamp=(1, time),
        )
