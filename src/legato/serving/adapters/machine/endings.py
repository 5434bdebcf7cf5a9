"""What is written of an action that is over: outcomes, and dead letters."""

from __future__ import annotations

import re

from legato.core.values.outputs import Action, Revoked
from legato.core.values.results import Rejected, Unreadable
from legato.core.values.time import Instant
from legato.serving.adapters.machine.commands import Letter
from legato.serving.adapters.machine.delivery import Delivery
from legato.serving.adapters.machine.facts import TP, ActionsRecord
from legato.wire.topics.dead_letters import ADAPTER_STAGE, Coordinates
from legato.wire.topics.outcomes import Outcome, Status

EXHAUSTED = "retries_exhausted"
NOT_SAID = "not_said"
_CODE = re.compile(r"[a-z0-9_.:-]{1,64}")


def outcome_of(action: Action, status: Status, now: Instant, reason: str = "") -> Outcome:
    """Report what became of an action."""
    return Outcome(
        action.action_id, action.customer_id, action.channel, status, now, reason or None
    )


def outcome_of_revocation(revoked: Revoked, now: Instant) -> Outcome:
    """Report that an action was taken back when it had been delivered."""
    who = revoked.action_id, revoked.customer_id, revoked.channel
    return Outcome(*who, "revoked_too_late", now)


def plain_reason(reason: str) -> str:
    """Let codes pass, and nothing that could be of a customer."""
    return reason if _CODE.fullmatch(reason) else NOT_SAID


def crash_letter(delivery: Delivery, error: str) -> Letter:
    """Make a dead letter of an action that the adapter cannot do."""
    return _letter_of(
        delivery, f"the adapter failed {delivery.tries} times, at last with {error}"
    )


def cut_off_letter(delivery: Delivery) -> Letter:
    """Make a dead letter of an action whose tries were cut off, the last one as well."""
    return _letter_of(
        delivery, f"it was tried {delivery.tries} times, at last without an answer"
    )


def _letter_of(delivery: Delivery, told: str) -> Letter:
    at = Coordinates(*delivery.tp, delivery.offset, delivery.time)
    return Letter(delivery.raw, at, Rejected("adapter_failed", told, ADAPTER_STAGE))


def unreadable_letter(tp: TP, record: ActionsRecord, why: Unreadable) -> Letter:
    """Make a dead letter of a record that says nothing."""
    at = Coordinates(*tp, record.offset, record.time)
    return Letter(record.raw, at, Unreadable(why.reason, why.message, ADAPTER_STAGE))
