"""The compiled playbook: which situations to look for, and what may be done about them."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from legato.core.context.goals import GoalKind
from legato.core.values.time import DAY, HOUR, NEVER, Span


class Absence(Struct, frozen=True):
    """Something open (`of`) saw no event of its own: one stage for each span in `after`."""

    name: str
    of: Literal["cart", "case", "customer"]
    after: tuple[Span, ...]


class Switch(Struct, frozen=True):
    """The customer acts on another channel than last time, at most `within[goal]` later.

    With `any_time_within` set, no goal needs to be open; otherwise one in `within` must be.
    """

    name: str
    within: dict[GoalKind, Span]
    any_time_within: Span | None = None

    @property
    def horizon(self) -> Span:
        """The longest gap that can count."""
        return max((*self.within.values(), self.any_time_within or 0))


class Condition(Struct, frozen=True):
    """What must hold for a candidate; every field that is not empty is asked."""

    to: tuple[str, ...] = ()
    come_from: tuple[str, ...] = ()
    goal: tuple[str, ...] = ()
    stage: tuple[int, ...] = ()
    value_at_least: float = 0.0


class Weight(Struct, frozen=True):
    """A context weight: `percent` more (or less) when it holds."""

    when: Condition
    percent: float


class ActionDefinition(Struct, frozen=True):
    """An action that may be taken in a situation, on one channel, for one purpose."""

    name: str
    situation: str
    channel: str
    purpose: str
    content_ref: str
    when: Condition = Condition()
    propensity: float = 1.0
    value: float = 1.0
    lever: float = 1.0
    weights: tuple[Weight, ...] = ()
    expires: Span = 4 * HOUR
    handoff: bool = False
    params: dict[str, str] = {}


class FrequencyCap(Struct, frozen=True):
    """At most `most` actions `per` span among those that match the other fields."""

    name: str
    most: int
    per: Span
    purpose: str = ""
    channel: str = ""
    situation: str = ""

    def counts(self, purpose: str, channel: str, situation: str) -> bool:
        """Tell whether an action of this kind falls under the cap."""
        return (
            self.purpose in ("", purpose)
            and self.channel in ("", channel)
            and self.situation in ("", situation)
        )


class QuietHours(Struct, frozen=True):
    """No delivery between two minutes of the customer's day; an unknown zone is all `zones`."""

    start: int
    end: int
    channels: tuple[str, ...]
    zones: tuple[str, ...] = ("UTC",)


class ChannelSpec(Struct, frozen=True):
    """How a channel is addressed: by an identifier (push), or where the customer is (pull)."""

    name: str
    identifiers: tuple[str, ...] = ()
    pull: bool = False


class Playbook(Struct, frozen=True):
    """Everything that marketing and service people decide."""

    absences: tuple[Absence, ...] = ()
    switches: tuple[Switch, ...] = ()
    actions: dict[str, tuple[ActionDefinition, ...]] = {}
    caps: tuple[FrequencyCap, ...] = ()
    quiet_hours: QuietHours | None = None
    channels: dict[str, ChannelSpec] = {}
    implied: frozenset[str] = frozenset(("service",))
    muted_by_case: frozenset[str] = frozenset(("promotion",))
    forget_cart: Span = 10 * DAY
    forget_case: Span = 7 * DAY
    version: str = ""
    by_subject: dict[str, tuple[Absence, ...]] = {}
    soonest_cart: Span = 10 * DAY
    soonest_customer: Span = NEVER

    def absences_of(self, subject: str) -> tuple[Absence, ...]:
        """Return the absences that watch carts, cases or customers."""
        return self.by_subject.get(subject, ())
