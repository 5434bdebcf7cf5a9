"""What a customer is interested in: articles that they looked at or tried on, and did not buy.

It is kept for a playbook that asks for it, in a store of the past. What was bought is what an
order lists that came after the last look, so it does not matter which is heard of first.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from legato.core.context.cart import newer
from legato.core.context.context import Context, Order
from legato.core.context.goals import Goal, goal_named
from legato.core.context.looked_at import names_among
from legato.core.context.orders import COMPLETED
from legato.core.context.past import KeptPast, PastEntry, entries_in
from legato.core.context.retention import KEEP_ORDERS, SHOWN_MOST
from legato.core.events.payloads import Item
from legato.core.values.time import DAY, LONG_AGO, Instant, Span

LONGEST_INTEREST: Span = KEEP_ORDERS
"""After it an order is forgotten, and nobody could tell what of it was bought."""
TRIED_ON = "product.tried_on"
_STORE = "interest"
NAMES = ("sku", "variant_id", "product_id")
SHOWN = ("name", "size", "image", "url")
_PATHS = (
    ("type",),
    ("channel",),
    ("initiated",),
    *(("data", name) for name in (*NAMES, *SHOWN)),
)


class Interest(Struct, frozen=True):
    """An article, when it was last looked at, on which channel, and whether it was tried on.

    Of one that was tried on, the channel is where that was. Its sku is the first of its names.
    """

    item: Item
    other_names: tuple[str, ...]
    time: Instant
    channel: str
    tried: bool

    @property
    def goal(self) -> Goal:
        """How it stands among the goals."""
        return Goal("interest", self.item.sku)

    @property
    def names(self) -> set[str]:
        """All that it may be called."""
        return {self.item.sku, *self.other_names}


def interest_need(span: Span) -> KeptPast:
    """Say what must be kept to know what they are interested in for so long."""
    return KeptPast(_STORE, (TRIED_ON, "product.viewed"), _PATHS, span + DAY, SHOWN_MOST)


def open_interests(context: Context, since: Instant, until: Instant) -> list[Interest]:
    """List what was looked at between two instants, both included, and not bought by `until`.

    What was tried on comes first, then what was looked at last.
    """
    found = [
        each
        for each in looked_at(context, since, until)
        if not any(_takes(order, each, until) for order in context.orders)
    ]
    found.sort(key=lambda each: (not each.tried, -each.time, each.item.sku))
    return found


def looked_at(context: Context, since: Instant, until: Instant) -> list[Interest]:
    """List all that was looked at between two instants, bought or not."""
    known: dict[str, Interest] = {}
    for entry in entries_in(context, _STORE):
        for look in _read(entry) if since <= entry.time <= until else ():
            before = known.get(look.item.sku)
            known[look.item.sku] = look if before is None else _again(before, look)
    return [*known.values()]


def bought_interests(context: Context, order_id: str) -> list[str]:
    """Name the goals that an order settles: what it lists of all that they looked at by then.

    It also may be what an action is about, though no look at it is known.
    """
    if not (context.runs or context.actions or context.asks):
        return []
    order = next((each for each in context.orders if each.id == order_id), None)
    if order is None or order.status != COMPLETED:
        return []
    looks = (each for each in looked_at(context, LONG_AGO, order.time) if _lists(order, each))
    about = (each for each in _interests_of_actions(context) if each.key in order.names)
    return [*dict.fromkeys(each.name for each in (*(look.goal for look in looks), *about))]


def is_bought(context: Context, key: str, decided: Instant, out: Instant) -> bool:
    """Was an article bought before what was decided about it then was to go `out`?

    Not, if it was looked at once more before that was decided.
    """
    orders = [each for each in context.orders if each.status == COMPLETED and each.time < out]
    listing = [order.time for order in orders if key in order.names]
    for look in looked_at(context, LONG_AGO, decided):
        if look.item.sku == key:
            return any(look.time <= order.time for order in orders if _lists(order, look))
    return any(time > decided for time in listing)


def _interests_of_actions(context: Context) -> Iterator[Goal]:
    for taken in (*context.actions, *(ask.action for ask in context.asks)):
        goals = map(goal_named, taken.goals)
        yield from (goal for goal in goals if goal.kind == "interest")


def _takes(order: Order, look: Interest, until: Instant) -> bool:
    """Was it bought by then, and not looked at since?"""
    placed = order.status == COMPLETED and look.time <= order.time <= until
    return placed and _lists(order, look)


def _lists(order: Order, look: Interest) -> bool:
    return not order.names.isdisjoint(look.names)


def _read(entry: PastEntry) -> Iterator[Interest]:
    """Read a look; nothing if it names no article, or was none of the customer's doing."""
    kind, channel, initiated, *told = entry.values
    key, others = names_among(told[: len(NAMES)])
    if key and initiated is not False:
        shown = shown_item(key, told[len(NAMES) :])
        yield Interest(shown, others, entry.time, str(channel), kind == TRIED_ON)


def shown_item(sku: str, told: list[object]) -> Item:
    """Describe an article by what was told of its name, its size and where it is shown."""
    name, size, image, url = (
        str(each) if type(each) in (str, int) and each != "" else None for each in told
    )
    return Item(sku, name=name, size=size, image=image, url=url)


def _again(before: Interest, last: Interest) -> Interest:
    """Put together what was told of an article, look by look."""
    return Interest(
        newer(before.item, last.item),
        (*dict.fromkeys((*before.other_names, *last.other_names)),),
        last.time,
        before.channel if before.tried and not last.tried else last.channel,
        before.tried or last.tried,
    )
