"""The playbook as people write it: the shape of the file, read strictly."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import defstruct, field

from legato.core.context.goals import GoalKind
from legato.core.playbook.learning import LearningText
from legato.core.playbook.rules_text import RulesText
from legato.core.situations.options import AgainText, EndText, OwnerText, SituationGoal
from legato.core.situations.pattern import ConditionText
from legato.core.situations.protocol import Primitive, Strict

Purpose = Literal["promotion", "service"]


class WhenText(Strict, frozen=True, kw_only=True):
    """What must hold; all that is named is asked."""

    to: tuple[str, ...] = ()
    come_from: tuple[str, ...] = field(default=(), name="from")
    goal: tuple[GoalKind, ...] = ()
    stage: tuple[int, ...] = ()
    value_at_least: float | dict[str, float] = 0.0


class WeightText(Strict, frozen=True, kw_only=True):
    """So many percent more, when it holds."""

    when: WhenText | str | tuple[str, ...]
    percent: float


class ActionText(Strict, frozen=True, kw_only=True):
    """What may be done about a situation, on one channel."""

    situation: str
    channel: str
    purpose: Purpose
    content: str
    when: WhenText | str | tuple[str, ...] = WhenText()
    propensity: float = 1.0
    value: float = 1.0
    lever: float = 1.0
    context: tuple[WeightText, ...] = ()
    expires: str = "4h"
    handoff: bool = False
    params: dict[str, str] = field(default_factory=dict)
    about: str = ""
    offer: str = ""


class CapText(Strict, frozen=True, kw_only=True):
    """At most so many, per span or calendar, of those that match."""

    most: int
    per: str = ""
    calendar: Literal["", "day", "week", "month"] = ""
    purpose: Literal[""] | Purpose = ""
    channel: str = ""
    situation: str = ""


class QuietText(Strict, frozen=True, kw_only=True):
    """When nothing goes out, by the customer's own clock."""

    start: str = field(name="from")
    end: str = field(name="to")
    channels: tuple[str, ...]
    unknown_time_zone: tuple[str, ...] = ("UTC",)


class ChannelText(Strict, frozen=True, kw_only=True):
    """How a channel is addressed."""

    address: tuple[str, ...] = ()
    pull: bool = False


class ForgetText(Strict, frozen=True, kw_only=True):
    """After how long without a touch a goal is nobody's."""

    cart: str = "10d"
    case: str = "7d"


class SegmentText(Strict, frozen=True, kw_only=True):
    """Customers of whom something holds, under a name that conditions may ask for."""

    when: ConditionText
    about: str = ""


def situation_text(primitives: tuple[type[Primitive], ...]) -> type[Strict]:
    """What to look for: one primitive, under its word, and what the situation is about."""
    texts = {each.word: each.text for each in reversed(primitives)}
    words = [(word, text | None, None) for word, text in texts.items()]
    options = [
        ("about", str, ""),
        ("goal", SituationGoal, ""),
        ("ends", str | tuple[str, ...] | EndText, ()),
        ("entry", Literal["always", "once"] | AgainText, "always"),
        ("owner", OwnerText | None, None),
    ]
    fields = [*words, *options]
    text: Any = defstruct("SituationText", fields, bases=(Strict,), frozen=True, kw_only=True)
    return text  # type: ignore[no-any-return]


class PlaybookText(RulesText, frozen=True, kw_only=True):
    """The whole file."""

    version: int
    time_zone: str = "UTC"
    events: dict[str, dict[str, str]] = field(default_factory=dict)
    segments: dict[str, SegmentText] = field(default_factory=dict)
    situations: dict[str, Any]
    actions: dict[str, ActionText] = field(default_factory=dict)
    channels: dict[str, ChannelText] = field(default_factory=dict)
    caps: dict[str, CapText] = field(default_factory=dict)
    rate: dict[str, str] = field(default_factory=dict)
    quiet_hours: QuietText | None = None
    muted_by_case: tuple[Purpose, ...] = ("promotion",)
    forget: ForgetText = ForgetText()
    attribution: str = "3d"
    learning: LearningText | None = None
