"""Stories that no shop would see: every rule near its border, in any order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.replay.brute_force import DAY, HOUR, MINUTE

Json = dict[str, Any]

NOON = 1_700_000_000_000

skus = st.sampled_from(["SHOE", "HAT"])
channels = st.sampled_from(["web", "store", "email"])
items = st.fixed_dictionaries({"sku": skus}, optional={"quantity": st.integers(1, 3)})
bad_items = st.sampled_from([{}, {"sku": ""}, {"sku": "SHOE", "quantity": 0}])
baskets: st.SearchStrategy[Json] = st.one_of(
    st.just({}),
    st.just({"items": None}),
    st.fixed_dictionaries({"items": st.lists(items, max_size=2)}),
)
conversations = st.fixed_dictionaries(
    {"reason": st.sampled_from(["size", "price"])}, optional={"resolved": st.booleans()}
)
DATA: dict[str, st.SearchStrategy[Json]] = {
    "cart.item_added": st.one_of(items, items, items, bad_items),
    "cart.item_removed": st.one_of(items, bad_items),
    "cart.updated": baskets,
    "cart.viewed": st.just({}),
    "checkout.started": st.just({}),
    "order.completed": baskets,
    "contact.started": conversations,
    "contact.ended": conversations,
    "contact.transferred": conversations,
    "message.received": conversations,
    "case.closed": conversations,
    "payment.failed": st.just({}),
    "page.viewed": st.just({}),
    "message.clicked": st.just({"action_id": "a1"}),
    "something.unheard_of": st.just({}),
}


@dataclass(frozen=True)
class World:
    """What happens in a family of stories, and the spans that matter there."""

    kinds: tuple[str, ...]
    borders: tuple[int, ...]

    @property
    def pauses(self) -> tuple[int, ...]:
        """Short pauses, and all that lie at a border or just beside it."""
        return (0, MINUTE, *(border + near for border in self.borders for near in (-1, 0, 1)))


CARTS = (
    "cart.item_added",
    "cart.item_added",
    "cart.item_removed",
    "cart.updated",
    "cart.viewed",
)
ORDERS = ("checkout.started", "order.completed")
CASES = ("contact.started", "message.received", "contact.ended", "contact.transferred")
LOOKS = ("page.viewed", "something.unheard_of")
WORLDS = {
    "everything": World(
        tuple(DATA), (30 * MINUTE, HOUR, 24 * HOUR, 72 * HOUR, 7 * DAY, 10 * DAY)
    ),
    "stages": World((*CARTS, *ORDERS), (HOUR, 24 * HOUR, 72 * HOUR)),
    "carts": World((*CARTS, *ORDERS, *LOOKS), (24 * HOUR, 10 * DAY)),
    "cases": World((*CASES, "case.closed", *LOOKS), (7 * DAY,)),
    "clicks": World(("cart.item_added", "message.clicked", *LOOKS), (30 * MINUTE,)),
    "forgotten": World(("cart.item_added", "page.viewed"), (10 * DAY, 10 * DAY - HOUR, HOUR)),
    "contacts": World(
        ("message.received", "contact.ended", "page.viewed"), (7 * DAY - HOUR, HOUR)
    ),
}


@st.composite
def happenings(draw: st.DrawFn, kinds: tuple[str, ...]) -> Json:
    """An event without its time and id."""
    kind = draw(st.sampled_from(kinds))
    event: Json = {"type": kind, "channel": draw(channels), "data": draw(DATA[kind])}
    event["identifiers"] = {"loyalty_id": draw(st.sampled_from(["ada", "ada", "ada", "bob"]))}
    if kind.startswith(("cart.", "checkout.", "order.")) and draw(st.booleans()):
        event["cart_id"] = draw(st.sampled_from(["a", "-"]))
    return event


@st.composite
def logs(draw: st.DrawFn, world: World) -> list[Json]:
    """A log in order of time, in which some events come twice.

    In one instant a cart is touched on one channel alone: which of two was the last, none says.
    """
    log: list[Json] = []
    places: dict[tuple[int, str, str], str] = {}
    time = NOON
    for n, event in enumerate(draw(st.lists(happenings(world.kinds), min_size=2, max_size=16))):
        time += draw(st.sampled_from(world.pauses))
        if event["type"].startswith(("cart.", "checkout.")):
            whose = event["identifiers"]["loyalty_id"]
            place = time, whose, event.get("cart_id", "-")
            event["channel"] = places.setdefault(place, event["channel"])
        log.append({"id": f"e{n}", "time": time, **event})
        if draw(st.integers(0, 9)) == 9:
            log.append(draw(st.sampled_from(log)))
    return log


AT_ONCE = World((*CARTS, *ORDERS, "order.completed", "page.viewed"), (30 * MINUTE,))


@st.composite
def logs_at_once(draw: st.DrawFn) -> list[Json]:
    """A log in which orders fall into one instant with what else happens, in any order."""
    log: list[Json] = []
    time, is_touched = NOON, False
    for n, event in enumerate(
        draw(st.lists(happenings(AT_ONCE.kinds), min_size=2, max_size=10))
    ):
        touches = event["type"].startswith(("cart.", "checkout."))
        pause = draw(st.sampled_from(AT_ONCE.pauses)) or int(touches and is_touched)
        is_touched = touches or (is_touched and not pause)
        time += pause
        log.append({"id": f"e{n}", "time": time, **event})
    return log
