"""What must lie between actions, and what those before forbid: the customer's and an address's.

Each function names what forbids a proposal, or says None. A customer asks them for what is
theirs (`policy.py`), whoever an address belongs to for what others would send (`answering.py`).
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from legato.core.context.context import ActionRecord, Context
from legato.core.decisions.caps import is_used_up, out_at, stands
from legato.core.decisions.quiet_hours import zones_of
from legato.core.decisions.rejections import silences
from legato.core.playbook.definition import Playbook
from legato.core.playbook.rules import Deed
from legato.core.values.time import Instant, Span


class Proposal(Struct, frozen=True, gc=False):
    """An action that might go out at an instant, and what counts of those before."""

    playbook: Playbook
    context: Context
    deed: Deed
    at: Instant
    taken: tuple[ActionRecord, ...]
    offer: str = ""


def offers_another(proposal: Proposal) -> str | None:
    """Name the offer that holds, on whichever channel it was made, if this makes another."""
    if not proposal.offer:
        return None
    found = (
        taken.offer
        for taken in proposal.taken
        if taken.offer and taken.offer != proposal.offer and _holds(taken, proposal.at)
    )
    return next(found, None)


def _holds(taken: ActionRecord, at: Instant) -> bool:
    """Has an offer not ended: by its time, or since it was rejected or made use of?"""
    return stands(taken) and taken.expires > at and taken.status not in OFFER_ENDED


def excludes(proposal: Proposal) -> str | None:
    """Name the first exclusion of which another kind goes out near to this."""
    name = proposal.deed.name
    found = (
        rule.name
        for rule in proposal.playbook.rules.exclusions
        if name in rule.actions
        and any(
            taken.name in rule.actions
            and taken.name != name
            and _is_near(taken, proposal.at, rule.per)
            for taken in proposal.taken
        )
    )
    return next(found, None)


def cools_down(proposal: Proposal) -> str | None:
    """Name the first cooldown that another action began."""
    found = (
        rule.name
        for rule in proposal.playbook.rules.cooldowns
        if rule.among.covers(proposal.deed)
        and any(
            rule.among.covers(taken) and _is_near(taken, proposal.at, rule.per)
            for taken in proposal.taken
        )
    )
    return next(found, None)


def suppresses(proposal: Proposal) -> str | None:
    """Name the first rule by which the customer has rejected too much."""
    rejections = proposal.context.rejections
    found = (
        rule.name
        for rule in proposal.playbook.rules.suppressions
        if rule.among.covers(proposal.deed) and silences(rule, rejections, proposal.at)
    )
    return next(found, None)


def uses_up(proposal: Proposal) -> str | None:
    """Name the first cap that allows no more at the time at which this would go out."""
    playbook, deed = proposal.playbook, proposal.deed
    zones = zones_of(playbook.quiet_hours, proposal.context.profile.time_zone)
    found = (
        cap.name
        for cap in playbook.caps
        if cap.counts(deed.purpose, deed.channel, deed.situation)
        and is_used_up(cap, proposal.taken, proposal.at, zones)
    )
    return next(found, None)


def _is_near(taken: ActionRecord, at: Instant, per: Span) -> bool:
    """Does it stand, and go out within the span before or after? Half open, as caps are."""
    return stands(taken) and at - per < out_at(taken) < at + per


OFFER_ENDED = frozenset(("rejected", "converted"))
"""What ends an offer before its time."""
SPACING: dict[str, Callable[[Proposal], str | None]] = {
    "existing_offer": offers_another,
    "mutual_exclusion": excludes,
    "cooldown": cools_down,
    "suppressed_after_rejections": suppresses,
    "frequency_cap": uses_up,
}
"""Reason code -> what forbids, in the order in which it is asked."""
SECRET = frozenset(("existing_offer",))
"""Where what forbids was told to another, and is no business of whoever asks."""
