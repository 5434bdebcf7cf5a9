"""What can be judged of a deployment, and why the rest cannot."""

from __future__ import annotations

from msgspec import Struct

from legato.core.values.time import Instant
from legato.runtime.kafka.topic_layout import TopicLayout
from legato.verification.audit import COMMANDS, CONTEXTS, KINDS


class Unjudged(Struct, frozen=True):
    """Something that is not judged; it is from `since` on, if that is known."""

    what: str
    why: str
    since: Instant = 0


class Judgeable(Struct, frozen=True):
    """The kinds that are judged, and why the others are not."""

    kinds: frozenset[str]
    unjudged: tuple[Unjudged, ...]


def scope_of(layout: TopicLayout, *, cut: bool) -> Judgeable:
    """Say what can be judged; `cut` if the beginning of the log was deleted.

    How far time had come when is in the log as well, so live decisions are repeated too. What
    a trusted topic holds is not in the log, so it has no order there.
    """
    if layout.trusted:
        topics = ", ".join(f"`{topic}`" for topic in layout.trusted)
        why = f"{topics} is trusted, so its events are not in `customer.events`"
        return Judgeable(frozenset(), (Unjudged("what is lost or made up", why),))
    if cut:
        why = "the beginning of `customer.events` was deleted"
        kinds = frozenset(KINDS) - {COMMANDS, CONTEXTS}
        return Judgeable(kinds, (Unjudged(f"{COMMANDS}, {CONTEXTS}", why),))
    return Judgeable(frozenset(KINDS), ())
