"""What the engine tells, in the words of the oracle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.replay.brute_force import Finding

KNOWN = frozenset(("cart_abandoned", "channel_switched"))
"""The situations of the default playbook that the oracle can find."""


def as_finding(situation: Mapping[str, Any], customer: tuple[str, str]) -> Finding:
    """Translate a situation, as `legato replay` writes it, of a customer known by name."""
    time, name, told = situation["time"], situation["situation"], situation["evidence"]
    if name == "cart_abandoned":
        return Finding(time, customer, name, situation["stage"], told["cart_id"])
    kinds_and_keys = (goal.partition(":")[::2] for goal in told["goals"])
    goals = tuple(sorted((kind, key) for kind, key in kinds_and_keys))
    return Finding(time, customer, name, 0, "", told["from"], told["to"], told["gap"], goals)
