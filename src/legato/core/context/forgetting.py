"""Goals that nobody touched for so long that they are nobody's: when, and what goes then."""

from __future__ import annotations

from msgspec import Struct

from legato.core.context.context import Case, Context
from legato.core.context.goals import Goal
from legato.core.context.retention import MUTED_AFTER_CONTACT
from legato.core.context.runs import reset_stages
from legato.core.values.time import DAY, NEVER, Instant, Span


class ForgetAfter(Struct, frozen=True):
    """How long after its last touch a cart, filled or not, and an open case is forgotten."""

    cart: Span = 10 * DAY
    case: Span = 7 * DAY

    def next_due(self, context: Context) -> Instant:
        """Return when the next cart or case is forgotten, or final; NEVER if there is none."""
        due = NEVER
        for cart in context.carts.values():
            if cart.touched + self.cart < due:
                due = cart.touched + self.cart
        if context.closed_carts:
            for cart in context.closed_carts.values():
                due = min(due, cart.touched + self.cart)
        if context.cases:
            due = min(due, *map(self._case_due, context.cases.values()))
        if context.trails:
            due = min(due, *(trail.due for trail in context.trails.values()))
        return due

    def forget(self, context: Context, now: Instant) -> None:
        """Drop what is to be forgotten by now, with its absences."""
        for carts in (context.carts, context.closed_carts):
            for key in [key for key, cart in carts.items() if cart.touched + self.cart <= now]:
                del carts[key]
                reset_stages(context, Goal("cart", key).name)
        cases = [key for key, case in context.cases.items() if self._case_due(case) <= now]
        for key in cases:
            del context.cases[key]
            reset_stages(context, Goal("case", key).name)

    def _case_due(self, case: Case) -> Instant:
        """A case still counts at its last instant, so it is forgotten just after it."""
        due = case.touched + self.case + 1
        if case.is_over and case.ended is not None:
            return min(due, case.ended + MUTED_AFTER_CONTACT)
        return due
