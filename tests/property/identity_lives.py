"""People who are seen on many channels, each of which knows only its own identifiers."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from legato.core.playbook.definition import Playbook, Requirement, Weight
from legato.core.situations.absence import Absence
from legato.harness import default_playbook
from tests.replay.brute_force import DAY, HOUR, MINUTE
from tests.replay.wild_stories import NOON

Json = dict[str, Any]

PEOPLE = ("ada", "bob")


def reminders() -> Playbook:
    """What time alone brings; a switch depends on which of two channels was heard of first.

    Nor does any reminder ask where a cart came from, which is not promised of a cart that was
    closed in between.
    """
    shipped = default_playbook()

    def asks_whence(weight: Weight) -> bool:
        return isinstance(weight.when, Requirement) and bool(weight.when.come_from)

    plans = {
        name: tuple(
            replace(plan, weights=tuple(w for w in plan.weights if not asks_whence(w)))
            for plan in plans
        )
        for name, plans in shipped.actions.items()
    }
    absences = tuple(each for each in shipped.situations if isinstance(each, Absence))
    return replace(shipped, situations=absences, actions=plans)


REMINDERS = reminders()
KNOWS = {
    "web": ("anonymous_id",),
    "mobile": ("device_id",),
    "store": ("loyalty_id",),
    "call": ("phone",),
    "email": ("email",),
}
PROOFS = (
    ("account.logged_in", "web", ("anonymous_id", "user_id")),
    ("account.logged_in", "mobile", ("device_id", "user_id")),
    ("loyalty.card_scanned", "store", ("loyalty_id", "user_id")),
    ("page.viewed", "call", ("phone", "user_id")),
    ("page.viewed", "email", ("email", "loyalty_id")),
)
PAUSES = (10 * MINUTE, 50 * MINUTE, 2 * HOUR, 20 * HOUR, DAY, 3 * DAY, 8 * DAY)
BURST = MINUTE + 1_000

skus = st.sampled_from(["SHOE", "HAT"])
items = st.fixed_dictionaries({"sku": skus, "price": st.just(60.0)})
baskets = st.fixed_dictionaries({"items": st.lists(items, max_size=2)})
wishes = st.fixed_dictionaries(
    {
        "purpose": st.just("promotion"),
        "status": st.sampled_from(["granted", "granted", "denied"]),
        "channel": st.sampled_from(["*", "email", "mobile"]),
    }
)
reasons = st.fixed_dictionaries(
    {"reason": st.sampled_from(["size", "price"])}, optional={"resolved": st.booleans()}
)
DEEDS: dict[str, st.SearchStrategy[Json]] = {
    "cart.item_added": items,
    "cart.item_removed": items,
    "checkout.started": st.just({}),
    "order.completed": baskets,
    "consent.updated": wishes,
    "contact.started": reasons,
    "contact.ended": reasons,
    "page.viewed": st.just({}),
}
OFTEN = ["cart.item_added", "order.completed", "cart.item_added"]


def identifiers_of(person: str, kinds: tuple[str, ...]) -> dict[str, str]:
    """What a channel knows a person by."""
    number = PEOPLE.index(person)
    special = {"email": f"{person}@example.org", "phone": f"+4930901820{number}"}
    return {kind: special.get(kind, f"{kind[0]}-{person}") for kind in kinds}


@st.composite
def deeds(draw: st.DrawFn) -> Json:
    """What somebody does on a channel, or what shows who they are; without id and time."""
    person = draw(st.sampled_from(PEOPLE))
    if draw(st.integers(0, 2)) == 0:
        kind, channel, names = draw(st.sampled_from(PROOFS))
        proof: Json = {"type": kind, "channel": channel, "authenticated": True}
        return {**proof, "identifiers": identifiers_of(person, names)}
    kind, channel = draw(st.sampled_from([*DEEDS, *OFTEN])), draw(st.sampled_from([*KNOWS]))
    known = identifiers_of(person, KNOWS[channel])
    return {"type": kind, "channel": channel, "identifiers": known, "data": draw(DEEDS[kind])}


REACHED = ("email", "mobile")


def wish_of(person: str, channel: str) -> Json:
    """Somebody allows promotions, where they can be reached."""
    known = identifiers_of(person, KNOWS[channel])
    wish = {"purpose": "promotion", "status": "granted", "channel": "*"}
    return {
        "type": "consent.updated",
        "channel": channel,
        "identifiers": known,
        "data": wish,
    }


@st.composite
def bursts(draw: st.DrawFn, most: int = 6) -> list[list[Json]]:
    """What happens in a minute, several times over; no deadline falls into such a minute.

    All spans of the playbook are whole tens of minutes, and each burst has a minute of the ten
    to itself.
    """
    start, told = NOON, []
    for n in range(draw(st.integers(2, most))):
        start += draw(st.sampled_from(PAUSES))
        found = draw(st.lists(deeds(), min_size=1, max_size=6))
        if n == 0:
            found = [wish_of(person, draw(st.sampled_from(REACHED))) for person in PEOPLE]
        told.append(
            [
                {"id": f"e{n}-{m}", "time": start + n * BURST + m * 1_000, **deed}
                for m, deed in enumerate(found)
            ]
        )
    return told


def firm(told: list[list[Json]]) -> list[list[Json]]:
    """The same lives, but with nothing in them that is not promised to end in the same actions.

    Whoever has refused promotions says no more of them; an order names articles only where
    nothing else takes any out; and a contact that leaves a case open is one that opens it.
    """
    refused: set[str] = set()
    kinds = [event["type"] for burst in told for event in burst]
    names = kinds.count("order.completed") == 1 and "cart.item_removed" not in kinds
    return [[_firmly(event, refused, names) for event in burst] for burst in told]


def _firmly(event: Json, refused: set[str], names_articles: bool) -> Json:
    kind, data = event["type"], event.get("data", {})
    if kind == "order.completed" and not names_articles:
        return {**event, "data": {"items": []}}
    if kind == "contact.ended" and not data.get("resolved"):
        return {**event, "type": "contact.started"}
    if kind != "consent.updated":
        return event
    person = person_of(event)
    if person in refused:
        return {**event, "type": "page.viewed", "data": {}}
    if data["status"] == "denied":
        refused.add(person)
    return event


def person_of(event: Json) -> str:
    """Say who it was."""
    known = KNOWS[event["channel"]]
    return next(who for who in PEOPLE if event["identifiers"] == identifiers_of(who, known))


@st.composite
def mixed(draw: st.DrawFn, burst: list[Json]) -> list[Json]:
    """The same, with each channel's part at its own pace."""
    parts: dict[str, list[Json]] = {}
    for event in burst:
        parts.setdefault(event["channel"], []).append(event)
    order = draw(st.permutations([event["channel"] for event in burst]))
    return [parts[channel].pop(0) for channel in order]
