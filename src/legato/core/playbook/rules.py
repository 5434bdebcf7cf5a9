"""What must lie between actions: rules that are not about one action but about those before.

Caps and quiet hours, which are older, stand in `definition.py`.
"""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from legato.core.values.time import Span


class Deed(Protocol):
    """An action, planned or taken or asked for, as rules look at it."""

    @property
    def name(self) -> str:
        """Its name in the playbook; empty if an older Legato did not tell."""

    @property
    def situation(self) -> str:
        """What it is done about."""

    @property
    def purpose(self) -> str:
        """Why the customer is contacted."""

    @property
    def channel(self) -> str:
        """Where they are contacted."""


class ActionFilter(Struct, frozen=True):
    """Which actions a rule is about; what is empty is any."""

    action: str = ""
    situation: str = ""
    channel: str = ""
    purpose: str = ""

    def covers(self, deed: Deed) -> bool:
        """Tell whether an action falls under the rule."""
        return (
            self.action in ("", deed.name)
            and self.situation in ("", deed.situation)
            and self.channel in ("", deed.channel)
            and self.purpose in ("", deed.purpose)
        )


class Cooldown(Struct, frozen=True):
    """None of these actions within the span around another of them."""

    name: str
    per: Span
    among: ActionFilter = ActionFilter()


class Exclusion(Struct, frozen=True):
    """Of these actions one kind alone within the span around it."""

    name: str
    actions: tuple[str, ...]
    per: Span


class Suppression(Struct, frozen=True):
    """After so many rejected `within` a span, none of these actions goes out for a `pause`."""

    name: str
    rejections: int
    within: Span
    pause: Span
    among: ActionFilter = ActionFilter()


class HoldOut(Struct, frozen=True):
    """So many percent of customers get none of these actions, to see what they are good for."""

    name: str
    percent: float
    salt: str
    among: ActionFilter = ActionFilter()


class Variants(Struct, frozen=True):
    """In which forms an action goes out, each to its share of customers in percent."""

    action: str
    salt: str
    shares: dict[str, float]

    def at(self, share: float) -> str:
        """Name the variant of whoever stands at this place among 100."""
        reached, name = 0.0, ""
        for name, percent in self.shares.items():  # noqa: B007 - the last takes what is left
            reached += percent
            if share < reached:
                break
        return name


class Capacity(Struct, frozen=True):
    """Nothing goes to the channel `name` unless these numbers of a reference are below."""

    name: str
    reference: str
    key: str
    below: dict[str, float]


class ContactRules(Struct, frozen=True):
    """All of them, each kind in the order of the file."""

    cooldowns: tuple[Cooldown, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    holdouts: tuple[HoldOut, ...] = ()
    variants: tuple[Variants, ...] = ()
    capacities: tuple[Capacity, ...] = ()

    def capacity_of(self, channel: str) -> Capacity | None:
        """Return what a channel needs to have room."""
        return next((each for each in self.capacities if each.name == channel), None)


NO_RULES = ContactRules()
