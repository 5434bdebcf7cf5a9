"""Carts: filled by deltas or replaced by snapshots, closed by orders; event time decides."""

from __future__ import annotations

from bisect import insort

from msgspec.structs import replace

from legato.core.context.cart_log import (
    QUANTITY_EPSILON,
    Change,
    after,
    append,
    digest_of,
    fold,
    insert,
    last_time,
    read_changes,
    write_changes,
)
from legato.core.context.context import Cart, CartLine, Context, Order
from legato.core.context.goals import Goal
from legato.core.context.retention import KEEP_ORDERS, MOST_ORDERS, MOST_REMOVED
from legato.core.context.runs import reset_stages
from legato.core.events.event import Event
from legato.core.events.payloads import CartPayload, Item
from legato.core.values.time import Instant

DEFAULT_CART = "-"


def change_item(context: Context, event: Event, item: Item) -> list[str]:
    """Put pieces of an article in, or take them off; return the goals it took from."""
    added = event.type == "cart.item_added"
    bought = _bought(context, event, (item.sku,) if added else ())
    if bought is not None:
        return bought
    cart = _touched(context, event)
    if event.time < cart.snapshot:
        return []
    cart.updated = max(cart.updated, event.time)
    if added:
        _put_in(cart, item, (event.time, item.quantity, digest_of(event.id)))
        return []
    return _take_off(cart, event, item)


def _put_in(cart: Cart, item: Item, change: Change) -> None:
    """Add pieces; the newer word on name, size and price counts, silence does not."""
    time, pieces, digest = change
    line = cart.lines.get(item.sku)
    if line is None:
        if cart.removed and item.sku in cart.removed:
            _put_back_in(cart, item, change)
        else:
            cart.lines[item.sku] = CartLine(item, time, time, digest)
        return
    before = line.item.quantity
    line.item = newer(line.item, item) if time >= line.changed else newer(item, line.item)
    if time >= line.changed:
        line.changes = append(line.changes, before, line.changed, change)
        line.item.quantity, line.changed = before + pieces, time
    else:
        _recount(cart, line, insert(read_changes(line.changes, before, line.changed), change))


def newer(old: Item, new: Item) -> Item:
    """Describe an article by what was said last of it."""
    return Item(
        new.sku,
        new.quantity,
        old.price if new.price is None else new.price,
        new.currency or old.currency,
        new.name or old.name,
        new.size or old.size,
    )


def _put_back_in(cart: Cart, item: Item, change: Change) -> None:
    """Put in an article that was taken out, or will have been: this addition may be late."""
    changes = insert(read_changes(cart.removed.pop(item.sku), 0, 0), change)
    folded = fold(changes)
    line = CartLine(item, folded.changed, folded.since)
    cart.lines[item.sku] = line
    _recount(cart, line, changes)


def _recount(cart: Cart, line: CartLine, changes: list[Change]) -> None:
    """Set an article to what its changes come to; if nothing is left, remember only them."""
    folded = fold(changes)
    line.item.quantity, line.changed = folded.quantity, folded.changed
    line.since = (
        min(line.since, folded.since) if _unbroken(changes, folded.since) else folded.since
    )
    line.changes = write_changes(changes)
    if not folded.quantity:
        _let_go(cart, line.item.sku, line.changes)


def _unbroken(changes: list[Change], since: Instant) -> bool:
    """Was it there from the oldest change on that is remembered?"""
    return since == changes[0][0]


def _let_go(cart: Cart, sku: str, changes: bytes) -> None:
    cart.lines.pop(sku, None)
    if len(cart.removed) >= MOST_REMOVED and sku not in cart.removed:
        del cart.removed[next(iter(cart.removed))]
    cart.removed[sku] = changes


def _take_off(cart: Cart, event: Event, item: Item) -> list[str]:
    """Take pieces off; if there are none yet, they may come late."""
    reduced_goals = [_goal(event)] if _was_there(cart, item.sku, event.time) else []
    change = (event.time, -item.quantity, digest_of(event.id))
    line = cart.lines.get(item.sku)
    if line is None:
        _let_go(cart, item.sku, _gone_with(cart, item.sku, change))
        return reduced_goals
    left = line.item.quantity - item.quantity
    if event.time < line.changed:
        changes = read_changes(line.changes, line.item.quantity, line.changed)
        _recount(cart, line, insert(changes, change))
    elif left < QUANTITY_EPSILON:
        _let_go(
            cart,
            item.sku,
            append(line.changes, line.item.quantity, line.changed, change),
        )
    else:
        line.changes = append(line.changes, line.item.quantity, line.changed, change)
        line.item.quantity, line.changed = left, event.time
    return reduced_goals


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
    bought = _bought(context, event, tuple(item.sku for item in items))
    if bought is not None:
        return bought
    cart = _touched(context, event)
    if event.time < cart.updated and event.time > cart.snapshot:
        return _replace_late(cart, event, items)
    if event.time <= cart.updated:
        return []
    before, cart.lines, cart.removed = cart.lines, {}, {}
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
    before, gone, base = cart.lines, cart.removed, Cart("", 0, "")
    digest = digest_of(event.id)
    for item in items:
        _put_in(base, item, (event.time, item.quantity, digest))
    cart.lines, cart.removed, cart.snapshot = {}, {}, event.time
    for sku in dict.fromkeys((*base.lines, *before, *gone)):
        start, line = base.lines.get(sku), before.get(sku)
        changes = [(event.time, start.item.quantity, digest)] if start else []
        if line is not None:
            changes += after(
                read_changes(line.changes, line.item.quantity, line.changed), event.time
            )
        elif sku in gone:
            changes += after(read_changes(gone[sku], 0, 0), event.time)
        kept = line or start
        if kept is not None and changes:
            cart.lines[sku] = kept
            _recount(cart, kept, changes)
        elif changes:
            _let_go(cart, sku, write_changes(changes))
    return [_goal(event)] if before or gone else []


def touch_cart(context: Context, event: Event, basket: CartPayload) -> list[str]:
    """Touch a cart; open its checkout when it starts, and note how far it got."""
    bought = _bought(context, event, ())
    if bought is not None:
        return bought
    cart = _touched(context, event)
    if event.type == "checkout.started":
        cart.checkout = event.time if cart.checkout is None else min(cart.checkout, event.time)
        cart.checkout_again = max(cart.checkout_again, event.time)
    if event.type.startswith("checkout."):
        cart.step = basket.step or cart.step or "started"
    return []


def _goal(event: Event) -> str:
    return Goal("cart", event.cart_id or DEFAULT_CART).name


def _touched(context: Context, event: Event) -> Cart:
    """Find or make the event's cart, and note the touch."""
    cart_id = event.cart_id or DEFAULT_CART
    cart = context.carts.get(cart_id)
    if cart is None:
        made = Cart(event.channel, event.time, event.id, opened=event.time)
        context.carts[cart_id] = made
        return made
    if event.time > cart.touched:
        cart.touched = event.time
        cart.touched_by = event.id
        if context.runs:
            reset_stages(context, Goal("cart", cart_id).name)
    elif event.time < cart.opened:
        cart.opened, cart.origin = event.time, event.channel
    return cart


def _bought(context: Context, event: Event, skus: tuple[str, ...]) -> list[str] | None:
    """Close what a later order bought, had this late event been known; None if none did."""
    orders = context.orders
    if not orders or orders[-1].time <= event.time:
        return None
    cart_id = event.cart_id or DEFAULT_CART
    cart = context.carts.get(cart_id)
    starts = event.type == "checkout.started"
    for n, order in enumerate(orders):
        if order.time <= event.time:
            continue
        if _closes(order, cart_id, cart, skus) or (starts and order.cart_id is None):
            closing = replace(order, closed=(*dict.fromkeys((*order.closed, cart_id)),))
            context.orders = (*orders[:n], closing, *orders[n + 1 :])
            return [] if cart is None else _close(context, cart_id, cart, order.time)
    return None


def _closes(order: Order, cart_id: str, cart: Cart | None, skus: tuple[str, ...]) -> bool:
    if order.cart_id is not None:
        return order.cart_id == cart_id
    if cart_id in order.closed:
        return True
    if not order.skus or any(sku in order.skus for sku in skus):
        return True
    if cart is None:
        return False
    in_checkout = cart.checkout is not None and cart.checkout <= order.time
    return in_checkout or any(_was_there(cart, sku, order.time) for sku in order.skus)


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


def close_by(context: Context, order: Order) -> list[str]:
    """Let an order that was kept close what it finds in carts; return what it took from."""
    closed = [
        key
        for key, cart in context.carts.items()
        if cart.opened <= order.time and _closes(order, key, cart, ())
    ]
    names = (*sorted({*order.closed, *closed}),)
    if names != order.closed:
        context.orders = tuple(
            replace(each, closed=names) if each.id == order.id else each
            for each in context.orders
        )
    return [
        goal for key in closed for goal in _close(context, key, context.carts[key], order.time)
    ]


def complete_order(context: Context, event: Event, basket: CartPayload) -> list[str]:
    """Keep the order as a closing fact, close what it bought; return what it took from."""
    skus = tuple(item.sku for item in basket.items or ())
    name, cart_id = event.order_id or event.id, event.cart_id or None
    order = Order(name, event.time, cart_id, skus, basket.total)
    closed = [key for key, cart in context.carts.items() if _closes(order, key, cart, ())]
    _keep_order(context, replace(order, closed=tuple(closed)))
    return [
        goal for key in closed for goal in _close(context, key, context.carts[key], event.time)
    ]


def _keep_order(context: Context, order: Order) -> None:
    """Keep orders in order of time: the last 10 d, at most 100."""
    orders = [kept for kept in context.orders if kept.time > order.time - KEEP_ORDERS]
    insort(orders, order, key=lambda kept: kept.time)
    context.orders = tuple(orders[-MOST_ORDERS:])


def _close(context: Context, cart_id: str, cart: Cart, time: Instant) -> list[str]:
    """Close a cart as of `time`: what was put in afterwards stays."""
    ended: list[str] = []
    if cart.checkout is not None and cart.checkout_again > time:
        cart.checkout = cart.checkout if cart.checkout > time else cart.checkout_again
    elif cart.checkout is not None:
        cart.checkout, cart.step = None, ""
        ended.append(Goal("checkout", cart_id).name)
    if any(_was_there(cart, sku, time) for sku in (*cart.lines, *cart.removed)):
        ended.append(Goal("cart", cart_id).name)
    _empty(cart, time)
    if cart.removed:
        cart.removed = {
            sku: write_changes(later)
            for sku, changes in cart.removed.items()
            if (later := after(read_changes(changes, 0, 0), time))
        }
    if not (cart.lines or cart.removed or cart.checkout is not None or cart.touched > time):
        del context.carts[cart_id]
        if context.runs:
            reset_stages(context, Goal("cart", cart_id).name)
    return ended


def _empty(cart: Cart, time: Instant) -> None:
    """Take out what was put in up to `time`."""
    for sku, line in list(cart.lines.items()):
        if line.changed <= time:
            del cart.lines[sku]
            continue
        changes = read_changes(line.changes, line.item.quantity, line.changed)
        later = after(changes, time)
        if len(later) < len(changes):
            line.since = later[0][0]
            _recount(cart, line, later)
