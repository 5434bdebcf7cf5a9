"""How far the relation with a customer got: it only goes on, never back."""

from __future__ import annotations

from legato.core.context.context import Context


def lifecycle_stage(context: Context) -> str:
    """Name the stage to show: `support` while a case is open, else how far the customer got."""
    is_in_support = any(not case.is_over for case in context.cases.values())
    return "support" if is_in_support else context.stage
