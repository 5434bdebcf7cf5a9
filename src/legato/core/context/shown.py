"""What is kept of a customer for the line alone, and shown to nobody."""

from __future__ import annotations

HIDDEN = frozenset(
    (
        *("scope", "stamps", "judges", "retry", "worth"),
        *("reached", "lost", "engaged", "clicked", "reported"),
        *("quantities", "other_ids", "listed", "told", "failed", "failed_by", "own"),
    )
)
"""What had filled a cart, when a fact was told, who allowed an action, what lets an order be
laid anew, what lets something be put down to an action."""
