"""The articles that a customer looked at last: what a price or a stock may be told of.

They lie in order of the last look, of two at one time the smaller sku first; so whichever is
heard of first, and wherever two customers turn out to be one, the same are kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from legato.core.context.context import Context, LookedAt
from legato.core.context.retention import MOST_LOOKED_AT
from legato.core.events.event import TEXT_MAX, Event
from legato.core.values.time import Instant


class _Article(Struct, gc=False):
    """What an event may call an article; it owes us none of it."""

    sku: Any = None
    variant_id: Any = None
    product_id: Any = None


_decode = msgspec.json.Decoder(_Article).decode
_NO_ARTICLE: tuple[str, tuple[str, ...]] = ("", ())


def note_look(context: Context, event: Event) -> None:
    """Keep the article of an event that tells of one; it goes by the first name that it has."""
    name, others = article_of(event)
    if not name:
        return
    time, looked = event.time, context.looked_at
    look = LookedAt(time, others, brand=event.brand or "")
    if name in looked:
        look = united_looks(look, looked.pop(name))
    in_order = not looked or looked[next(reversed(looked))].time < time
    looked[name] = look
    if not in_order:
        context.looked_at = last_looked_at(looked)
    elif len(looked) > MOST_LOOKED_AT:
        del looked[next(iter(looked))]


def united_looks(one: LookedAt, other: LookedAt) -> LookedAt:
    """Put together the looks at one article."""
    last = max(one, other, key=_by_last)
    return LookedAt(last.time, last.other_ids, one.views + other.views, last.brand)


def _by_last(look: LookedAt) -> tuple[Instant, tuple[str, ...], str]:
    return look.time, look.other_ids, look.brand


def last_looked_at(looked: dict[str, LookedAt]) -> dict[str, LookedAt]:
    """Put articles in order, and keep the last ones."""
    ordered = sorted(looked.items(), key=lambda each: (each[1].time, each[0]))
    return dict(ordered[-MOST_LOOKED_AT:])


def article_of(event: Event) -> tuple[str, tuple[str, ...]]:
    """Return how the article of an event is called, and how else; "" if it is not."""
    try:
        told = _decode(event.data or b"{}")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _NO_ARTICLE
    sku = told.sku
    if type(sku) is str and told.variant_id is told.product_id is None:
        return (sku, ()) if len(sku) <= TEXT_MAX else _NO_ARTICLE
    return names_among((sku, told.variant_id, told.product_id))


def names_among(told: Iterable[object]) -> tuple[str, tuple[str, ...]]:
    """Of what may be names of an article, return the first and the others; "" if none is."""
    texts = [str(each) for each in told if type(each) in (str, int)]
    known = [*dict.fromkeys(text for text in texts if 0 < len(text) <= TEXT_MAX)]
    return (known[0], tuple(known[1:])) if known else _NO_ARTICLE
