"""What is said of identity: links, merges, conflicts and splits, with the evidence.

`identifier` and `customer_id` are names, never values; `time` is that of the proof.
"""

from __future__ import annotations

from typing import assert_never

from msgspec import Struct

from legato.core.values.time import Instant


class Evidence(Struct, frozen=True, omit_defaults=True):
    """The event that shows it, and the source that it came from."""

    event_id: str
    type: str
    source: str = ""


class IdentifierLinked(
    Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="identity.linked"
):
    """An identifier belongs to this customer now."""

    customer_id: str
    identifier: str
    type: str
    time: Instant
    evidence: Evidence


class CustomersMerged(
    Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="identity.merged"
):
    """A customer was merged into this one, with these identifiers."""

    customer_id: str
    merged: str
    identifiers: tuple[str, ...]
    time: Instant
    evidence: Evidence


class MergeRefused(
    Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="identity.conflict"
):
    """A link was refused: it would have brought too many identifiers of `type`."""

    customer_id: str
    other: str
    type: str
    reason: str
    time: Instant
    evidence: Evidence


class IdentifierSplit(
    Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="identity.split"
):
    """An identifier no longer belongs to this customer (empty: it belonged to none)."""

    customer_id: str
    identifier: str
    type: str
    reason: str
    time: Instant


class CustomerRebuilt(
    Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="identity.rebuilt"
):
    """A customer was rebuilt after `identifier` was split off; or not, for it went on since."""

    customer_id: str
    identifier: str
    time: Instant
    done: bool = True


IdentityOutput = (
    IdentifierLinked | CustomersMerged | MergeRefused | IdentifierSplit | CustomerRebuilt
)


def word_of(told: IdentityOutput) -> str:
    """Say in a word what happened, as metrics and people call it."""
    match told:
        case IdentifierLinked():
            return "linked"
        case CustomersMerged():
            return "merged"
        case MergeRefused():
            return "conflict"
        case IdentifierSplit():
            return "split"
        case CustomerRebuilt():
            return "rebuilt"
    assert_never(told)


def names_in(told: IdentityOutput) -> frozenset[str]:
    """List the identifiers and customers of whom it speaks."""
    match told:
        case IdentifierLinked() | IdentifierSplit() | CustomerRebuilt():
            return frozenset((told.customer_id, told.identifier))
        case CustomersMerged():
            return frozenset((told.customer_id, told.merged, *told.identifiers))
        case MergeRefused():
            return frozenset((told.customer_id, told.other))
    assert_never(told)
