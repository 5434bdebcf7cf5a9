"""`use = "log"`: whoever watches the process is told of each action; it is sent nowhere."""

from __future__ import annotations

from legato.adapter import Action, Delivered, Result

__all__ = ["deliver"]


async def deliver(_: Action) -> Result:
    """Call it delivered: what there is to see, the process tells."""
    return Delivered()
