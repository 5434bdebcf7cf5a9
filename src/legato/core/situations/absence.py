"""Absence: something open saw no event of its own for a while, in stages.

Deadlines are derived from the context, never stored: the touch, plus the span of the next
stage. What is stored is only how many stages fired since the touch (`Context.fired_stages`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from legato.core.context.context import Cart, Case, Context
from legato.core.context.goals import Goal
from legato.core.playbook.definition import Absence, Playbook
from legato.core.values.ids import derive_id
from legato.core.values.outputs import Situation
from legato.core.values.time import NEVER, Instant, Span


class Subject(Struct, frozen=True, gc=False):
    """What an absence watches: its name (`cart:-`), last touch, and when it is forgotten."""

    name: str
    touched: Instant
    touched_by: str
    forgotten: Instant
    absences: tuple[Absence, ...]


class Due(Struct, frozen=True, gc=False):
    """A stage whose deadline has come; `stage` counts from 1."""

    absence: Absence
    subject: Subject
    stage: int

    @property
    def deadline(self) -> Instant:
        """When this stage is due."""
        return self.subject.touched + self.absence.after[self.stage - 1]

    def superseded(self, now: Instant) -> bool:
        """Tell whether the stage after it is due as well by now."""
        after = self.absence.after
        return self.stage < len(after) and self.subject.touched + after[self.stage] <= now


def next_due(playbook: Playbook, context: Context) -> Instant:
    """Return the earliest instant at which time alone changes something; NEVER if none.

    The first arm is what nearly every event takes: nothing fired yet, and nothing but carts.
    """
    due = NEVER
    if not context.fired_stages and not context.cases and playbook.soonest_customer == NEVER:
        for cart in context.carts.values():
            span = playbook.soonest_cart if cart.lines else playbook.forget_cart
            due = min(due, cart.touched + span)
        return due
    for subject in _subjects(playbook, context):
        due = min(due, subject.forgotten)
        for absence in subject.absences:
            due = min(due, _deadline(context, absence, subject))
    return due


def subjects_of(playbook: Playbook, context: Context) -> list[Subject]:
    """List what absences watch, and what is forgotten in time."""
    return list(_subjects(playbook, context))


def due_at(context: Context, subjects: list[Subject], now: Instant) -> list[Due]:
    """List the stages whose deadline is exactly now."""
    return [due for due in _next_stages(context, subjects) if due.deadline == now]


def waiting(playbook: Playbook, context: Context) -> list[Due]:
    """List the next stage of each absence, whenever its deadline comes."""
    return _next_stages(context, subjects_of(playbook, context))


def _next_stages(context: Context, subjects: list[Subject]) -> list[Due]:
    return [
        Due(absence, subject, fired + 1)
        for subject in subjects
        for absence in subject.absences
        if (fired := _fired(context, absence, subject)) < len(absence.after)
    ]


def due_by(playbook: Playbook, name: str, subject: str, span: Span) -> int:
    """Count the stages of an absence that are due within a span after the touch."""
    for absence in playbook.absences_of(subject.partition(":")[0]):
        if absence.name == name:
            return sum(after <= span for after in absence.after)
    return 0


def fire(context: Context, due: Due) -> Situation:
    """Count the stage as fired, and tell the situation; its time is the deadline."""
    name, subject = due.absence.name, due.subject
    context.fired_stages[f"{name}|{subject.name}"] = due.stage
    occurrence = derive_id(context.customer_id, name, subject.name, subject.touched_by)
    return Situation(
        customer_id=context.customer_id,
        situation=name,
        time=due.deadline,
        occurrence_id=occurrence,
        situation_id=derive_id(occurrence, due.stage),
        stage=due.stage,
        journey_id=context.journey_id,
        goals=_goals(context, subject),
        evidence=_evidence(context, due),
    )


def expire(context: Context, subjects: list[Subject], now: Instant) -> None:
    """Drop the carts and cases that nobody touched for so long that they are nobody's goal."""
    for subject in subjects:
        if subject.forgotten > now:
            continue
        kind, _, key = subject.name.partition(":")
        (context.carts if kind == "cart" else context.cases).pop(key, None)
        for run in [run for run in context.fired_stages if run.endswith(f"|{subject.name}")]:
            del context.fired_stages[run]


def _subjects(playbook: Playbook, context: Context) -> Iterator[Subject]:
    for cart_id, cart in context.carts.items():
        yield _cart(playbook, cart_id, cart)
    for case_id, case in context.cases.items():
        yield _case(playbook, case_id, case)
    absences, present = playbook.absences_of("customer"), context.present
    if absences and context.channel:
        yield Subject("customer:", present, str(present), NEVER, absences)


def _cart(playbook: Playbook, cart_id: str, cart: Cart) -> Subject:
    """A cart counts while it is filled; filled or not, it is forgotten after its span."""
    absences = playbook.absences_of("cart") if cart.lines else ()
    forgotten = cart.touched + playbook.forget_cart
    return Subject(f"cart:{cart_id}", cart.touched, cart.touched_by, forgotten, absences)


def _case(playbook: Playbook, case_id: str, case: Case) -> Subject:
    """A case still counts at its last instant, so it is forgotten just after it."""
    absences, forgotten = playbook.absences_of("case"), case.touched + playbook.forget_case + 1
    return Subject(f"case:{case_id}", case.touched, case.touched_by, forgotten, absences)


def _fired(context: Context, absence: Absence, subject: Subject) -> int:
    return (
        context.fired_stages.get(f"{absence.name}|{subject.name}", 0)
        if context.fired_stages
        else 0
    )


def _deadline(context: Context, absence: Absence, subject: Subject) -> Instant:
    fired = _fired(context, absence, subject)
    return subject.touched + absence.after[fired] if fired < len(absence.after) else NEVER


def _goals(context: Context, subject: Subject) -> tuple[str, ...]:
    kind, _, key = subject.name.partition(":")
    if kind == "cart" and context.carts[key].checkout is not None:
        return (subject.name, Goal("checkout", key).name)
    return (subject.name,) if kind != "customer" else ()


def _evidence(context: Context, due: Due) -> dict[str, Any]:
    subject = due.subject
    kind, _, key = subject.name.partition(":")
    waited: Span = due.absence.after[due.stage - 1]
    evidence: dict[str, Any] = {"touched": subject.touched, "waited_ms": waited}
    if kind == "cart":
        cart = context.carts[key]
        evidence |= {
            "cart_id": key,
            "items": len(cart.lines),
            "value": round(cart.value, 2),
            "origin": cart.origin,
        }
    elif kind == "case":
        evidence |= {"case_id": key, "reason": context.cases[key].reason}
    return evidence
