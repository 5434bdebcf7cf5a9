"""What can be judged of a deployment, and why the rest cannot."""

from __future__ import annotations

from msgspec import Struct

from legato.core.values.time import Instant
from legato.runtime.kafka.topic_layout import TopicLayout
from legato.verification.audit import (
    ACTIONS,
    COMMANDS,
    CONTEXTS,
    CONVERSIONS,
    DECISIONS,
    KINDS,
    REVOCATIONS,
)


class Unjudged(Struct, frozen=True):
    """Something that is not judged; it is from `since` on, if that is known."""

    what: str
    why: str
    since: Instant = 0


class Judgeable(Struct, frozen=True):
    """The kinds that are judged, and why the others are not."""

    kinds: frozenset[str]
    unjudged: tuple[Unjudged, ...]


def scope_of(layout: TopicLayout, *, cut: bool, braked: bool = False) -> Judgeable:
    """Say what can be judged; `cut` if the beginning of the log was deleted.

    With rates (`braked`) customers are no longer each for themselves: what took the slots that
    an action found taken must be known as well.

    How far time had come when is in the log as well, so live decisions are repeated too. What
    a trusted topic holds is not in the log, so it has no order there.
    """
    if layout.trusted:
        topics = ", ".join(f"`{topic}`" for topic in layout.trusted)
        why = f"{topics} is trusted, so its events are not in `customer.events`"
        return Judgeable(frozenset(), (Unjudged("what is lost or made up", why),))
    if cut:
        why = "the beginning of `customer.events` was deleted"
        unjudged = [COMMANDS, CONTEXTS]
        if braked:
            why += ", and with it what took the slots of channels that have a `rate`"
            unjudged += [DECISIONS, ACTIONS, REVOCATIONS, CONVERSIONS]
        kinds = frozenset(KINDS) - {*unjudged}
        return Judgeable(kinds, (Unjudged(", ".join(unjudged), why),))
    return Judgeable(frozenset(KINDS), ())
