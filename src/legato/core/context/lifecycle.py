"""How far the relation with a customer got: it only goes on, never back."""

from __future__ import annotations

from legato.core.context.context import Context

STAGES = ("awareness", "acquisition", "onboarding", "engagement")
_REACHES = {
    "product.viewed": 1,
    "cart.item_added": 1,
    "cart.updated": 1,
    "checkout.started": 1,
    "account.created": 2,
    "order.completed": 3,
    "product.first_used": 3,
}


def reach_of(event_type: str) -> int:
    """Return the index in STAGES that an event of this type brings a customer to."""
    return _REACHES.get(event_type, 0)


def lifts_of(reach: int) -> frozenset[str]:
    """Return the stages that an event with this reach moves a customer on from."""
    return frozenset(STAGES[:reach])


def lifecycle_stage(context: Context) -> str:
    """Name the stage to show: `support` while a case is open, else how far the customer got."""
    return "support" if context.cases else context.stage
