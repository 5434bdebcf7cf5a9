"""Two carts of the same name become one: article by article, change by change."""

from __future__ import annotations

from msgspec.structs import replace

from legato.core.context.cart import changes_of, keep_additions, newer
from legato.core.context.cart_log import (
    Change,
    Folded,
    fold,
    last_put_in,
    read_changes,
    unite,
    write_changes,
)
from legato.core.context.cart_times import read_times, read_touches, write_times, write_touches
from legato.core.context.context import Cart, CartLine
from legato.core.context.retention import MOST_KNOWN, MOST_REMOVED
from legato.core.events.payloads import Item
from legato.core.values.time import NEVER, Instant


def merge_carts(ours: Cart, theirs: Cart) -> Cart:
    """Unite two carts off which orders were lifted, as if all their events had come to one.

    The later snapshot is the whole truth of its instant: older changes of the other are void.
    """
    first, last = _by_time(ours, theirs)
    snapshot = max(ours.snapshot, theirs.snapshot)
    for cart in (ours, theirs):
        if cart.snapshot < snapshot:
            keep_additions(cart, snapshot)
    united = Cart(
        first.origin,
        last.touched,
        last.touched_by,
        snapshot=snapshot,
        updated=max(ours.updated, theirs.updated),
        checkout=_earlier(ours.checkout, theirs.checkout),
        step=last.step or (ours.step or theirs.step),
        checkout_again=max(ours.checkout_again, theirs.checkout_again),
        opened=first.opened,
        touches=write_touches({*read_touches(ours.touches), *read_touches(theirs.touches)}),
        started=_times(ours.started, theirs.started),
        put_in=_times(ours.put_in, theirs.put_in),
        known=_known(ours.known, theirs.known),
        brand=first.brand,
    )
    for sku in sorted({*_articles(ours), *_articles(theirs)}):
        _merge_article(united, sku, ours, theirs)
    return united


def _by_time(ours: Cart, theirs: Cart) -> tuple[Cart, Cart]:
    """Say which of two carts was opened first, and which was touched last."""
    first = min(ours, theirs, key=lambda cart: (cart.opened, cart.origin, cart.brand))
    last = max(ours, theirs, key=lambda cart: (cart.touched, cart.touched_by, cart.step))
    return first, last


def _times(ours: bytes, theirs: bytes) -> bytes:
    return write_times({*read_times(ours), *read_times(theirs)})


def _known(ours: dict[str, Instant], theirs: dict[str, Instant]) -> dict[str, Instant]:
    """Since when an article is known to either; of too many, those that are known longest."""
    known = {
        sku: min(ours.get(sku, NEVER), theirs.get(sku, NEVER))
        for sku in sorted({*ours, *theirs})
    }
    return dict(sorted(known.items(), key=lambda each: (each[1], each[0]))[:MOST_KNOWN])


def _earlier(ours: Instant | None, theirs: Instant | None) -> Instant | None:
    return min((time for time in (ours, theirs) if time is not None), default=None)


def _articles(cart: Cart) -> tuple[str, ...]:
    return (*cart.lines, *cart.bought, *cart.removed)


def _merge_article(united: Cart, sku: str, ours: Cart, theirs: Cart) -> None:
    sides = [
        (cart, changes) for cart in (ours, theirs) if (changes := _changes(cart, sku, united))
    ]
    if not sides:
        return
    changes = sides[0][1] if len(sides) == 1 else unite(sides[0][1], sides[1][1])
    folded = fold(changes)
    lines = [cart.lines[sku] for cart, _ in sides if sku in cart.lines]
    if folded.quantity and lines:
        since = _since(sides, sku, united, folded)
        united.lines[sku] = CartLine(
            _item(lines, folded), folded.changed, since, write_changes(changes)
        )
    elif len(united.removed) < MOST_REMOVED:
        united.removed[sku] = write_changes(changes)


def _since(
    sides: list[tuple[Cart, list[Change]]], sku: str, united: Cart, folded: Folded
) -> Instant:
    """Since when it is there: longer than its changes say, if it outlived a snapshot."""
    known = [
        line.since
        for cart, changes in sides
        if (line := cart.lines.get(sku)) is not None
        and changes[0][0] == folded.since
        and (cart.snapshot == united.snapshot or line.since >= united.snapshot)
    ]
    return min([folded.since, *known])


def _changes(cart: Cart, sku: str, united: Cart) -> list[Change]:
    """The changes of an article that count: those since the later snapshot."""
    changes = changes_of(cart, sku)
    if cart.snapshot == united.snapshot:
        return changes
    return [change for change in changes if change[0] >= united.snapshot]


def _item(lines: list[CartLine], folded: Folded) -> Item:
    """Describe the article by the line put in last; silence is filled by the other."""
    if len(lines) == 1:
        item = replace(lines[0].item)
    else:
        older, newest = sorted(lines, key=_recency)
        item = newer(older.item, newest.item)
    item.quantity = folded.quantity
    return item


def _recency(line: CartLine) -> tuple[object, ...]:
    item, changes = line.item, read_changes(line.changes, line.item.quantity, line.changed)
    return (
        last_put_in(changes),
        line.changed,
        item.name or "",
        item.size or "",
        item.price or 0,
        item.currency or "",
        line.changes,
    )
