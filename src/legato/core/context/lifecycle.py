"""How far the relation with a customer got: it only goes on, never back."""

from __future__ import annotations

from legato.core.context.context import Context


def lifecycle_stage(context: Context) -> str:
    """Name the stage to show: `support` while a case is open, else how far the customer got."""
    return "support" if context.cases else context.stage
