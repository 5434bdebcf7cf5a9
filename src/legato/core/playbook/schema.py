"""The playbook as people write it: the shape of the file, read strictly."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from legato.core.context.goals import GoalKind

Purpose = Literal["promotion", "service"]


class Strict(Struct, frozen=True, forbid_unknown_fields=True):
    """A mapping of the file; a key that it does not know is an error."""


class AbsenceText(Strict, frozen=True, kw_only=True):
    """Something open saw nothing of its own for each span of `after`."""

    of: Literal["cart", "case", "customer"] = "cart"
    after: list[str]


class SwitchText(Strict, frozen=True, kw_only=True):
    """The customer acts elsewhere, with one of the goals open, `within` a span of before."""

    within: str | dict[GoalKind, str]
    goal: Literal["any", "none"] | GoalKind | list[GoalKind] = "any"


class SituationText(Strict, frozen=True, kw_only=True):
    """What to look for: one primitive, and what it is about."""

    absence: AbsenceText | None = None
    switch: SwitchText | None = None
    about: str = ""


class WhenText(Strict, frozen=True, kw_only=True):
    """What must hold; all that is named is asked."""

    to: list[str] = []
    come_from: list[str] = field(default=[], name="from")
    goal: list[GoalKind] = []
    stage: list[int] = []
    value_at_least: float = 0.0


class WeightText(Strict, frozen=True, kw_only=True):
    """So many percent more, when it holds."""

    when: WhenText
    percent: float


class ActionText(Strict, frozen=True, kw_only=True):
    """What may be done about a situation, on one channel."""

    situation: str
    channel: str
    purpose: Purpose
    content: str
    when: WhenText = WhenText()
    propensity: float = 1.0
    value: float = 1.0
    lever: float = 1.0
    context: list[WeightText] = []
    expires: str = "4h"
    handoff: bool = False
    params: dict[str, str] = {}
    about: str = ""


class CapText(Strict, frozen=True, kw_only=True):
    """At most so many, per span, of those that match."""

    most: int
    per: str
    purpose: Literal[""] | Purpose = ""
    channel: str = ""
    situation: str = ""


class QuietText(Strict, frozen=True, kw_only=True):
    """When nothing goes out, by the customer's own clock."""

    start: str = field(name="from")
    end: str = field(name="to")
    channels: list[str]
    unknown_time_zone: tuple[str, ...] = ("UTC",)


class ChannelText(Strict, frozen=True, kw_only=True):
    """How a channel is addressed."""

    address: list[str] = []
    pull: bool = False


class ForgetText(Strict, frozen=True, kw_only=True):
    """After how long without a touch a goal is nobody's."""

    cart: str = "10d"
    case: str = "7d"


class PlaybookText(Strict, frozen=True, kw_only=True):
    """The whole file."""

    version: int
    situations: dict[str, SituationText]
    actions: dict[str, ActionText] = {}
    channels: dict[str, ChannelText] = {}
    caps: dict[str, CapText] = {}
    quiet_hours: QuietText | None = None
    muted_by_case: tuple[Purpose, ...] = ("promotion",)
    forget: ForgetText = ForgetText()
