"""What a customer wants: by brand, purpose and channel, with where that is known from.

A wish may be about one channel or all (`*`), about one brand or all (none named). Its key in a
context is `purpose|channel`, with `|brand` behind if it is about one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from legato.core.context.context import ConsentRecord
from legato.core.values.outputs import Consent

ALL = "*"


def key_of(purpose: str, channel: str, brand: str = "") -> str:
    """Name a wish."""
    return f"{purpose}|{channel}|{brand}" if brand else f"{purpose}|{channel}"


def parts_of(key: str) -> tuple[str, str, str]:
    """Take a wish's name apart: purpose, channel, brand (empty: all)."""
    purpose, _, rest = key.partition("|")
    channel, _, brand = rest.partition("|")
    return purpose, channel or ALL, brand


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
    said = [
        each
        for each in map(parts_of, wishes)
        if each[0] == purpose and each[1] in (channel, ALL)
    ]
    if not said:
        return None
    brands = {brand} if brand else {each[2] for each in said}
    answers = [_newest(wishes, said, each) for each in brands]
    known = [answer for answer in answers if answer is not None]
    return all(known) if known else None


def latest(
    wishes: Mapping[str, ConsentRecord], purpose: str, channel: str, brand: str = ""
) -> Consent | None:
    """Tell the newest word that counts for this; None if the customer never spoke of it."""
    said = [
        (wish, parts)
        for key, wish in wishes.items()
        if (parts := parts_of(key))[0] == purpose
        and parts[1] in (channel, ALL)
        and (not brand or parts[2] in ("", brand))
    ]
    if not said:
        return None
    wish, (_, spoken_of, its_brand) = max(said, key=lambda each: _strictness(each[0]))
    return Consent(
        wish.status, spoken_of, wish.time, its_brand, wish.basis, wish.source, wish.proof
    )


def _newest(
    wishes: Mapping[str, ConsentRecord], said: Iterable[tuple[str, str, str]], brand: str
) -> bool | None:
    found = [wishes[key_of(*each)] for each in said if each[2] in ("", brand)]
    newest = max((wish.time for wish in found), default=None)
    if newest is None:
        return None
    return all(wish.status == "granted" for wish in found if wish.time == newest)


def _strictness(wish: ConsentRecord) -> tuple[object, ...]:
    return wish.time, wish.status != "granted", wish.status, wish.basis, wish.source, wish.proof
