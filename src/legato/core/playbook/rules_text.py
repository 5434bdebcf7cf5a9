"""The rules on what must lie between actions, as people write them, and how they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Literal

from msgspec import field

from legato.core.playbook.rules import (
    ActionFilter,
    Capacity,
    ContactRules,
    Cooldown,
    Exclusion,
    HoldOut,
    Suppression,
    Variants,
)
from legato.core.situations.protocol import Strict
from legato.core.values.time import read_span

Reading = Callable[[str], AbstractContextManager[None]]
"""Names the place of what is read, should it be wrong."""


class FilterText(Strict, frozen=True, kw_only=True):
    """Which actions a rule is about; all, where nothing is named."""

    action: str = ""
    situation: str = ""
    channel: str = ""
    purpose: Literal["", "promotion", "service"] = ""

    def read(self) -> ActionFilter:
        """Return it as rules have it."""
        return ActionFilter(self.action, self.situation, self.channel, self.purpose)


class CooldownText(FilterText, frozen=True, kw_only=True):
    """Not again, for a while."""

    per: str


class ExclusionText(Strict, frozen=True, kw_only=True):
    """One of these and none of the others, for a while."""

    actions: tuple[str, ...]
    per: str


class SuppressText(FilterText, frozen=True, kw_only=True):
    """Silence, after so many that were rejected."""

    rejections: int
    within: str
    pause: str = field(name="for")


class HoldOutText(FilterText, frozen=True, kw_only=True):
    """Some get none of these."""

    percent: float
    salt: str


VariantsText = dict[str, float | str]
"""Name of a variant -> percent, and the `salt`."""


class CapacityText(Strict, frozen=True, kw_only=True):
    """Only while these numbers of a reference are below."""

    reference: str
    key: str
    below: dict[str, float]


class RulesText(Strict, frozen=True, kw_only=True):
    """Their part of the file."""

    cooldowns: dict[str, CooldownText] = field(default_factory=dict)
    exclusions: dict[str, ExclusionText] = field(default_factory=dict)
    suppress: dict[str, SuppressText] = field(default_factory=dict)
    holdouts: dict[str, HoldOutText] = field(default_factory=dict)
    variants: dict[str, VariantsText] = field(default_factory=dict)
    capacity: dict[str, CapacityText] = field(default_factory=dict)


RULE_SECTIONS: dict[str, type[Any]] = {
    "cooldowns": CooldownText,
    "exclusions": ExclusionText,
    "suppress": SuppressText,
    "holdouts": HoldOutText,
    "variants": VariantsText,
    "capacity": CapacityText,
}
"""What is read entry by entry."""


def compile_rules(written: RulesText, reading: Reading) -> ContactRules:
    """Compile the rules; raises ValueError, and `reading` says where."""
    return ContactRules(
        tuple(_each("cooldowns", written.cooldowns, _cooldown, reading)),
        tuple(_each("exclusions", written.exclusions, _exclusion, reading)),
        tuple(_each("suppress", written.suppress, _suppression, reading)),
        tuple(_each("holdouts", written.holdouts, _holdout, reading)),
        tuple(_each("variants", written.variants, _variants, reading)),
        tuple(_each("capacity", written.capacity, _capacity, reading)),
    )


def _each(
    section: str, texts: Mapping[str, Any], read: Callable[[str, Any], Any], reading: Reading
) -> Iterator[Any]:
    for name, text in texts.items():
        with reading(f"{section}, `{name}`"):
            yield read(name, text)


def _cooldown(name: str, text: CooldownText) -> Cooldown:
    return Cooldown(name, read_span(text.per), text.read())


def _exclusion(name: str, text: ExclusionText) -> Exclusion:
    return Exclusion(name, text.actions, read_span(text.per))


def _suppression(name: str, text: SuppressText) -> Suppression:
    within, pause = read_span(text.within), read_span(text.pause)
    return Suppression(name, text.rejections, within, pause, text.read())


def _holdout(name: str, text: HoldOutText) -> HoldOut:
    return HoldOut(name, text.percent, text.salt, text.read())


def _capacity(channel: str, text: CapacityText) -> Capacity:
    return Capacity(channel, text.reference, text.key, text.below)


def _variants(action: str, text: VariantsText) -> Variants:
    shares: dict[str, float] = {}
    for name, percent in text.items():
        if name != "salt":
            if isinstance(percent, str):
                raise ValueError(f"`{name}` is `{percent}`; give it a number of percent")
            shares[name] = percent
    return Variants(action, str(text.get("salt", "")), shares)
