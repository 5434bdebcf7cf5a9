"""What a customer wants: by brand, purpose and channel, with where that is known from.

A wish may be about one channel or all (`*`), about one brand or all (none named). Its key in a
context is `purpose|channel`, with `|brand` behind if it is about one. One that is unclear
(`core/events/wishes.py`) lies apart, so that it overwrites nothing: its key ends with `|?` and
a name of its event, and words of it that nobody knows have a `?` in front.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from msgspec import Struct

from legato.core.context.context import ConsentRecord
from legato.core.events.wishes import GRANTED, UNKNOWN, Wish
from legato.core.events.words import ALL, PURPOSES, plain
from legato.core.values.outputs import Consent

ALL_BUT_SERVICE = UNKNOWN
"""What a purpose that nobody knows may mean at most."""
_UNCLEAR = "|" + UNKNOWN
MOST_UNCLEAR = 32
"""Unclear wishes beyond these become one that means all that any of them may."""
UNCLEAR_REST = f"{UNKNOWN}|{ALL}|{_UNCLEAR}"


class _Scope(Struct, frozen=True):
    """What a wish is about."""

    purpose: str
    channel: str
    brand: str

    def covers(self, wish: ConsentRecord, purpose: str, channel: str) -> bool:
        """Does a wish about this say something of a purpose on a channel?"""
        if self.channel not in (ALL, plain(channel)):
            return False
        if self.purpose == ALL_BUT_SERVICE:
            return purpose != "service" and wish.status != GRANTED
        return self.purpose in (ALL, purpose)


def key_of(purpose: str, channel: str, brand: str = "") -> str:
    """Name a wish."""
    return f"{purpose}|{channel}|{brand}" if brand else f"{purpose}|{channel}"


def parts_of(key: str) -> tuple[str, str, str]:
    """Take a wish's name apart: purpose, channel, brand (empty: all)."""
    known, unclear, _ = key.rpartition(_UNCLEAR)
    purpose, _, rest = (known if unclear else key).partition("|")
    channel, _, brand = rest.partition("|")
    return purpose, channel or ALL, brand


def unclear_key(wish: Wish, brand: str, event: str) -> str:
    """Name an unclear wish, where `event` names the event that told it."""
    return f"{wish.purpose}|{wish.channel}|{brand}{_UNCLEAR}{event}"


def told_unclearly(key: str) -> str | None:
    """Return the name of the event that told this wish unclearly; None if it is clear."""
    known, unclear, event = key.rpartition(_UNCLEAR)
    return event if unclear and known.count("|") >= 2 else None


@lru_cache(maxsize=4_096)
def _scope_of(key: str) -> _Scope:
    """Read a key, one too of a release that took any word for a purpose."""
    purpose, channel, brand = parts_of(key)
    where = ALL if channel.startswith(UNKNOWN) else plain(channel)
    return _Scope(PURPOSES.read(purpose) or ALL_BUT_SERVICE, where, brand)


def stricter(ours: ConsentRecord, theirs: ConsentRecord) -> ConsentRecord:
    """The newer wish counts; of two at the same time, the stricter."""
    return max(ours, theirs, key=_strictness)


def consent_for(
    wishes: Mapping[str, ConsentRecord], purpose: str, channel: str, brand: str = ""
) -> bool | None:
    """Tell whether the customer wants this; None if they never said.

    The newest word counts, for the channel or for all, for the brand or for all. Where no brand
    is known, it must hold for each that the customer spoke of.
    """
    said = _said_of(wishes, purpose, channel)
    if not said:
        return None
    brands = {brand} if brand else {its_brand for its_brand, _ in said}
    answers = [_newest(said, each) for each in brands]
    known = [answer for answer in answers if answer is not None]
    return all(known) if known else None


def _said_of(
    wishes: Mapping[str, ConsentRecord], purpose: str, channel: str
) -> list[tuple[str, ConsentRecord]]:
    """List the wishes that are about this, with the brand that each is about."""
    return [
        (scope.brand, wish)
        for key, wish in wishes.items()
        if (scope := _scope_of(key)).covers(wish, purpose, channel)
    ]


def latest(
    wishes: Mapping[str, ConsentRecord], purpose: str, channel: str, brand: str = ""
) -> Consent | None:
    """Tell the newest word that counts for this; None if the customer never spoke of it."""
    said = [
        (wish, key)
        for key, wish in wishes.items()
        if (scope := _scope_of(key)).covers(wish, purpose, channel)
        and (not brand or scope.brand in ("", brand))
    ]
    if not said:
        return None
    wish, key = max(said, key=lambda each: _strictness(each[0]))
    _, spoken_of, its_brand = parts_of(key)
    return Consent(
        wish.status, spoken_of, wish.time, its_brand, wish.basis, wish.source, wish.proof
    )


def _newest(said: Iterable[tuple[str, ConsentRecord]], brand: str) -> bool | None:
    found = [wish for its_brand, wish in said if its_brand in ("", brand)]
    newest = max((wish.time for wish in found), default=None)
    if newest is None:
        return None
    return all(wish.status == GRANTED for wish in found if wish.time == newest)


def _strictness(wish: ConsentRecord) -> tuple[object, ...]:
    return wish.time, wish.status != GRANTED, wish.status, wish.basis, wish.source, wish.proof
