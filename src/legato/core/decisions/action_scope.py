"""What an action is about: the pieces that lay in its carts as it was decided.

Once nothing of them is left, it is wrong. The more is known, the less is left: what was put in
since counts as little (it has a deadline of its own) as what lay in another cart then that is
the same by now. So additions, removals, orders and merges may be heard of in any order.
"""

from __future__ import annotations

from legato.core.context.cart_log import NOBODY, Change, fold, read_changes
from legato.core.context.context import ActionRecord, Cart, CartLine, Context
from legato.core.context.goals import goal_named
from legato.core.context.retention import MOST_ARTICLES

DIGEST = len(NOBODY)


def action_scope(context: Context, goals: tuple[str, ...]) -> dict[str, bytes]:
    """Note the additions of each article that lies in the carts among some goals.

    Nothing of carts with very many: of these all counts that was put in by then.
    """
    noted: dict[str, bytes] = {}
    for goal in goals:
        cart = _cart_of(context, goal)
        for sku, line in cart.lines.items() if cart is not None else ():
            noted[sku] = noted.get(sku, b"") + _additions(line)
    return noted if len(noted) <= MOST_ARTICLES else {}


def _additions(line: CartLine) -> bytes:
    changes = read_changes(line.changes, line.item.quantity, line.changed)
    return b"".join(
        digest for time, pieces, digest in changes if pieces > 0 and time >= line.since
    )


def still_relevant(context: Context, goal: str, taken: ActionRecord) -> bool:
    """Was anything left, as the action went out, of the cart about which it was decided?"""
    cart = _cart_of(context, goal)
    if cart is None:
        return False
    skus = taken.scope or (*cart.lines, *cart.bought, *cart.removed)
    return any(_is_left(cart, sku, taken) for sku in skus)


def _cart_of(context: Context, goal: str) -> Cart | None:
    wanted = goal_named(goal)
    return context.carts.get(wanted.key) if wanted.kind == "cart" else None


def _is_left(cart: Cart, sku: str, taken: ActionRecord) -> bool:
    """Is any of an article's pieces left? What is taken off are those that came first."""
    line, gone = cart.lines.get(sku) or cart.bought.get(sku), cart.removed.get(sku)
    if line is not None:
        changes = read_changes(line.changes, line.item.quantity, line.changed)
        if line.item.quantity and changes[0][0] > taken.decided >= line.since:
            return True  # a snapshot since then has it still, but not what it is made of
    elif gone is not None:
        changes = read_changes(gone, 0, 0)
    else:
        return False
    noted = taken.scope.get(sku, b"")
    known = {noted[at : at + DIGEST] for at in range(0, len(noted), DIGEST)}
    counted = [change for change in changes if _counts(change, known, taken)]
    return bool(counted) and fold(counted).quantity > 0


def _counts(change: Change, known: set[bytes], taken: ActionRecord) -> bool:
    time, pieces, digest = change
    if pieces <= 0:
        return time < taken.not_before
    return digest in known or (time <= taken.decided and (not known or digest == NOBODY))
