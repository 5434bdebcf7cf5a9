"""Random lives of a few customers, with consents and addresses, so that something is done."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from msgspec import json

from legato.core.events.event import Event
from legato.core.values.outputs import Output
from tests.replay.brute_force import DAY, HOUR, MINUTE
from tests.replay.wild_stories import DATA, NOON

Json = dict[str, Any]

CUSTOMERS = ("ada", "bob", "cy")
KNOWN = {"email": "x@example.org", "phone": "+49301", "device_id": "d-1"}
wishes = st.fixed_dictionaries(
    {
        "purpose": st.sampled_from(["promotion", "promotion", " Promotion", "marketing"]),
        "status": st.sampled_from(["granted", "granted", "denied", "Granted", "opted out"]),
        "channel": st.sampled_from(["*", "email", "mobile", "E-Mail", "all", "post"]),
    }
)
traits = st.fixed_dictionaries(
    {}, optional={"time_zone": st.sampled_from(["Asia/Tokyo", "Europe/Berlin", "Mars/X"])}
)
MORE: dict[str, st.SearchStrategy[Json]] = {
    "consent.updated": wishes,
    "customer.updated": traits,
    "store.visited": st.just({}),
    "checkout.step_completed": st.just({"step": "payment"}),
    "privacy.erasure_requested": st.just({"proof": "DSR-17"}),
    "privacy.erasure_withdrawn": st.just({}),
}
DEEDS = {**DATA, **MORE}
OFTEN = ["cart.item_added", "consent.updated", "store.visited", "order.completed"]
pauses = st.sampled_from(
    [
        0,
        1,
        MINUTE,
        30 * MINUTE,
        HOUR - 1,
        HOUR,
        5 * HOUR,
        24 * HOUR,
        72 * HOUR,
        7 * DAY,
        10 * DAY,
    ]
)


@st.composite
def deeds(draw: st.DrawFn) -> Json:
    """Something that one of them does, without id and time."""
    kind = draw(st.sampled_from([*DEEDS, *OFTEN, *OFTEN]))
    event: Json = {
        "type": kind,
        "channel": draw(st.sampled_from(["web", "mobile", "store", "chat"])),
        "data": draw(DEEDS[kind]),
        "customer_id": draw(st.sampled_from(CUSTOMERS)),
    }
    if kind == "customer.updated":
        event["identifiers"] = KNOWN
    if kind.startswith(("cart.", "order.")) and draw(st.booleans()):
        event["cart_id"] = draw(st.sampled_from(["a", "b"]))
    if kind in ("order.completed", "payment.failed") and draw(st.booleans()):
        event["order_id"] = draw(st.sampled_from(["o", "p"]))
    if draw(st.integers(0, 3)) == 3:
        event["brand"] = draw(st.sampled_from(["north", "south"]))
    return event


@st.composite
def lives(draw: st.DrawFn, longest: int = 25) -> list[Json]:
    """A log in order of time; some events come twice."""
    log: list[Json] = []
    time = NOON
    for n, deed in enumerate(draw(st.lists(deeds(), min_size=1, max_size=longest))):
        time += draw(pauses)
        log.append({"id": f"e{n}", "time": time, **deed})
        if draw(st.integers(0, 9)) == 9:
            log.append(draw(st.sampled_from(log)))
    return log


@st.composite
def tangled(draw: st.DrawFn) -> tuple[list[Json], list[Json]]:
    """A log in order of time, and the same with each customer's part at its own pace."""
    log = draw(lives())
    parts = {who: [event for event in log if event["customer_id"] == who] for who in CUSTOMERS}
    order = draw(st.permutations([event["customer_id"] for event in log]))
    return log, [parts[who].pop(0) for who in order]


def event_of(line: Json) -> Event:
    """Read an event anew, since the line may write to the one it follows."""
    return json.decode(json.encode(line), type=Event)


def said_of(who: str, outputs: list[Output]) -> list[bytes]:
    """Everything that was said of one customer, in order."""
    return [json.encode(output) for output in outputs if output.customer_id == who]
