"""How one order after the other takes out of carts what is its, and closes its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from legato.core.context.cart import changes_of, keep_bought
from legato.core.context.cart_log import (
    QUANTITY_EPSILON,
    Change,
    append,
    fold,
    insert,
    write_changes,
)
from legato.core.context.cart_times import Touch, place_of, read_times, read_touches
from legato.core.context.context import Cart, CartLine, Order
from legato.core.context.goals import Goal
from legato.core.context.retention import ECHO
from legato.core.values.time import LONG_AGO, NEVER, Instant


class Laid(Struct, frozen=True):
    """An order as it was laid: when, which carts it closed, and which goals it took from.

    `own` is the cart that it came from; empty if none is known. Goals of carts that it closed
    come last.
    """

    order_id: str
    time: Instant
    closed: tuple[str, ...]
    reduced_goals: tuple[str, ...]
    own: str


class OrderLaying:
    """Carts, and the orders that are laid upon them in order of time."""

    def __init__(self, carts: dict[str, Cart]) -> None:
        self._carts = carts
        self._closings: dict[str, Instant] = {}
        self._echoes: dict[str, Instant] = {}

    def know(self, order: Order, time: Instant) -> None:
        """Note which carts an order closed that stays as it was laid."""
        for key in {*order.closed, order.cart_id} & self._carts.keys():
            if key is not None and time >= self._closings.get(key, LONG_AGO):
                self._closings[key] = time
                is_own = key in (order.own, order.cart_id)
                if not (is_own and self._hear_echo(key, order, time)):
                    _count_from_snapshot(self._carts[key], time)

    def lay(self, order: Order, time: Instant, mark: bytes) -> Laid:
        """Close the cart that an order came from, and take its articles out of all others."""
        closed, taken, ended = list[str](), list[str](), list[str]()
        own = self._own(order, time)
        for key, cart in self._carts.items():
            if key in own:
                ended += self._close(key, order, time, mark)
                closed.append(key)
            elif not take(cart, order, time, mark):
                if time < cart.snapshot and key in order.closed:
                    # Of what lay there then only this is known: that nothing was left.
                    _count_from_snapshot(cart, time)
                    ended += self._end(key, time)
                    closed.append(key)
            elif _is_filled(cart, time):
                taken.append(Goal("cart", key).name)
            else:
                ended += (*self._end(key, time), Goal("cart", key).name)
                closed.append(key)
        return Laid(order.id, time, (*sorted(closed),), (*taken, *ended), next(iter(own), ""))

    def concerned(self, order: Order, time: Instant) -> list[str]:
        """Name the carts from which an order would have taken something."""
        own = self._own(order, time)
        return [
            key
            for key, cart in self._carts.items()
            if (key in own and self._is_open(key, time)) or shares(cart, order, time)
        ]

    def is_alive(self, key: str, deeds: Iterable[tuple[Instant, str, Order, bool]]) -> bool:
        """Is there anything to finish in a cart after these, which stay as they were laid?"""
        for time, _, order, holds in deeds:
            if holds:
                self.know(order, time)
        return key not in self.settle()

    def settle(self) -> list[str]:
        """Name the carts that are closed; in checkout are those where one was started since."""
        for key in self._closings:
            cart = self._carts[key]
            cart.checkout = min(self._starts(key, NEVER), default=None)
            if cart.checkout is None:
                cart.step = ""
        return [key for key in self._closings if not self._carts[key].is_open]

    def _own(self, order: Order, time: Instant) -> tuple[str, ...]:
        """Name the cart that an order came from; an older Legato kept which it had closed."""
        if order.cart_id is not None:
            return (order.cart_id,)
        if not order.channel:
            return order.closed
        if order.own is not None and self._is_past(time):
            return (order.own,) if order.own else ()
        open_carts = [key for key in self._carts if self._is_open(key, time)]
        touches = {key: last_touch(self._carts[key], time) for key in open_carts}
        place = place_of(order.channel)
        here = {key: touch[0] for key, touch in touches.items() if touch[1] == place}
        found = [key for key in here if self._starts(key, time)]
        if not found and order.skus:
            found = [key for key in here if shares(self._carts[key], order, time)]
        elif not found:
            found = [*here] or (open_carts if len(open_carts) == 1 else [])
        return tuple(sorted(found, key=lambda key: (here.get(key, time), key))[-1:])

    def _is_past(self, time: Instant) -> bool:
        """Is it before the snapshot of some cart, so that less is known of it than was?"""
        return any(time < cart.snapshot for cart in self._carts.values())

    def _is_open(self, key: str, time: Instant) -> bool:
        return _is_filled(self._carts[key], time) or bool(self._starts(key, time))

    def _starts(self, key: str, until: Instant) -> list[Instant]:
        """When the checkout of a cart was started, since it was last closed and by no echo."""
        cart = self._carts[key]
        closing = self._closings.get(key, LONG_AGO)
        starts = [start for start in starts_of(cart) if closing < start <= until]
        if not starts or closing == LONG_AGO or starts[0] > closing + ECHO:
            return starts
        revived = [time for time in _put_in(cart) if time > closing]
        if cart.snapshot > closing and self._echoes.get(key) != cart.snapshot:
            revived.append(cart.snapshot)
        alive = min((closing + ECHO + 1, *revived))
        return [start for start in starts if start >= alive]

    def _close(self, key: str, order: Order, time: Instant, mark: bytes) -> list[str]:
        """Take out all that was there, also what an echo put in again."""
        cart, goals = self._carts[key], self._end(key, time)
        if _is_filled(cart, time):
            goals.append(Goal("cart", key).name)
        if self._hear_echo(key, order, time):
            time = cart.snapshot
        if time < cart.snapshot:
            _count_from_snapshot(cart, time)
        else:
            for sku in _articles_at(cart, time):
                take_off(cart, sku, (time, -_pieces(cart, sku, time), mark))
        return goals

    def _hear_echo(self, key: str, order: Order, time: Instant) -> bool:
        """Is the last snapshot of a cart an echo of its order?"""
        cart = self._carts[key]
        if not time < cart.snapshot <= time + ECHO or _is_news(cart, order, time):
            return False
        self._echoes[key] = cart.snapshot
        return True

    def _end(self, key: str, time: Instant) -> list[str]:
        """End the checkout of a cart; name it if there was one."""
        ended = [Goal("checkout", key).name] if self._starts(key, time) else []
        self._closings[key] = max(time, self._closings.get(key, LONG_AGO))
        return ended


def starts_of(cart: Cart) -> list[Instant]:
    """When the checkout was started; an older Legato kept the first and the last time."""
    kept = {*read_times(cart.started), cart.checkout_again} - {LONG_AGO}
    return sorted(kept if cart.checkout is None else {*kept, cart.checkout})


def last_touch(cart: Cart, time: Instant) -> Touch:
    """When, until then, a cart was last touched, and on which channel."""
    touches = [touch for touch in read_touches(cart.touches) if touch[0] <= time]
    return touches[-1] if touches else (min(cart.touched, time), place_of(cart.origin))


def _articles(cart: Cart) -> list[str]:
    return sorted({*cart.lines, *cart.bought, *cart.removed})


def _articles_at(cart: Cart, time: Instant) -> list[str]:
    """Those that may have been there; after its last touch only what is there now."""
    return sorted(cart.lines) if time >= cart.touched else _articles(cart)


def _line(cart: Cart, sku: str) -> CartLine | None:
    return cart.lines.get(sku) or cart.bought.get(sku)


def _put_in(cart: Cart) -> set[Instant]:
    """When something was put in, but by a snapshot."""
    changes = (change for sku in _articles(cart) for change in changes_of(cart, sku))
    added = {time for time, pieces, _ in changes if pieces > 0 and time != cart.snapshot}
    return added.union(read_times(cart.put_in))


def _known_since(cart: Cart, sku: str) -> Instant:
    line, since = _line(cart, sku), cart.known.get(sku, NEVER)
    if line is not None:
        since = min(since, line.since if line.bare_since is None else line.bare_since)
    put_in = (time for time, pieces, _ in changes_of(cart, sku) if pieces > 0)
    return min([since, *put_in])


def _pieces(cart: Cart, sku: str, time: Instant) -> float:
    """How many pieces lay in a cart then; one if a snapshot since then let no more be known."""
    if time < cart.snapshot:
        return 1.0 if _known_since(cart, sku) <= time else 0.0
    if time >= cart.touched:
        return cart.lines[sku].item.quantity if sku in cart.lines else 0.0
    before = [change for change in changes_of(cart, sku) if change[0] <= time]
    return fold(before).quantity if before else 0.0


def _is_filled(cart: Cart, time: Instant) -> bool:
    if time >= cart.touched:
        return bool(cart.lines)
    known = {*cart.known, *_articles(cart)} if time < cart.snapshot else _articles(cart)
    return any(_pieces(cart, sku, time) for sku in known)


def _lines_of(order: Order) -> Iterator[tuple[str, tuple[str, ...], float]]:
    """Each line of an order: its sku, what else it is called, and how many pieces."""
    for n, sku in enumerate(order.skus):
        quantity = order.quantities[n] if order.quantities else float("inf")
        yield sku, order.other_ids[n] if order.other_ids else (), quantity


def _is_same(cart: Cart, name: str, sku: str, other_ids: tuple[str, ...]) -> bool:
    """Is an article of a cart one of an order, by what either side has for its sku?"""
    line = _line(cart, name)
    return name in (sku, *other_ids) or (line is not None and sku in line.item.other_ids)


def shares(cart: Cart, order: Order, time: Instant) -> bool:
    """Does an order list something that lay in a cart then?"""
    return any(
        _is_same(cart, name, sku, other_ids) and _pieces(cart, name, time) > 0
        for name in (cart.lines if time >= cart.touched else {*cart.known, *_articles(cart)})
        for sku, other_ids, _ in _lines_of(order)
    )


def take(cart: Cart, order: Order, time: Instant, mark: bytes) -> bool:
    """Take what was ordered off the articles that lay there then; False if none did."""
    if time < cart.snapshot:
        return False
    off: dict[str, float] = {}
    for sku, other_ids, wanted in _lines_of(order):
        names = [
            name for name in _articles_at(cart, time) if _is_same(cart, name, sku, other_ids)
        ]
        for name in sorted(names, key=lambda name: name != sku):
            taken = min(wanted, _pieces(cart, name, time) - off.get(name, 0.0))
            if taken > QUANTITY_EPSILON:
                off[name] = off.get(name, 0.0) + taken
                wanted -= taken
    for name, pieces in off.items():
        take_off(cart, name, (time, -pieces, mark))
    return bool(off)


def take_off(cart: Cart, sku: str, change: Change) -> None:
    """Put what an order took among the changes of an article, if it took anything."""
    time, pieces, _ = change
    if pieces > -QUANTITY_EPSILON:
        return
    line = cart.lines.get(sku)
    if line is not None and time >= line.changed:
        before = line.item.quantity
        item = replace(line.item, quantity=max(0.0, before + pieces))
        changes = append(line.changes, before, line.changed, change)
        _leave(cart, replace(line, item=item, changed=time, changes=changes))
        return
    _take_off_late(cart, sku, change)


def _take_off_late(cart: Cart, sku: str, change: Change) -> None:
    """Put it among changes of which some came later."""
    line = _line(cart, sku)
    changes = insert(changes_of(cart, sku), change)
    if line is None:
        cart.removed[sku] = write_changes(changes)
        return
    folded = fold(changes)
    item = replace(line.item, quantity=folded.quantity)
    left = replace(line, item=item, changed=folded.changed, changes=write_changes(changes))
    if folded.since > change[0]:
        _count_from(left, folded.since)
    _leave(cart, left)


def _leave(cart: Cart, left: CartLine) -> None:
    """Leave in a cart what is left of an article; if that is nothing, it was bought."""
    if left.item.quantity > QUANTITY_EPSILON:
        cart.lines[left.item.sku] = left
    else:
        keep_bought(cart, left)


def _count_from_snapshot(cart: Cart, time: Instant) -> None:
    """What a snapshot has again is there since then, not since before it was ordered."""
    if time >= cart.snapshot:
        return
    for sku, line in cart.lines.items():
        if line.since <= time:
            cart.lines[sku] = again = replace(line)
            _count_from(again, cart.snapshot)


def _count_from(line: CartLine, since: Instant) -> None:
    if line.bare_since is None:
        line.bare_since = line.since
    line.since = since


def _is_news(cart: Cart, order: Order, time: Instant) -> bool:
    """Does the last snapshot tell more than an echo of what was there as it was ordered?

    It does if something was put in between, or if it has what neither cart nor order had.
    """
    if any(time < put_in <= cart.snapshot for put_in in _put_in(cart)):
        return True
    for name in _articles(cart):
        at, pieces, _ = changes_of(cart, name)[0]
        if at == cart.snapshot and pieces > 0 and _known_since(cart, name) > time:
            listed = [n for sku, ids, n in _lines_of(order) if _is_same(cart, name, sku, ids)]
            if sum(listed) < pieces:
                return True
    return False
