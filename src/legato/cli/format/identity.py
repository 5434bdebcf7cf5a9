"""What was told of identity, in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from legato.core.decisions.handoff_text import in_plain
from legato.core.identity.events import (
    CustomerRebuilt,
    CustomersMerged,
    Evidence,
    IdentifierLinked,
    IdentifierSplit,
    IdentityOutput,
    MergeRefused,
)

Call = Callable[[str, str], str]
"""Says a name of a type (empty if it is not known) as a person may know it."""

PROOFS = {
    "account.logged_in": "a login",
    "account.created": "a sign-up",
    "loyalty.card_scanned": "a card scan",
    "order.completed": "an order",
}


def by_name(name: str, kind: str) -> str:
    """Call an identifier by its name, where values are not known."""
    return f"{kind} {name}".strip()


def in_words(told: IdentityOutput, call: Call = by_name) -> str:
    """Say what happened, and what showed it."""
    match told:
        case IdentifierLinked():
            linked = f"{call(told.identifier, told.type)} was linked to"
            return f"{linked} {call(told.customer_id, '')} by {shown_by(told.evidence)}"
        case CustomersMerged():
            merged = f"{call(told.merged, '')}, a customer until then, was merged into"
            return f"{merged} {call(told.customer_id, '')} with {_count(told)}"
        case MergeRefused():
            apart = f"{call(told.other, '')} and {call(told.customer_id, '')} stay apart"
            return f"refused: {_too_many(told)}, so {apart} after {shown_by(told.evidence)}"
        case IdentifierSplit():
            return _split(told, call)
        case CustomerRebuilt():
            return _rebuilt(told, call)
    assert_never(told)


def shown_by(evidence: Evidence) -> str:
    """Say which event shows it."""
    source = f" from {evidence.source}" if evidence.source else ""
    return f"{kind_of_proof(evidence)}{source} (event {evidence.event_id})"


def kind_of_proof(evidence: Evidence) -> str:
    """Say in a word or two what kind of event shows it."""
    return PROOFS.get(evidence.type, evidence.type)


def _count(told: CustomersMerged) -> str:
    count = len(told.identifiers)
    return f"{count} identifiers" if count > 1 else "all that was known of it"


def _too_many(told: MergeRefused) -> str:
    return f"two {told.type}s" if told.reason == "unique" else f"too many {told.type}s"


def _split(told: IdentifierSplit, call: Call) -> str:
    identifier = call(told.identifier, told.type)
    if told.reason == "fan_out":
        return f"{identifier} was blocked: too many customers share it"
    why = "as asked" if told.reason == "asked" else in_plain(told.reason)
    former = f" from {call(told.customer_id, '')}" if told.customer_id else ""
    return f"{identifier} was split off{former}, {why}"


def _rebuilt(told: CustomerRebuilt, call: Call) -> str:
    whose = call(told.customer_id, "")
    if told.customer_id == told.identifier:
        return f"{whose} got back from the log what was of it alone"
    without = f"without {call(told.identifier, '')}"
    if told.done:
        return f"{whose} was rebuilt from the log, {without}"
    return f"{whose} was not rebuilt {without}: there was news meanwhile"
