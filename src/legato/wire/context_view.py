"""A context as a person or another system reads it: names instead of places, epoch ms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from legato.core.consent import parts_of
from legato.core.context import Cart, Case, Context
from legato.core.instant import LONG_AGO, NEVER, Instant
from legato.core.trail import Touch


def context_view(context: Context) -> dict[str, Any]:
    """Lay a context out as JSON values; what is empty is there all the same."""
    return {
        "customer_id": context.customer_id,
        "revision": context.revision,
        "lifecycle_stage": context.stage,
        "identifiers": context.identifiers,
        "profile": _named(context.profile),
        "consents": [*_consents(context)],
        "presence": _presence(context),
        "sessions": [
            _named(session) for session in (*context.sessions, context.session) if session
        ],
        "carts": {name: _cart(cart) for name, cart in context.carts.items()},
        "cases": {name: _case(case) for name, case in context.cases.items()},
        "orders": [_named(order) for order in context.orders],
        "journeys": context.journeys,
        "timeline": [_touch(touch) for touch in context.timeline],
        "actions": [_named(taken) for taken in context.actions],
        "runs": context.runs,
        "asked_again": context.asked_again,
        "waiting_events": len(context.waiting),
        "next_due": _instant(context.next_due),
    }


def _instant(at: Instant) -> Instant | None:
    return None if at in (LONG_AGO, NEVER) else at


def _named(value: msgspec.Struct) -> dict[str, Any]:
    """Name the fields of a struct that is kept as an array; what is absent is left out."""
    fields = msgspec.structs.asdict(value)
    return {name: field for name, field in fields.items() if field is not None}


def _touch(touch: Touch) -> dict[str, Any]:
    """Name the fields of a touchpoint one by one: a context has thirty, and a view millions."""
    time, type_, channel, note = touch.time, touch.type, touch.channel, touch.note
    return {"time": time, "type": type_, "channel": channel, "note": note}


def _consents(context: Context) -> Iterator[dict[str, Any]]:
    for key, wish in context.consents.items():
        purpose, channel, brand = parts_of(key)
        told = {name: value for name, value in _named(wish).items() if value != ""}
        about = {"purpose": purpose, "channel": channel}
        yield {**about, **({"brand": brand} if brand else {}), **told}


def _presence(context: Context) -> dict[str, Any] | None:
    seen = _instant(context.present)
    return None if seen is None else {"channel": context.channel, "time": seen}


def _cart(cart: Cart) -> dict[str, Any]:
    return {
        "items": [_named(line.item) for line in cart.lines.values()],
        "value": round(cart.value, 2),
        "currency": cart.currency,
        "origin": cart.origin,
        "touched": _instant(cart.touched),
        "checkout": cart.checkout,
        "step": cart.step,
    }


def _case(case: Case) -> dict[str, Any]:
    told = ("reason", "opened", "touched", "channels", "asked", "known", "bot")
    return {name: getattr(case, name) for name in told}
