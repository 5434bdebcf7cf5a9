"""A policy check: nothing goes to people of whom we know no more than that they exist."""

from __future__ import annotations

from legato.core.decisions.policy import PolicyCheck, PolicyRequest


def is_a_stranger(asked: PolicyRequest) -> str | None:
    stage = asked.context.stage
    return stage if stage == "awareness" else None


STRANGERS = PolicyCheck("stranger", is_a_stranger)
