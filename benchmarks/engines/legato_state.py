"""What Legato knows of a customer, in the words of RULES-FULL.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from benchmarks.states import CartState, Line, State, Visit
from legato.core.context.cart import DEFAULT_CART
from legato.core.context.context import Cart, Context, Session
from legato.core.context.runs import stages_fired
from legato.core.values.ids import derive_id

ABANDONED = "abandoned"
"""What the benchmark's playbooks call an absence of the cart."""


def journeys_by_name(events: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Say which event of a customer begins a journey of what name, which is a hash of both."""
    return {
        derive_id(customer_id, "journey", event_id): event_id
        for customer_id, event_id in events
    }


def state_of(context: Context, journeys: Mapping[str, str]) -> State:
    """Translate a context."""
    return State(
        customer_id=context.customer_id,
        touched=context.touched,
        channel=context.channel,
        present=max(context.present, 0),
        stage=context.stage,
        stage_since=context.stage_since or 0,
        touchpoints=tuple(
            (touch.time, touch.type, touch.channel, touch.note) for touch in context.timeline
        ),
        visit=_visit(context.session) if context.session else None,
        visits=tuple(map(_visit, context.sessions)),
        journeys=tuple(journeys[name] for name in context.journeys),
        cart=_cart(context),
        orders=tuple((order.id, order.time) for order in context.orders),
    )


def _visit(session: Session) -> Visit:
    return session.channel, session.id, session.started


def _cart(context: Context) -> CartState | None:
    cart = context.carts.get(DEFAULT_CART)
    if cart is None or not cart.is_open:
        return None
    told = stages_fired(context.runs).get(f"{ABANDONED}|cart:{DEFAULT_CART}", 0)
    return CartState(cart.touched, cart.checkout, told if cart.lines else 0, _lines(cart))


def _lines(cart: Cart) -> tuple[Line, ...]:
    return tuple(
        (
            sku,
            round(line.item.quantity),
            round(100 * (line.item.price or 0)),
            line.changed,
        )
        for sku, line in sorted(cart.lines.items())
    )
