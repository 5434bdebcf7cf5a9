"""Who is held out of actions, and who gets which variant: drawn once, and kept.

What is drawn is a place among all customers: the first 8 bytes of the SHA-256 of
`SALT:CUSTOMER_ID` as a fraction. The customer id is that of the first decision, and what was
drawn stays when two customers become one: of two, the older. A new salt draws anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from msgspec import Struct

from legato.core.context.context import Assigned, Context
from legato.core.context.retention import MOST_ASSIGNED
from legato.core.playbook.definition import ActionDefinition, Playbook
from legato.core.playbook.rules import HoldOut, Variants
from legato.core.values.time import Instant

HELD = "held"
NOT_HELD = ""


class Draw(Struct, frozen=True):
    """What was drawn for an action: which rule holds it out, else in which variant it goes.

    `assigned` are all draws that it took, those of before among them.
    """

    held_out: str = ""
    variant: str = ""
    assigned: dict[str, Assigned] = {}


NOTHING_DRAWN = Draw()


def share_of(salt: str, customer_id: str) -> float:
    """Place a customer among all, from 0 up to 100, the same for ever under one salt."""
    digest = sha256(f"{salt}:{customer_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / (1 << 64) * 100


def draw(playbook: Playbook, context: Context, plan: ActionDefinition, now: Instant) -> Draw:
    """Draw for an action that has won, unless it was drawn before."""
    rules = playbook.rules
    if not (rules.holdouts or rules.variants):
        return NOTHING_DRAWN
    assigned: dict[str, Assigned] = {}
    held_out = ""
    for rule in rules.holdouts:
        if rule.among.covers(plan):
            place = assigned[_holdout(rule)] = _held(rule, context, now)
            held_out = held_out or (rule.name if place.value else "")
    variants = next((each for each in rules.variants if each.action == plan.name), None)
    if held_out or variants is None:
        return Draw(held_out, "", assigned)
    place = assigned[_variants(variants)] = _variant(variants, context, now)
    return Draw("", place.value, assigned)


def keep_assigned(context: Context, drawn: Draw) -> None:
    """Keep what was drawn."""
    if drawn.assigned and any(
        context.assigned.get(name) != place for name, place in drawn.assigned.items()
    ):
        context.assigned = newest_assigned({**context.assigned, **drawn.assigned})


def newest_assigned(assigned: Mapping[str, Assigned]) -> dict[str, Assigned]:
    """Keep as many as may be; what was drawn long ago would most often be drawn so again."""
    by_time = sorted(assigned, key=lambda name: (assigned[name], name))
    return {name: assigned[name] for name in by_time[-MOST_ASSIGNED:]}


def _held(rule: HoldOut, context: Context, now: Instant) -> Assigned:
    if known := context.assigned.get(_holdout(rule)):
        return known
    name = context.customer_id
    held = share_of(rule.salt, name) < rule.percent
    return Assigned(now, name, HELD if held else NOT_HELD)


def _variant(variants: Variants, context: Context, now: Instant) -> Assigned:
    known = context.assigned.get(_variants(variants))
    if known is not None and known.value in variants.shares:
        return known
    name = context.customer_id
    return Assigned(now, name, variants.at(share_of(variants.salt, name)))


def _holdout(rule: HoldOut) -> str:
    return f"holdout|{rule.name}|{rule.salt}"


def _variants(variants: Variants) -> str:
    return f"variant|{variants.action}|{variants.salt}"
