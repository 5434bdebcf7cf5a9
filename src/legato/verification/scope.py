"""What can be judged of a deployment, and why the rest cannot."""

from __future__ import annotations

from msgspec import Struct

from legato.core.values.time import Instant
from legato.runtime.kafka.topic_layout import TopicLayout
from legato.verification.audit import COMMANDS, CONTEXTS, KINDS, SITUATIONS


class Unjudged(Struct, frozen=True):
    """Something that is not judged; it is from `since` on, if that is known."""

    what: str
    why: str
    since: Instant = 0


class Scope(Struct, frozen=True):
    """The kinds that are judged, and why the others are not."""

    kinds: frozenset[str]
    unjudged: tuple[Unjudged, ...]


def scope_of(layout: TopicLayout, *, cut: bool) -> Scope:
    """Say what can be judged; `cut` if the beginning of the log was deleted.

    Where a clock follows the broker, what is decided when several stages come due at once
    depends on when the line was up. What a trusted topic holds is not in the log, so it has no
    order there.
    """
    if layout.trusted:
        topics = ", ".join(f"`{topic}`" for topic in layout.trusted)
        why = f"{topics} is trusted, so its events are not in `customer.events`"
        return Scope(frozenset(), (Unjudged("what is lost or made up", why),))
    if not layout.backfill:
        why = 'with `clock = "received"` it depends on when the workers ran'
        others = ", ".join(kind for kind in KINDS if kind != SITUATIONS)
        return Scope(frozenset((SITUATIONS,)), (Unjudged(others, why),))
    if cut:
        why = "the beginning of `customer.events` was deleted"
        kinds = frozenset(KINDS) - {COMMANDS, CONTEXTS}
        return Scope(kinds, (Unjudged(f"{COMMANDS}, {CONTEXTS}", why),))
    return Scope(frozenset(KINDS), ())
