"""Orders: facts that are laid upon carts, and laid anew when more is known of their time.

What an order takes out of a cart stands among the changes of its articles, under the mark of
the order. Before something is heard of that an order may not have known, all orders are lifted
off the carts; afterwards they are laid on again, in order of time. So it does not matter what
comes first (docs/decisions/0012-an-order-and-its-cart.md).
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from legato.core.context.cart import (
    DEFAULT_CART,
    change_cart,
    keep_bought,
    mark_of,
    open_by,
    since_of,
)
from legato.core.context.cart_log import fold, read_changes, write_changes
from legato.core.context.context import Cart, CartLine, Context, Order
from legato.core.context.goals import Goal
from legato.core.context.last_order import lay_last
from legato.core.context.order_laying import Laid, OrderLaying, starts_of
from legato.core.context.retention import (
    ECHO,
    KEEP_ORDERS,
    MOST_ORDERS,
    MOST_REMOVED,
    MOST_TOLD,
)
from legato.core.context.runs import reset_stages
from legato.core.events.event import Event
from legato.core.events.payloads import CartPayload, Item, OrderPayload
from legato.core.values.time import LONG_AGO, Instant

UNKNOWN, COMPLETED, FAILED = "unknown", "completed", "payment_failed"
"""What an order may be: heard of, placed, or placed and not paid."""
_CALLED_OFF = frozenset(("order.cancelled", "order.returned"))

View = dict[str, tuple[dict[str, float], bool]]


def follow_shopping(context: Context, event: Event, payload: Item | CartPayload) -> list[str]:
    """Apply an event of a cart or its checkout; return the goals that are less for it."""
    if not context.orders:
        return change_cart(context, event, payload)
    key = event.cart_id or DEFAULT_CART
    if _is_in_order(context, event, key, payload):
        if isinstance(payload, Item) or not _may_be_echo(context, event.time, key):
            return change_cart(context, event, payload)
        if event.type != "cart.updated":
            return _touch_after_order(context, event, key, payload)
    before = _view(context)
    former, cut = context.closed_carts.get(key), _since(context.orders, event.time - ECHO)
    lift(context, context.orders, cut)
    reduced_goals = change_cart(context, event, payload)
    lay(context, cut)
    cart = context.carts.get(key)
    if former is not None and cart is not None and former.touched < event.time:
        open_by(cart, event)
    return [*dict.fromkeys((*reduced_goals, *_reduced(before, context)))]


def _touch_after_order(
    context: Context, event: Event, key: str, payload: CartPayload
) -> list[str]:
    """Touch a cart that an order closed; a checkout so soon after it may be none."""
    change_cart(context, event, payload)
    if not _is_alive(context, key, event.time):
        _put_away(context, key)
    return []


def _is_alive(context: Context, key: str, time: Instant) -> bool:
    """Is there anything to finish in a cart that orders closed, touched last just now?"""
    closings = [each.time for each in context.orders if _is_from(each, key) and not each.failed]
    cart, closed = context.carts[key], max(closings, default=LONG_AGO)
    if cart.updated > closed or time > closed + ECHO or any(map(_failed, context.orders)):
        return OrderLaying(context.carts).is_alive(key, _deeds(context.orders))
    cart.checkout, cart.step = None, ""
    return False


def _is_from(order: Order, key: str) -> bool:
    """Did an order close this cart?"""
    return key in order.closed or key == order.cart_id


def _failed(order: Order) -> Instant:
    return order.failed


def follow_order(context: Context, event: Event, told: OrderPayload) -> list[str]:
    """Keep what is told of an order, and let it take what is its; return what it took from."""
    if event.type == "order.completed":
        placed = _placed(event, told)
        if _is_last(context, placed):
            return _lay_last(context, placed)
        return _keep(context, placed)
    known = any(order.id == event.order_id for order in context.orders)
    if not known or not event.order_id or event.type in _CALLED_OFF:
        return []
    return _keep(context, _heard(event, told=(event.time,)))


def follow_payment(context: Context, event: Event) -> list[str]:
    """Let an order of which the payment failed give back what it took."""
    if not event.order_id:
        return []
    failed = _heard(event, failed=event.time, failed_by=event.id)
    return _keep(context, failed)


def _placed(event: Event, told: OrderPayload) -> Order:
    items = [each for each in told.items or () if each.quantity > 0]
    also = tuple(each.other_ids for each in items)
    return Order(
        event.order_id or event.id,
        event.time,
        event.cart_id or None,
        tuple(each.sku for each in items),
        told.total,
        COMPLETED,
        quantities=tuple(each.quantity for each in items),
        other_ids=also if any(also) else (),
        channel=event.channel,
        listed=event.time if items else 0,
        told=(event.time,),
        currency=told.paid_in,
        worth=told.worth if told.total is None else None,
        brand=event.brand or None,
    )


def _heard(
    event: Event, told: tuple[Instant, ...] = (), failed: Instant = 0, failed_by: str = ""
) -> Order:
    """Note of an order what does not say what it is."""
    return Order(
        event.order_id or "",
        event.time,
        None,
        (),
        None,
        UNKNOWN,
        told=told,
        failed=failed,
        failed_by=failed_by,
        brand=event.brand or None,
    )


def _keep(context: Context, fact: Order) -> list[str]:
    is_new = all(order.id != fact.id for order in context.orders)
    before, orders = _view(context), _with(context.orders, fact)
    cut = _since(orders, fact.time) if is_new else LONG_AGO
    if is_new and fact.status == UNKNOWN:
        context.orders = orders
        return []
    if not (context.carts or context.closed_carts):
        context.orders = orders
        return []
    lift(context, orders, cut, fact.id if is_new else "")
    lay(context, cut)
    closed = next((order.closed for order in context.orders if order.id == fact.id), ())
    return _reduced(before, context, closed) if before else []


def _lay_last(context: Context, order: Order) -> list[str]:
    """Lay an order on carts of which nothing later is known; there is nothing to lift."""
    recent = _recent(context.orders, order)
    if not context.carts:
        context.orders = (*recent, order)
        return []
    fact, goals = lay_last(context.carts, order, mark_of(order))
    for key in fact.closed:
        _put_away(context, key)
    context.orders = (*recent, fact)
    return goals


def _put_away(context: Context, key: str) -> None:
    """Keep a cart that is closed where it shows nowhere."""
    context.closed_carts[key] = context.carts.pop(key)


def _with(orders: tuple[Order, ...], fact: Order) -> tuple[Order, ...]:
    """Add what is told of an order; most are new and come after all others."""
    late = bool(orders) and fact.time <= orders[-1].time
    if late or any(order.id == fact.id for order in orders):
        return united_orders((*orders, fact))
    return (*_recent(orders, fact), fact)


def _recent(orders: tuple[Order, ...], last: Order) -> tuple[Order, ...]:
    """Those that are kept beside the last one."""
    since = last.time - KEEP_ORDERS
    if orders and orders[0].time <= since:
        orders = tuple(order for order in orders if order.time > since)
    return orders[1 - MOST_ORDERS :]


def united_orders(told: Iterable[Order]) -> tuple[Order, ...]:
    """Unite what was told of orders, each once, in order of time: 10 d of them, at most 100."""
    known: dict[str, Order] = {}
    for order in told:
        before = known.get(order.id)
        known[order.id] = order if before is None else _united(before, order)
    orders = sorted(known.values(), key=lambda each: (each.time, each.id))
    recent = [order for order in orders if order.time > orders[-1].time - KEEP_ORDERS]
    return tuple(recent[-MOST_ORDERS:])


def _united(one: Order, other: Order) -> Order:
    """Unite what was told of one order: since it was first placed, as it was last listed."""
    both = (one, other)
    placed = [order for order in both if order.status != UNKNOWN] or both
    first = min(placed, key=lambda order: (order.time, order.channel, order.brand or ""))
    last = max(placed, key=_content)
    told = tuple(sorted({*one.told, *other.told})[-MOST_TOLD:])
    failed, failed_by = max((order.failed, order.failed_by) for order in both)
    status = UNKNOWN
    if first.status != UNKNOWN:
        status = FAILED if failed >= max((first.time, *told)) else COMPLETED
    return Order(
        first.id,
        first.time,
        max((order.cart_id for order in both if order.cart_id), default=None),
        last.skus,
        last.total,
        status,
        (*sorted({*one.closed, *other.closed}),),
        last.quantities,
        last.other_ids,
        first.channel,
        last.listed,
        told,
        failed,
        failed_by,
        currency=last.currency,
        worth=last.worth,
        brand=first.brand,
    )


def _content(order: Order) -> tuple[object, ...]:
    total = order.total
    listed = (order.listed, order.skus, order.quantities, order.other_ids)
    return *listed, total is not None, total or 0, order.currency or "", order.worth or 0


def lift(
    context: Context, orders: tuple[Order, ...], cut: Instant = LONG_AGO, new: str = ""
) -> None:
    """Give a context these orders, and carts as if those since `cut` had never been.

    The `new` one of them was never laid, so it need not be lifted.
    """
    context.carts, context.orders = lifted(context, orders, cut, new), orders
    for key in context.closed_carts.keys() - context.carts.keys():
        reset_stages(context, Goal("cart", key).name)
    context.closed_carts = {}


def lifted(
    context: Context, orders: tuple[Order, ...], cut: Instant = LONG_AGO, new: str = ""
) -> dict[str, Cart]:
    """Return carts without what was laid upon them since then; parts of them may be shared."""
    if not orders:
        return context.carts
    known = {order.id: mark_of(order) for order in orders}
    marks = {known[name] for time, name, _, _ in _deeds(orders) if time >= cut and name != new}
    stay = {*known.values()} - marks
    since = max(order.time for order in orders) - KEEP_ORDERS
    carts = {**context.closed_carts, **context.carts} if context.closed_carts else context.carts
    return {
        key: _lifted(cart, marks, stay, since) if marks else cart
        for key, cart in carts.items()
        if cart.touched > since or key in context.carts
    }


def _since(orders: tuple[Order, ...], time: Instant) -> Instant:
    """Since when orders are to be laid anew: all of them, if one was not paid."""
    return LONG_AGO if any(order.failed for order in orders) else time


def _lifted(cart: Cart, marks: set[bytes], stay: set[bytes], since: Instant) -> Cart:
    """Lift orders off a cart, less those that stay, by their marks.

    Starts of a checkout before `since` were settled by others.
    """
    bare = replace(cart, lines={}, removed={}, bought={})
    for line in (*cart.lines.values(), *cart.bought.values()):
        _lift_article(bare, line, marks, stay)
    for sku, gone in cart.removed.items():
        own = [change for change in read_changes(gone, 0, 0) if change[2] not in marks]
        if own:
            bare.removed[sku] = write_changes(own)
    recent = [start for start in starts_of(cart) if start > since]
    known = [*recent, *(() if cart.checkout is None else (cart.checkout,))]
    bare.checkout = min(known, default=None)
    if cart.put_aside is not None:
        bare.touched, bare.touched_by = cart.put_aside
        bare.put_aside = cart.touched, cart.touched_by
    return bare


def _lift_article(bare: Cart, line: CartLine, marks: set[bytes], stay: set[bytes]) -> None:
    changes = read_changes(line.changes, line.item.quantity, line.changed)
    own = [change for change in changes if change[2] not in marks]
    since, sku = line.since if line.bare_since is None else line.bare_since, line.item.sku
    if len(own) == len(changes) and line.bare_since is None:
        (bare.lines if line.item.quantity else bare.bought)[sku] = line
        return
    if not own:
        return
    folded, stays = fold(own), any(change[2] in stay for change in own)
    item, found = replace(line.item, quantity=folded.quantity), since_of(own, folded, since)
    former = since if stays and since < found else None
    left = CartLine(item, folded.changed, found, write_changes(own), former)
    if folded.quantity:
        bare.lines[sku] = left
    elif stays:
        keep_bought(bare, left)
    elif len(bare.removed) < MOST_REMOVED:
        bare.removed[sku] = left.changes


def lay(context: Context, cut: Instant = LONG_AGO) -> list[Laid]:
    """Lay the orders since `cut` upon carts off which they were lifted; tell what each took."""
    if not context.orders:
        return []
    laying, laid = OrderLaying(context.carts), dict[str, Laid]()
    given_back = _put_back(context.carts)
    for time, _, order, holds in sorted(_deeds(context.orders), key=lambda deed: deed[:2]):
        if time < cut:
            laying.know(order, time)
        elif holds:
            laid[order.id] = laying.lay(order, time, mark_of(order))
        else:
            for key in laying.concerned(order, time):
                _touch_again(context.carts[key], order)
    _start_anew(context, given_back)
    for key in laying.settle():
        _put_away(context, key)
    context.orders = tuple(
        _as_laid(order, laid.get(order.id)) if order.id in laid or cut == LONG_AGO else order
        for order in context.orders
    )
    return [*laid.values()]


def _as_laid(order: Order, laid: Laid | None) -> Order:
    if not order.channel:
        return order
    if laid is None:
        return replace(order, closed=(), own=None)
    return replace(order, closed=laid.closed, own=laid.own)


def _deeds(orders: Iterable[Order]) -> list[tuple[Instant, str, Order, bool]]:
    """When each order takes something, and when it had taken what it then gave back."""
    deeds = []
    for order in orders:
        if order.status == UNKNOWN:
            continue
        if order.failed >= order.time:
            deeds.append((order.time, order.id, order, False))
        stands = (time for time in (order.time, *order.told) if time >= order.time)
        again = [time for time in stands if time > order.failed]
        if again:
            deeds.append((min(again), order.id, order, True))
    return deeds


def _start_anew(context: Context, given_back: dict[str, tuple[Instant, str]]) -> None:
    """Count the stages anew of carts that are touched by what was given back just now."""
    for key, cart in context.carts.items():
        if cart.put_aside and given_back.get(key) != (cart.touched, cart.touched_by):
            reset_stages(context, Goal("cart", key).name)


def _put_back(carts: dict[str, Cart]) -> dict[str, tuple[Instant, str]]:
    """Let all carts be touched last by events of their own; return what else was said."""
    given_back = {key: cart.put_aside for key, cart in carts.items() if cart.put_aside}
    for key in given_back:
        carts[key].put_aside = None
    return given_back


def _touch_again(cart: Cart, order: Order) -> None:
    """What was given back was touched then."""
    if order.failed > cart.touched:
        own = cart.put_aside or (cart.touched, cart.touched_by)
        cart.touched, cart.touched_by = order.failed, order.failed_by
        cart.put_aside = own


def _is_in_order(context: Context, event: Event, key: str, payload: Item | CartPayload) -> bool:
    """Does it come after all orders, and after all that is known of its cart or article?"""
    time = event.time
    for order in context.orders:
        if order.time >= time or (order.told and order.told[-1] >= time):
            return False
    cart = context.carts.get(key) or context.closed_carts.get(key)
    if cart is None:
        return True
    line = cart.lines.get(payload.sku) if isinstance(payload, Item) else None
    return time >= cart.touched and (line is None or time >= line.changed)


def _may_be_echo(context: Context, time: Instant, key: str) -> bool:
    """Did an order close this cart so short a time ago that a page may still tell it?"""
    for order in context.orders:
        if _is_from(order, key) and max((order.time, *order.told)) >= time - ECHO:
            return True
    return False


def _is_last(context: Context, fact: Order) -> bool:
    """Is an order new, nothing known that is later, and was each before it paid?"""
    time = fact.time
    for order in context.orders:
        if order.failed or order.id == fact.id or max((order.time, *order.told)) >= time:
            return False
    for carts in (context.carts, context.closed_carts):
        for cart in carts.values():
            if cart.touched > time or cart.put_aside is not None:
                return False
    return True


def _view(context: Context) -> View:
    """What is open of each cart: its pieces, and whether there is a checkout."""
    return {
        key: (
            {sku: line.item.quantity for sku, line in cart.lines.items()},
            cart.checkout is not None,
        )
        for key, cart in context.carts.items()
        if cart.is_open
    }


def _reduced(before: View, context: Context, closed: tuple[str, ...] = ()) -> list[str]:
    """Name the goals of which less is left; those of carts that were closed come last."""
    goals: list[str] = []
    for key in sorted(before, key=lambda key: key in closed):
        cart, (pieces, checkout) = context.carts.get(key), before[key]
        if checkout and (cart is None or cart.checkout is None):
            goals.append(Goal("checkout", key).name)
        if any(_left(cart, sku) < number for sku, number in pieces.items()):
            goals.append(Goal("cart", key).name)
    return goals


def _left(cart: Cart | None, sku: str) -> float:
    line = None if cart is None else cart.lines.get(sku)
    return 0 if line is None else line.item.quantity
