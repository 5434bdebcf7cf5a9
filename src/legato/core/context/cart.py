"""Carts: filled by deltas or replaced by snapshots, in whatever order they come.

What orders take out of them is in `core/context/orders.py`.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec.structs import replace

from legato.core.context.cart_log import (
    QUANTITY_EPSILON,
    Change,
    Folded,
    after,
    append,
    digest_of,
    fold,
    insert,
    last_put_in,
    last_time,
    read_changes,
    write_changes,
)
from legato.core.context.cart_times import with_time, with_touch
from legato.core.context.context import Cart, CartLine, Context, Order
from legato.core.context.goals import Goal
from legato.core.context.retention import KEEP_ORDERS, MOST_KNOWN, MOST_REMOVED
from legato.core.context.runs import reset_stages
from legato.core.events.event import Event
from legato.core.events.payloads import CartPayload, Item
from legato.core.values.time import Instant

DEFAULT_CART = "-"
Orders: TypeAlias = tuple[Order, ...]


def change_cart(context: Context, event: Event, payload: Item | CartPayload) -> list[str]:
    """Apply an event of a cart or its checkout; return the goals that it took from."""
    if isinstance(payload, Item):
        return change_item(context, event, payload)
    if event.type == "cart.updated":
        return replace_items(context, event, payload)
    return touch_cart(context, event, payload)


def change_item(context: Context, event: Event, item: Item) -> list[str]:
    """Put pieces of an article in, or take them off; return the goals it took from."""
    cart, added = _touched(context, event), event.type == "cart.item_added"
    if event.time < cart.snapshot:
        if added:
            cart.put_in = with_time(cart.put_in, event.time)
            get_to_know(cart, item.sku, event.time)
        return []
    cart.updated = max(cart.updated, event.time)
    if added:
        change = event.time, item.quantity, digest_of(event.id)
        _put_in(cart, item, change, context.orders)
        return []
    return _take_off(cart, event, item, context.orders)


def mark_of(order: Order) -> bytes:
    """What stands for the hash of an event where an order took something."""
    return digest_of(f"order:{order.id}")


def _put_in(cart: Cart, item: Item, change: Change, orders: Orders = ()) -> None:
    """Add pieces; the newer word on name, size and price counts, silence does not."""
    time, pieces, digest = change
    line = cart.lines.get(item.sku)
    if line is None:
        if cart.bought and item.sku in cart.bought:
            _put_in_again(cart, item, change, orders)
        elif cart.removed and item.sku in cart.removed:
            _put_back_in(cart, item, change)
        else:
            cart.lines[item.sku] = CartLine(item, time, time, digest)
        return
    before = line.item.quantity
    if time >= line.changed:
        line.item = newer(line.item, item)
        line.changes = append(line.changes, before, line.changed, change)
        line.item.quantity, line.changed = before + pieces, time
    else:
        known = read_changes(line.changes, before, line.changed)
        line.item = _described(line.item, item, time, known)
        _recount(cart, line, insert(known, change), orders)


def newer(old: Item, new: Item) -> Item:
    """Describe an article by what was said last of it."""
    return Item(
        new.sku,
        new.quantity,
        old.price if new.price is None else new.price,
        new.currency or old.currency,
        new.name or old.name,
        new.size or old.size,
        new.variant_id or old.variant_id,
        new.product_id or old.product_id,
        new.image or old.image,
        new.url or old.url,
    )


def _described(known_as: Item, told: Item, time: Instant, changes: list[Change]) -> Item:
    """Describe an article with one more word on it; taking pieces off is none."""
    is_news = time >= last_put_in(changes)
    return newer(known_as, told) if is_news else newer(told, known_as)


def get_to_know(cart: Cart, sku: str, time: Instant) -> None:
    """Note that an article lay in the cart by then, be it there no more."""
    since = cart.known.get(sku)
    if since is None:
        if len(cart.known) < MOST_KNOWN:
            cart.known[sku] = time
    elif time < since:
        cart.known[sku] = time


def keep_additions(cart: Cart, until: Instant) -> None:
    """Note when something was put in, before a snapshot makes that void."""
    for sku in (*cart.lines, *cart.bought, *cart.removed):
        for time, pieces, _ in changes_of(cart, sku):
            if pieces > 0 and time <= until:
                get_to_know(cart, sku, time)
                if time != cart.snapshot:
                    cart.put_in = with_time(cart.put_in, time)


def changes_of(cart: Cart, sku: str) -> list[Change]:
    """Read the changes of an article, be it there or not."""
    line = cart.lines.get(sku) or cart.bought.get(sku)
    if line is not None:
        return read_changes(line.changes, line.item.quantity, line.changed)
    return read_changes(cart.removed[sku], 0, 0) if sku in cart.removed else []


def _put_back_in(cart: Cart, item: Item, change: Change) -> None:
    """Put in an article that was taken out, or will have been: this addition may be late."""
    changes = insert(read_changes(cart.removed.pop(item.sku), 0, 0), change)
    folded = fold(changes)
    line = CartLine(item, folded.changed, folded.since)
    cart.lines[item.sku] = line
    _recount(cart, line, changes)


def _put_in_again(cart: Cart, item: Item, change: Change, orders: Orders) -> None:
    """Put in an article of which an order took all there was."""
    gone = cart.bought.pop(item.sku)
    known = read_changes(gone.changes, 0, gone.changed)
    changes = insert(known, change)
    folded = fold(changes)
    since = gone.since if gone.bare_since is None else gone.bare_since
    described = _described(gone.item, item, change[0], known)
    line = CartLine(described, folded.changed, folded.since, b"", since)
    cart.lines[item.sku] = line
    _recount(cart, line, changes, orders)


def _recount(cart: Cart, line: CartLine, changes: list[Change], orders: Orders = ()) -> None:
    """Set an article to what its changes come to; if nothing is left, let it go."""
    folded = fold(changes)
    line.item.quantity, line.changed = folded.quantity, folded.changed
    line.since = since_of(changes, folded, line.since)
    line.changes = write_changes(changes)
    if not folded.quantity:
        _take_out(cart, line, orders)


def since_of(changes: list[Change], folded: Folded, known: Instant) -> Instant:
    """Since when it is there: as long as is known, if its changes tell of no break."""
    return min(known, folded.since) if folded.since == changes[0][0] else folded.since


def _take_out(cart: Cart, line: CartLine, orders: Orders) -> None:
    """Leave nothing of an article; what an order had a part of may be given back."""
    if any(mark_of(order) in line.changes for order in orders):
        keep_bought(cart, line)
    else:
        _let_go(cart, line.item.sku, line.changes)


def keep_bought(cart: Cart, line: CartLine) -> None:
    """Keep what an article was of which orders took all that was not taken off."""
    sku = line.item.sku
    line.item.quantity = 0.0
    cart.lines.pop(sku, None)
    if len(cart.bought) >= MOST_REMOVED and sku not in cart.bought:
        del cart.bought[next(iter(cart.bought))]
    cart.bought[sku] = line


def _let_go(cart: Cart, sku: str, changes: bytes) -> None:
    """Remember of an article that was taken out its changes alone."""
    cart.lines.pop(sku, None)
    if len(cart.removed) >= MOST_REMOVED and sku not in cart.removed:
        del cart.removed[next(iter(cart.removed))]
    cart.removed[sku] = changes


def _take_off(cart: Cart, event: Event, item: Item, orders: Orders) -> list[str]:
    """Take pieces off; if there are none yet, they may come late."""
    reduced_goals = [_goal(event)] if _was_there(cart, item.sku, event.time) else []
    change = (event.time, -item.quantity, digest_of(event.id))
    line = cart.lines.get(item.sku)
    if line is None and item.sku in cart.bought:
        gone = cart.bought[item.sku]
        gone.changes = write_changes(
            insert(read_changes(gone.changes, 0, gone.changed), change)
        )
        gone.changed = max(gone.changed, event.time)
        return reduced_goals
    if line is None:
        _let_go(cart, item.sku, _gone_with(cart, item.sku, change))
        return reduced_goals
    left = line.item.quantity - item.quantity
    if event.time < line.changed:
        changes = read_changes(line.changes, line.item.quantity, line.changed)
        _recount(cart, line, insert(changes, change), orders)
        return reduced_goals
    line.changes = append(line.changes, line.item.quantity, line.changed, change)
    line.item.quantity, line.changed = left, event.time
    if left < QUANTITY_EPSILON:
        _take_out(cart, line, orders)
    return reduced_goals


def _was_there(cart: Cart, sku: str, time: Instant) -> bool:
    """Was the article in the cart then? It may have been taken out since."""
    line = cart.lines.get(sku)
    if line is not None:
        if line.since <= time:
            return True
        changes = read_changes(line.changes, line.item.quantity, line.changed)
    elif sku in cart.removed:
        changes = read_changes(cart.removed[sku], 0, 0)
    else:
        return False
    before = [change for change in changes if change[0] <= time]
    return bool(before) and fold(before).quantity > 0


def _gone_with(cart: Cart, sku: str, change: Change) -> bytes:
    """The changes of an article of which there is nothing, with one more that takes it off."""
    known = cart.removed.get(sku)
    if known is None:
        return write_changes([change])
    if last_time(known) <= change[0]:
        return append(known, 0, 0, change)
    return write_changes(insert(read_changes(known, 0, 0), change))


def replace_items(context: Context, event: Event, basket: CartPayload) -> list[str]:
    """Take a snapshot for the whole truth of its time, if it is newer than the last one."""
    items = basket.items or []
    cart = _touched(context, event)
    if event.time < cart.updated and event.time > cart.snapshot:
        return _replace_late(cart, event, items)
    if event.time <= cart.updated:
        for item in items:
            get_to_know(cart, item.sku, event.time)
        return []
    keep_additions(cart, event.time)
    before, cart.lines, cart.removed, cart.bought = cart.lines, {}, {}, {}
    digest = digest_of(event.id)
    for item in items:
        _put_in(cart, item, (event.time, item.quantity, digest))
    for sku, line in cart.lines.items():
        line.since = before[sku].since if sku in before else event.time
        line.changes = digest
    cart.snapshot = cart.updated = event.time
    return [_goal(event)] if before else []


def _replace_late(cart: Cart, event: Event, items: list[Item]) -> list[str]:
    """Put a snapshot below the changes that came after it."""
    keep_additions(cart, event.time)
    base, digest = Cart("", 0, ""), digest_of(event.id)
    for item in items:
        _put_in(base, item, (event.time, item.quantity, digest))
    was_filled = bool(cart.lines or cart.removed)
    before = {**cart.bought, **cart.lines}
    known = {sku: changes_of(cart, sku) for sku in (*base.lines, *before, *cart.removed)}
    cart.lines, cart.removed, cart.bought, cart.snapshot = {}, {}, {}, event.time
    for sku, changes in known.items():
        start = base.lines.get(sku)
        if start is not None:
            _begin_with(cart, start, digest, before.get(sku), changes)
        elif later := after(changes, event.time):
            _go_on(cart, sku, before.get(sku), later)
    return [_goal(event)] if was_filled else []


def _begin_with(
    cart: Cart, line: CartLine, digest: bytes, before: CartLine | None, changes: list[Change]
) -> None:
    """Let an article begin with a snapshot, to go on with what is known of later."""
    time, later = line.changed, after(changes, line.changed)
    line.since = _there_since(before, changes, time)
    if before is not None and last_put_in(later) > time:
        line.item = newer(line.item, replace(before.item, quantity=line.item.quantity))
    cart.lines[line.item.sku] = line
    _recount(cart, line, [(time, line.item.quantity, digest), *later])


def _there_since(before: CartLine | None, changes: list[Change], time: Instant) -> Instant:
    """Since when an article that a snapshot has lay there before it; else since then."""
    older = [change for change in changes if change[0] <= time]
    folded = fold(older) if older else None
    if folded is None or not folded.quantity:
        return time
    return since_of(older, folded, folded.since if before is None else before.since)


def _go_on(cart: Cart, sku: str, before: CartLine | None, later: list[Change]) -> None:
    """Keep of an article that a snapshot lacks what came later."""
    if before is None:
        _let_go(cart, sku, write_changes(later))
        return
    cart.lines[sku] = line = CartLine(before.item, later[-1][0], later[0][0])
    _recount(cart, line, later)


def touch_cart(context: Context, event: Event, basket: CartPayload) -> list[str]:
    """Touch a cart; open its checkout when it starts, and note how far it got."""
    cart = _touched(context, event)
    if event.type == "checkout.started":
        cart.started = with_time(cart.started, event.time)
        cart.checkout = event.time if cart.checkout is None else min(cart.checkout, event.time)
        cart.checkout_again = max(cart.checkout_again, event.time)
    if event.type.startswith("checkout."):
        cart.step = basket.step or cart.step or "started"
    return []


def _goal(event: Event) -> str:
    return Goal("cart", event.cart_id or DEFAULT_CART).name


def _touched(context: Context, event: Event) -> Cart:
    """Find or make the event's cart, and note the touch."""
    cart_id, time, channel = event.cart_id or DEFAULT_CART, event.time, event.channel
    cart = context.carts.get(cart_id) or _reopened(context, cart_id, event)
    if cart is None:
        made = Cart(
            channel,
            time,
            event.id,
            opened=time,
            touches=with_touch(b"", time, channel),
            brand=event.brand or "",
        )
        context.carts[cart_id] = made
        return made
    cart.touches = with_touch(cart.touches, time, channel)
    if time > cart.touched:
        cart.touched = time
        cart.touched_by = event.id
        if cart.put_aside is not None and cart.put_aside[0] > time:
            return cart
        cart.put_aside = None
        if context.runs:
            reset_stages(context, Goal("cart", cart_id).name)
    elif time < cart.opened:
        open_by(cart, event)
    return cart


def _reopened(context: Context, cart_id: str, event: Event) -> Cart | None:
    """Open a cart again that an order closed, unless it is nobody's by now."""
    cart = context.closed_carts.pop(cart_id, None) if context.closed_carts else None
    if cart is None:
        return None
    if cart.touched + KEEP_ORDERS <= event.time:
        reset_stages(context, Goal("cart", cart_id).name)
        return None
    open_by(cart, event)
    context.carts[cart_id] = cart
    return cart


def open_by(cart: Cart, event: Event) -> None:
    """Let a cart begin with an event."""
    cart.opened, cart.origin, cart.brand = event.time, event.channel, event.brand or ""
