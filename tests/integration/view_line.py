"""What a worker and adapters say of customers, told by hand to a view that runs."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from legato.cli.envelope import wall_clock
from legato.core.values.outputs import Action, Decision
from legato.wire.topics.actions import action_headers, write_action
from legato.wire.topics.outcomes import Outcome, write_outcome
from legato.wire.topics.outputs import write_output
from tests.integration.said import Said
from tests.integration.view_records import REGISTRY, revoked


class Line(Said):
    """Says on the topics what a worker would, as it happens."""

    def decide(self, *decisions: Decision) -> None:
        for each in decisions:
            self.write("decisions", each.customer_id, write_output(each))
        self.flush()

    def act(self, *actions: Action) -> None:
        for each in actions:
            value, headers = write_action(each, REGISTRY), action_headers(each)
            self.write(f"actions.{each.channel}", each.customer_id, value, headers)
        self.flush()

    def revoke(self, action: Action) -> None:
        told = revoked(action)
        value, headers = write_action(told, REGISTRY), action_headers(told)
        self.write(f"actions.{action.channel}", action.customer_id, value, headers)
        self.flush()

    def report(self, action: Action, status: str, *, as_json: bool = False) -> None:
        at = wall_clock()
        told = replace(
            Outcome(action.action_id, action.customer_id, action.channel, "failed", at),
            status=status,
        )
        value = msgspec.json.encode(told) if as_json else write_outcome(told, REGISTRY)
        self.write("action.outcomes", action.customer_id, value)
        self.flush()
