"""What a context knew before an instant: what the log no longer holds, and cannot tell anew."""

from __future__ import annotations

from msgspec.structs import replace

from legato.core.context.cart import changes_of
from legato.core.context.cart_log import Change, fold, read_changes, write_changes
from legato.core.context.cart_times import read_times, read_touches, write_times, write_touches
from legato.core.context.contact import contact_before
from legato.core.context.context import Cart, CartLine, Case, Context, Order
from legato.core.context.erasure import erasures_before
from legato.core.context.orders import lay, lifted
from legato.core.context.places import awaited_before, visits_before
from legato.core.context.timeline import touches, write_timeline
from legato.core.values.time import LONG_AGO, Instant


def context_as_of(context: Context, start: Instant) -> Context:
    """Make a context of what was known before `start`, but for ids seen and actions taken.

    What has no time (stage, profile, identifiers, brands) counts as older, unless the log holds
    all.
    """
    past = Context(context.customer_id)
    if start == LONG_AGO:
        return past
    trail = [touch for touch in touches(context.touchpoints) if touch.time < start]
    past.touchpoints, past.touches = write_timeline(trail), len(trail)
    past.touched = trail[-1].time if trail else LONG_AGO
    if context.present < start:
        past.channel, past.present = context.channel, context.present
    past.stage, past.profile, past.brands = context.stage, context.profile, context.brands
    past.identifiers = {kind: [*values] for kind, values in context.identifiers.items()}
    past.stamps = {kind: [*stamps] for kind, stamps in context.stamps.items()}
    past.orders = tuple(_order(order, start) for order in context.orders if order.time < start)
    past.carts = {
        name: _cart(cart, start)
        for name, cart in lifted(context, context.orders).items()
        if cart.opened < start
    }
    lay(past)
    past.cases = {
        name: _case(case, start) for name, case in context.cases.items() if case.opened < start
    }
    past.closed_cases = tuple(each for each in context.closed_cases if each.time < start)
    if context.contact is not None:
        past.contact = contact_before(context.contact, start)
    past.consents = {name: wish for name, wish in context.consents.items() if wish.time < start}
    past.bounced = {each: since for each, since in context.bounced.items() if since < start}
    past.looked_at = {
        name: look for name, look in context.looked_at.items() if look.time < start
    }
    past.given = {each: since for each, since in context.given.items() if since < start}
    past.erasures = erasures_before(context.erasures, start)
    past.venues = visits_before(context.venues, start)
    past.awaited = awaited_before(context.awaited, start)
    return past


def _order(order: Order, start: Instant) -> Order:
    failed = order.failed < start
    return replace(
        order,
        told=tuple(time for time in order.told if time < start),
        failed=order.failed if failed else 0,
        failed_by=order.failed_by if failed else "",
    )


def _case(case: Case, start: Instant) -> Case:
    ended = case.ended if case.ended is not None and case.ended < start else None
    return replace(
        case, touched=case.opened, touched_by="", channels=[*case.channels], ended=ended
    )


def _cart(cart: Cart, start: Instant) -> Cart:
    past = Cart(
        cart.origin,
        cart.opened,
        "",
        snapshot=_if_before(cart.snapshot, start),
        updated=_if_before(cart.updated, start),
        checkout=cart.checkout if cart.checkout is None or cart.checkout < start else None,
        checkout_again=_if_before(cart.checkout_again, start),
        opened=cart.opened,
        touches=write_touches(
            {touch for touch in read_touches(cart.touches) if touch[0] < start}
        ),
        started=_before(cart.started, start),
        put_in=_before(cart.put_in, start),
        known={sku: since for sku, since in cart.known.items() if since < start},
        brand=cart.brand,
    )
    for sku, line in cart.lines.items():
        changes = read_changes(line.changes, line.item.quantity, line.changed)
        _keep(past, sku, line, _older(changes, start))
    for sku in cart.bought:
        _keep(past, sku, None, _older(changes_of(cart, sku), start))
    for sku, gone in cart.removed.items():
        _keep(past, sku, None, _older(read_changes(gone, 0, 0), start))
    return past


def _before(times: bytes, start: Instant) -> bytes:
    return write_times({time for time in read_times(times) if time < start})


def _older(changes: list[Change], start: Instant) -> list[Change]:
    return [change for change in changes if change[0] < start]


def _keep(past: Cart, sku: str, line: CartLine | None, changes: list[Change]) -> None:
    """Keep changes of an article, and what they come to."""
    if not changes:
        return
    folded = fold(changes)
    past.touched = max(past.touched, folded.changed)
    if line is not None and folded.quantity:
        item = replace(line.item, quantity=folded.quantity)
        since = min(line.since, folded.since)
        past.lines[sku] = CartLine(item, folded.changed, since, write_changes(changes))
    else:
        past.removed[sku] = write_changes(changes)


def _if_before(time: Instant, start: Instant) -> Instant:
    return time if time < start else LONG_AGO
