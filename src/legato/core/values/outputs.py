"""What the line says: a situation found, a decision taken, an action to do or to take back."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from legato.core.values.handoff import Handoff, HandoffItem
from legato.core.values.ids import derive_id
from legato.core.values.time import Instant


class Situation(
    Struct, frozen=True, gc=False, omit_defaults=True, tag_field="kind", tag="situation"
):
    """A circumstance worth acting on. `time` is its deadline (absence) or its event's time.

    `playbook_version` names the very text of the playbook that looked for it.
    """

    customer_id: str
    situation: str
    time: Instant
    occurrence_id: str
    situation_id: str
    stage: int | None = None
    journey_id: str = ""
    goals: tuple[str, ...] = ()
    evidence: dict[str, Any] = {}
    playbook_version: str = ""


class Retracted(Struct, frozen=True, gc=False, tag_field="kind", tag="retracted"):
    """A situation that was told and turned out to be none.

    `time` is that of the situation, `reason` is `late_event`, or `merge` if two turned out to
    be one customer.
    """

    customer_id: str
    situation_id: str
    situation: str
    time: Instant
    reason: str


class Factors(Struct, frozen=True, gc=False):
    """Arbitration: priority = propensity x context weight x value x lever."""

    propensity: float
    context: float
    value: float
    lever: float

    @property
    def priority(self) -> float:
        """The product of the four."""
        return self.propensity * self.context * self.value * self.lever


class Candidate(Struct, frozen=True, gc=False, omit_defaults=True):
    """One action that was weighed; `reason` says why it lost, and is `won` for the winner.

    `by` is `address` where it was whoever the address belongs to that refused it.
    """

    action: str
    channel: str
    reason: str
    factors: Factors | None = None
    detail: str = ""
    by: str = ""


class Decision(
    Struct, frozen=True, gc=False, omit_defaults=True, tag_field="kind", tag="decision"
):
    """The arbitration over the candidates of one situation; `action` is empty if none won.

    With `fallback_of`, it was decided before, and the action of this id came to nothing.
    What won is not done if a hold-out (`held_out`) keeps it back, else goes out as `variant`.
    `references` are the versions that were read: `price/SHOE-42` -> since when it counts.
    With `explored`, it won by chance among those that passed. `segment` is whose it is, as far
    as propensities are learned apart (`*`: of all others). `brand` is in whose name it was
    taken, empty if in none.
    """

    customer_id: str
    decision_id: str
    situation_id: str
    situation: str
    time: Instant
    stage: int | None = None
    action: str = ""
    action_id: str = ""
    candidates: tuple[Candidate, ...] = ()
    journey_id: str = ""
    playbook_version: str = ""
    fallback_of: str = ""
    held_out: str = ""
    variant: str = ""
    references: dict[str, Instant] = {}
    explored: bool = False
    segment: str = ""
    brand: str = ""


class Consent(Struct, frozen=True, gc=False, omit_defaults=True):
    """What the customer said that allows an action; no brand means all, `*` every channel."""

    status: str
    channel: str
    time: Instant
    brand: str = ""
    basis: str = ""
    source: str = ""
    proof: str = ""


class QuietSpan(Struct, frozen=True, gc=False):
    """Quiet hours of the customer: nothing goes out in `[start, end)`."""

    start: Instant
    end: Instant


class Action(Struct, frozen=True, gc=False, omit_defaults=True, tag_field="kind", tag="action"):
    """The next best action, addressed to a channel. Instants in epoch milliseconds.

    `variant` is in which form it goes out, `offer` the one that it makes.

    `items` lie in the carts that it is about; `language` is the customer's, if it is known.
    `brand` is in whose name it goes out, empty if in none. `quiet` are the customer's quiet
    hours between `not_before` and `expires_at`, in order: what is late waits for their end.
    """

    customer_id: str
    action_id: str
    occurrence_id: str
    journey_id: str
    situation: str
    action: str
    purpose: str
    channel: str
    address: str
    content_ref: str
    time: Instant
    not_before: Instant
    expires_at: Instant
    factors: Factors
    params: dict[str, str] = {}
    handoff: Handoff | None = None
    consent: Consent | None = None
    variant: str = ""
    offer: str = ""
    items: tuple[HandoffItem, ...] = ()
    language: str = ""
    brand: str = ""
    quiet: tuple[QuietSpan, ...] = ()


class Revoked(
    Struct, frozen=True, gc=False, omit_defaults=True, tag_field="kind", tag="revoked"
):
    """Take an action back; `too_late` when its delivery was already reported."""

    customer_id: str
    action_id: str
    channel: str
    situation: str
    time: Instant
    reason: str
    too_late: bool = False
    by: str = ""


class Conversion(
    Struct, frozen=True, gc=False, omit_defaults=True, tag_field="kind", tag="conversion"
):
    """That an action led to a purchase, or to the resolution of the case that it was about.

    `time` is when that was, `channel` the action's, `value` what the order came to. With `void`
    it is taken back: the order was not paid, or late news shows that another action led to it.
    """

    customer_id: str
    action_id: str
    situation: str
    action: str
    channel: str
    time: Instant
    order_id: str = ""
    case_id: str = ""
    value: float | None = None
    currency: str | None = None
    void: bool = False

    @property
    def conversion_id(self) -> str:
        """Name it by all that it says but whose it is, since customers merge."""
        about = self.order_id, self.case_id, self.time, self.value, self.currency
        return derive_id("conversion", self.action_id, *about, self.void)


class Resolution(
    Struct, frozen=True, gc=False, omit_defaults=True, tag_field="kind", tag="resolution"
):
    """How a case came out: `best`, `better`, `good` or `failed`, by how many contacts it took.

    It is told when a contact is over, and once more as `final` when nobody got in touch about
    it for 7 days; what is told last counts.
    """

    customer_id: str
    case_id: str
    grade: str
    final: bool
    time: Instant
    contacts: int
    channels: tuple[str, ...]

    @property
    def resolution_id(self) -> str:
        """Name it by all that it says but whose it is, since customers merge."""
        told = self.grade, self.final, self.time, self.contacts
        return derive_id("resolution", self.case_id, *told)


class JourneyTouchpoint(
    Struct, frozen=True, gc=False, omit_defaults=True, tag_field="kind", tag="touchpoint"
):
    """One event that was followed, as analysts join them: whose, in which journey, to what end.

    `goal` is what the event was about (`cart:31`), `order_value` what was ordered, in
    `currency`, and `action_id` the action of ours that it answers. Of an airing, which is no
    event, `campaign` says what was advertised.
    """

    customer_id: str
    journey_id: str
    event_id: str
    type: str
    channel: str
    time: Instant
    venue: str | None = None
    goal: str | None = None
    order_value: float | None = None
    currency: str | None = None
    action_id: str | None = None
    campaign: str | None = None


Output = Situation | Retracted | Decision | Action | Revoked | Conversion | Resolution
"""All that the line says of a customer."""
