"""Actions for an adapter, on the topic of their channel."""

from legato.cli.envelope import wall_clock
from legato.core.values.outputs import Action, Factors, Revoked
from legato.core.values.time import HOUR
from legato.settings import Settings
from legato.wire.formats.open_registry import open_registry
from legato.wire.topics.actions import action_headers, write_action
from tests.integration.said import Said

REGISTRY = open_registry()


def action(name: str, *, wait: int = 0, valid: int = HOUR) -> Action:
    now = wall_clock()
    return Action(
        customer_id=f"1-{name}",
        action_id=name,
        occurrence_id="o",
        journey_id="j",
        situation="cart_abandoned",
        action="remind_by_email",
        purpose="promotion",
        channel="email",
        address=f"{name}@example.org",
        content_ref="cart_reminder",
        time=now,
        not_before=now + wait,
        expires_at=now + valid,
        factors=Factors(1, 1, 1, 1),
    )


def revoked(name: str) -> Revoked:
    return Revoked(f"1-{name}", name, "email", "cart_abandoned", wall_clock(), "converted")


def publish(settings: Settings, *outputs: Action | Revoked) -> None:
    said = Said(settings)
    for output in outputs:
        value = write_action(output, REGISTRY)
        said.write("actions.email", output.customer_id, value, action_headers(output))
    said.flush()
