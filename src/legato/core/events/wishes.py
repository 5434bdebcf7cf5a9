"""What a consent says, word by word; a refusal in words that nobody knows says the most it may.

An unknown purpose means all but `service`, an unknown channel all channels, an unknown status a
refusal. Such a wish is *unclear*: it holds until a newer word that is known, or until its event
comes once more in words that are.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from legato.core.events.payloads import ConsentPayload, ConsentsPayload, Payload
from legato.core.events.words import (
    ALL,
    PURPOSES,
    STATUSES,
    ClosedList,
    channel_list,
    fault_of,
    is_left_out,
    text_of,
)

UNKNOWN = "?"
"""Stands in front of a word that nobody knows."""
GRANTED = "granted"
_SAYING = (str, int, float)


class Wish(Struct, frozen=True, gc=False):
    """One wish, as it is understood; `unclear` if one of its words is not known."""

    purpose: str
    channel: str
    status: str
    brand: str = ""
    basis: str = ""
    proof: str = ""
    unclear: bool = False


class Wishes(Struct, frozen=True):
    """All that an event says of consent, and what is wrong with its words."""

    told: tuple[Wish, ...]
    faults: tuple[str, ...]

    @property
    def followed(self) -> tuple[Wish, ...]:
        """What is to be followed: all that is told, or of what is unclear the refusals."""
        if not self.faults:
            return self.told
        return tuple(wish for wish in self.told if wish.status != GRANTED)


Told: TypeAlias = Payload | Wishes
"""What an event tells: of a consent what its words mean, else its payload."""


def read_wishes(payload: ConsentsPayload, channels: frozenset[str]) -> Wishes:
    """Read the words of a consent, where `channels` are those of the playbook."""
    faults: list[str] = []
    told = [_read(each, channel_list(channels), faults) for each in payload.listed()]
    return Wishes(tuple(told), tuple(dict.fromkeys(faults)))


def _read(told: ConsentPayload, channels: ClosedList, faults: list[str]) -> Wish:
    before = len(faults)
    purpose = _word(PURPOSES, told.purpose, faults)
    status = _word(STATUSES, told.status, faults)
    channel = ALL if is_left_out(told.channel) else _word(channels, told.channel, faults)
    if status.startswith(UNKNOWN):
        status = "denied"
    brand, basis, proof = map(_said, (told.brand, told.basis, told.proof))
    return Wish(purpose, channel, status, brand, basis, proof, len(faults) > before)


def _word(known: ClosedList, word: object, faults: list[str]) -> str:
    found = known.read(word)
    if found is not None:
        return found
    faults.append(fault_of(known.name, word, known.told))
    return UNKNOWN + text_of(word).casefold().replace("|", "/")


def _said(word: object) -> str:
    """Take a text, or a number for one; what is neither says nothing."""
    return str(word) if isinstance(word, _SAYING) else ""
