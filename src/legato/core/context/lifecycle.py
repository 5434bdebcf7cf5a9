"""How far the relation with a customer got: it only goes on, never back."""

from __future__ import annotations

from msgspec import Struct

from legato.core.context.context import Context
from legato.core.values.time import Instant


class Lifecycle(Struct, frozen=True, gc=False):
    """The stage to show, and since when; None where nobody noted it then."""

    stage: str
    since: Instant | None = None


def lifecycle(context: Context) -> Lifecycle:
    """Tell the stage to show: `support` while a case is open, else how far the customer got."""
    opened = [case.opened for case in context.cases.values() if not case.is_over]
    if opened:
        return Lifecycle("support", min(opened))
    return Lifecycle(context.stage, context.stage_since)


def lifecycle_stage(context: Context) -> str:
    """Name the stage to show."""
    return lifecycle(context).stage


def united_since(ours: Context, theirs: Context, stage: str) -> Instant | None:
    """Say since when one of two who turned out to be one was at a stage."""
    told = [side.stage_since for side in (ours, theirs) if side.stage == stage and side.touches]
    known = [since for since in told if since is not None]
    return min(known) if known and len(known) == len(told) else None
