"""`customer`: names and values of `legato inspect --json`, of which only what is read is made.

Carts and cases are lists whose elements bear `id`, since macros over a map see its keys.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any

from msgspec import Struct

from legato.core.conditions.shapes import (
    INSTANT,
    MAP,
    NUMBER,
    TEXT,
    TRUTH,
    Shape,
    list_of,
    map_of,
    record,
    record_of,
)
from legato.core.context.consent import parts_of
from legato.core.context.contact import ongoing_contact
from legato.core.context.context import (
    Awaited,
    Cart,
    Case,
    ConsentRecord,
    Context,
    LookedAt,
)
from legato.core.context.erasure import erasure_status
from legato.core.context.lifecycle import lifecycle, lifecycle_stage
from legato.core.context.places import still_awaited
from legato.core.context.runs import stages_fired
from legato.core.context.shown import HIDDEN
from legato.core.context.timeline import rows
from legato.core.events.payloads import Item
from legato.core.values.time import LONG_AGO, NEVER, Instant

CUSTOMER: Shape = record(
    revision=NUMBER,
    customer_id=TEXT,
    lifecycle_stage=TEXT,
    lifecycle=record(stage=TEXT, since=INSTANT),
    identifiers=map_of(list_of(TEXT)),
    profile=record(
        language=TEXT,
        time_zone=TEXT,
        home_store=TEXT,
        preferred_channel=TEXT,
        traits=MAP,
    ),
    consents=list_of(
        record(
            purpose=TEXT,
            channel=TEXT,
            status=TEXT,
            time=INSTANT,
            brand=TEXT,
            basis=TEXT,
            source=TEXT,
            proof=TEXT,
        )
    ),
    presence=record(channel=TEXT, time=INSTANT),
    sessions=list_of(record(channel=TEXT, id=TEXT, started=INSTANT)),
    carts=list_of(
        record(
            id=TEXT,
            items=list_of(record_of(Item)),
            value=NUMBER,
            currency=TEXT,
            origin=TEXT,
            touched=INSTANT,
            checkout=INSTANT,
            step=TEXT,
            brand=TEXT,
        )
    ),
    cases=list_of(
        record(
            id=TEXT,
            reason=TEXT,
            opened=INSTANT,
            touched=INSTANT,
            channels=list_of(TEXT),
            asked=TEXT,
            known=list_of(TEXT),
            bot=TRUTH,
            brand=TEXT,
        )
    ),
    orders=list_of(
        record(
            id=TEXT,
            time=INSTANT,
            cart_id=TEXT,
            skus=list_of(TEXT),
            total=NUMBER,
            status=TEXT,
            closed=list_of(TEXT),
            channel=TEXT,
            brand=TEXT,
        )
    ),
    looked_at=list_of(record(sku=TEXT, time=INSTANT, views=NUMBER, brand=TEXT)),
    journeys=list_of(TEXT),
    timeline=list_of(record(time=INSTANT, type=TEXT, channel=TEXT, note=TEXT, brand=TEXT)),
    actions=list_of(
        record(
            action_id=TEXT,
            occurrence_id=TEXT,
            name=TEXT,
            situation=TEXT,
            purpose=TEXT,
            channel=TEXT,
            decided=INSTANT,
            not_before=INSTANT,
            expires=INSTANT,
            goals=list_of(TEXT),
            handoff=TRUTH,
            status=TEXT,
            address=TEXT,
            delivered=INSTANT,
            brand=TEXT,
        )
    ),
    runs=MAP,
    asked_again=NUMBER,
    waiting_events=NUMBER,
    next_due=INSTANT,
    brands=list_of(TEXT),
    erasure=record(status=TEXT, time=INSTANT, source=TEXT, proof=TEXT),
    venues=list_of(record(venue=TEXT, time=INSTANT, brand=TEXT)),
    expected=list_of(record(what=TEXT, venue=TEXT, since=INSTANT, until=INSTANT, brand=TEXT)),
    contact=record(
        channel=TEXT,
        started=INSTANT,
        until=INSTANT,
        queue=TEXT,
        agent=TEXT,
        waiting=INSTANT,
        case_id=TEXT,
        reason=TEXT,
        brand=TEXT,
    ),
)
"""The names, and what is known of their values."""


def _visits(context: Context) -> list[dict[str, Any]]:
    return _all_named(visit for visit in (*context.sessions, context.session) if visit)


def _consent(key: str, wish: ConsentRecord) -> dict[str, Any]:
    purpose, channel, brand = parts_of(key)
    told = {"purpose": purpose, "channel": channel, "status": wish.status, "time": wish.time}
    more = {"brand": brand, "basis": wish.basis, "source": wish.source, "proof": wish.proof}
    return told | {name: value for name, value in more.items() if value}


def _erasure(context: Context) -> dict[str, Any] | None:
    if not context.erasures:
        return None
    word = context.erasures[-1]
    more = {"source": word.source, "proof": word.proof}
    told = {"status": erasure_status(word), "time": word.time}
    return told | {name: value for name, value in more.items() if value}


def _expected(each: Awaited) -> dict[str, Any]:
    return {
        "what": each.what,
        "venue": each.venue,
        "since": each.opened,
        "until": each.until,
        **_brand(each.brand),
    }


def _contact(context: Context) -> dict[str, Any] | None:
    ongoing = ongoing_contact(context.contact) if context.contact else None
    if ongoing is None:
        return None
    told = _named(ongoing)
    return {name: told[name] for name in told if name != "brand"} | _brand(ongoing.brand)


def _presence(context: Context) -> dict[str, Any] | None:
    seen = _instant(context.present)
    return None if seen is None else {"channel": context.channel, "time": seen}


def _cart(cart_id: str, cart: Cart) -> dict[str, Any]:
    return {
        "id": cart_id,
        "items": _all_named(line.item for line in cart.lines.values()),
        "value": round(cart.value, 2),
        "currency": cart.currency,
        "origin": cart.origin,
        "touched": _instant(cart.touched),
        "checkout": cart.checkout,
        "step": cart.step,
        **_brand(cart.brand),
    }


def _look(sku: str, look: LookedAt) -> dict[str, Any]:
    return {"sku": sku, "time": look.time, "views": look.views, **_brand(look.brand)}


def _case(case_id: str, case: Case) -> dict[str, Any]:
    return {
        "id": case_id,
        "reason": case.reason,
        "opened": case.opened,
        "touched": case.touched,
        "channels": case.channels,
        "asked": case.asked,
        "known": case.known,
        "bot": case.bot,
        **_brand(case.brand),
    }


def _brand(brand: str) -> dict[str, Any]:
    return {"brand": brand} if brand else {}


_TOUCHPOINT = ("time", "type", "channel", "note", "brand")


def _timeline(context: Context) -> list[dict[str, Any]]:
    told = rows(context.touchpoints, context.touches)
    return [dict(zip(_TOUCHPOINT, row, strict=False)) for row in told]


def _instant(at: Instant) -> Instant | None:
    return None if at in (LONG_AGO, NEVER) else at


@lru_cache(maxsize=64)
def _shown_of(kind: type[Struct]) -> tuple[str, ...]:
    return tuple(name for name in kind.__struct_fields__ if name not in HIDDEN)


def _named(value: Struct) -> dict[str, Any]:
    """Lay a struct out by the names that it shows."""
    return {
        name: told
        for name in _shown_of(type(value))
        if (told := getattr(value, name)) is not None
    }


def _all_named(values: Iterable[Struct]) -> list[dict[str, Any]]:
    return [_named(each) for each in values]


class KeptList(Struct, frozen=True):
    """A list of the customer's, read as it is kept where nobody wants an element whole.

    `show` makes of it what conditions see. `fields` say how they read one of `{}`, an element.
    """

    name: str
    kept: Callable[[Context], Collection[Any]]
    show: Callable[[Collection[Any]], list[dict[str, Any]]]
    fields: Mapping[str, str]


def _attributes(name: str) -> dict[str, str]:
    """Each field that is shown of a list of structs is an attribute of the same name."""
    shape = (CUSTOMER.fields or {})[name].of
    return {each: f"{{}}.{each}" for each in (shape and shape.fields) or ()}


KEPT_LISTS = {
    each.name: each
    for each in (
        KeptList("orders", lambda context: context.orders, _all_named, _attributes("orders")),
        KeptList(
            "actions", lambda context: context.actions, _all_named, _attributes("actions")
        ),
        KeptList(
            "looked_at",
            lambda context: context.looked_at.items(),
            lambda kept: [_look(*each) for each in kept],
            {
                "sku": "{}[0]",
                "time": "{}[1].time",
                "views": "{}[1].views",
                "brand": "{}[1].brand or None",
            },
        ),
        KeptList(
            "carts",
            lambda context: context.carts.items(),
            lambda kept: [_cart(*each) for each in kept],
            {
                "id": "{}[0]",
                "value": "round({}[1].value, 2)",
                "currency": "{}[1].currency",
                "origin": "{}[1].origin",
                "checkout": "{}[1].checkout",
                "step": "{}[1].step",
                "brand": "{}[1].brand or None",
            },
        ),
    )
}
"""Those that are asked most, by name."""


def _shown(name: str) -> Callable[[Context], Any]:
    of = KEPT_LISTS[name]
    return lambda context: of.show(of.kept(context))


MAKERS: dict[str, Callable[[Context], Any]] = {
    "revision": lambda context: context.revision,
    "customer_id": lambda context: context.customer_id,
    "lifecycle_stage": lifecycle_stage,
    "lifecycle": lambda context: _named(lifecycle(context)),
    "identifiers": lambda context: context.identifiers,
    "profile": lambda context: _named(context.profile),
    "consents": lambda context: [_consent(*each) for each in context.consents.items()],
    "presence": _presence,
    "sessions": _visits,
    "carts": _shown("carts"),
    "cases": lambda context: [_case(*each) for each in context.cases.items()],
    "orders": _shown("orders"),
    "looked_at": _shown("looked_at"),
    "journeys": lambda context: [*context.journeys],
    "timeline": _timeline,
    "actions": _shown("actions"),
    "runs": lambda context: stages_fired(context.runs),
    "asked_again": lambda context: context.asked_again,
    "waiting_events": lambda context: len(context.waiting),
    "next_due": lambda context: _instant(context.next_due),
    "brands": lambda context: [*context.brands],
    "erasure": _erasure,
    "venues": lambda context: [
        {"venue": each.venue, "time": each.time, **_brand(each.brand)}
        for each in context.venues
    ],
    "expected": lambda context: [_expected(each) for each in still_awaited(context.awaited)],
    "contact": _contact,
}
"""What makes the value of each."""
