"""To which action a purchase is put down, or the resolution of a case.

Of the actions that are about it, to the one that the customer went along with last, else to
the one that reached them last, if that was at most `attribution` before. It follows from facts
alone (orders, closed cases, when actions reached somebody), so it is worked out anew whenever
one of them may have changed, and what is told by then is put right: each order and case stands
once for an action, in whichever order it was heard of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from legato.core.context.context import ActionRecord, Context, Converted, Order
from legato.core.context.goals import Goal, goal_named
from legato.core.context.orders import COMPLETED
from legato.core.context.retention import CONVERSIONS_MOST
from legato.core.decisions.touches import has_reached
from legato.core.values.outputs import Conversion
from legato.core.values.time import Instant, Span

_TAKEN_BACK = frozenset(("revoked", "revoked_too_late"))
_ANY_PURCHASE = frozenset(("promotion",))
"""The purposes of actions that are about a purchase, whatever it is of."""


class _Cause(Struct, frozen=True, gc=False):
    """A purchase, or that a case was closed: what an action may have led to.

    `order` is none of a case, `stands` false of a purchase that came to nothing.
    """

    key: str
    time: Instant
    order: Order | None = None
    stands: bool = True


def convert(attribution: Span, context: Context) -> tuple[Conversion, ...]:
    """Put down what is known to the actions that led to it; tell what is new, or wrong now."""
    touched = [taken for taken in context.actions if has_reached(taken)]
    if not (touched or context.conversions):
        return ()
    causes = [*_causes(context)]
    wanted = _wanted(attribution, context, touched, causes)
    kept = [each for each in context.conversions if each in wanted or not _known(each, causes)]
    void = [each for each in context.conversions if each not in kept]
    pairs = {(each.key, each.action_id) for each in kept}
    new = [each for each in wanted if (each.key, each.action_id) not in pairs]
    if not (void or new):
        return ()
    context.conversions = _to_keep((*kept, *new), causes)
    _mark(context, (*kept, *new), {each.action_id for each in void})
    whose = context.customer_id
    return (
        *(_conversion(whose, each, void=True) for each in void),
        *(_conversion(whose, each) for each in new),
    )


def unite_conversions(ours: Context, theirs: Context) -> tuple[Converted, ...]:
    """Return what was told of either; `convert` puts right what both were told of."""
    return tuple(sorted({*ours.conversions, *theirs.conversions}, key=_place))


def remark(context: Context) -> None:
    """Let the actions of two contexts that became one be what was told of them."""
    _mark(context, context.conversions, set())


def keep_conversions(context: Context, before: Context) -> None:
    """Keep what was told of a customer, less that of orders which turned out to be others'."""
    gone = {order.id for order in before.orders} - {order.id for order in context.orders}
    keys = {_order_key(order_id) for order_id in gone}
    context.conversions = tuple(each for each in before.conversions if each.key not in keys)
    void = {each.action_id for each in before.conversions if each.key in keys}
    _mark(context, context.conversions, void)


def void_those_gone(before: Context, after: Context) -> tuple[Conversion, ...]:
    """Take back what was told of a customer whose orders turned out to be somebody else's."""
    gone = [each for each in before.conversions if each not in after.conversions]
    return tuple(_conversion(after.customer_id, each, void=True) for each in gone)


def _order_key(order_id: str) -> str:
    return f"order:{order_id}"


def _causes(context: Context) -> Iterator[_Cause]:
    for order in context.orders:
        stands = order.status == COMPLETED
        yield _Cause(_order_key(order.id), order.time, order, stands)
    for closed in context.closed_cases:
        yield _Cause(Goal("case", closed.case_id).name, closed.time, stands=closed.settled)


def _wanted(
    attribution: Span,
    context: Context,
    touched: list[ActionRecord],
    causes: list[_Cause],
) -> tuple[Converted, ...]:
    """Work out what is to be put down to whom: a case that is closed twice but once to one."""
    wanted: dict[tuple[str, str], Converted] = {}
    for cause in sorted(causes, key=_time):
        near = [taken for taken in touched if _last_touch(taken, cause.time, attribution)]
        about = [taken for taken in near if _is_about(context, taken, cause)]
        if about and cause.stands:
            best = max(about, key=lambda taken: _rank(taken, cause.time, attribution))
            wanted.setdefault((cause.key, best.action_id), _put_down(cause, best))
    return tuple(wanted.values())


def _time(cause: _Cause) -> Instant:
    return cause.time


def _put_down(cause: _Cause, taken: ActionRecord) -> Converted:
    order = cause.order
    value = currency = None
    if order is not None:
        value = order.worth if order.total is None else order.total
        currency = order.currency
    return Converted(
        cause.key,
        cause.time,
        taken.action_id,
        taken.name,
        taken.situation,
        taken.channel,
        value,
        currency,
    )


def _last_touch(taken: ActionRecord, at: Instant, attribution: Span) -> Instant | None:
    """Return the last touch within the span before an instant; half open, as spans are."""
    times = (*taken.clicked, taken.reached)
    near = [time for time in times if time is not None and time <= at < time + attribution]
    return max(near, default=None)


def _rank(taken: ActionRecord, at: Instant, attribution: Span) -> tuple[bool, Instant, str]:
    """Rank by the last click that is near enough, else by when it reached them."""
    clicks = [time for time in taken.clicked if time <= at < time + attribution]
    last = max(clicks) if clicks else taken.reached or 0
    return bool(clicks), last, taken.action_id


def _is_about(context: Context, taken: ActionRecord, cause: _Cause) -> bool:
    if cause.order is None:
        return cause.key in taken.goals
    if not taken.goals:
        return taken.purpose in _ANY_PURCHASE
    return _shares_article(taken, cause.order) or _is_of_cart(context, taken, cause)


def _shares_article(taken: ActionRecord, order: Order) -> bool:
    """Is an article in it that lay in the action's carts, by whichever of its names?

    So is one that they were interested in.
    """
    goals = map(goal_named, taken.goals)
    wanted = {goal.key for goal in goals if goal.kind == "interest"}
    return not order.names.isdisjoint({*taken.scope, *wanted})


def _is_of_cart(context: Context, taken: ActionRecord, cause: _Cause) -> bool:
    """Did the order come from a cart of the action's, or close one?

    Of a cart that is forgotten by now, what was told is left as it is.
    """
    order = cause.order
    goals = [goal_named(name) for name in taken.goals]
    carts = [goal.key for goal in goals if goal.kind in ("cart", "checkout")]
    if order is None or not carts:
        return False
    if any(key in (*order.closed, order.cart_id, order.own) for key in carts):
        return True
    if any(key in context.carts or key in context.closed_carts for key in carts):
        return False
    told = (each for each in context.conversions if each.key == cause.key)
    return any(each.action_id == taken.action_id for each in told)


def _known(told: Converted, causes: Iterable[_Cause]) -> bool:
    """Is all known that is needed to say that it is wrong?"""
    return any(
        told.key == each.key and (each.order is not None or each.time == told.time)
        for each in causes
    )


def _to_keep(told: Iterable[Converted], causes: Iterable[_Cause]) -> tuple[Converted, ...]:
    """Keep what may be put right yet, and some of the rest for its actions."""
    keys = {each.key for each in causes}
    ordered = sorted(told, key=_place)
    others = [each for each in ordered if each.key not in keys][-CONVERSIONS_MOST:]
    judged = [each for each in ordered if each.key in keys]
    return tuple(sorted((*others, *judged), key=_place))


def _place(told: Converted) -> tuple[object, ...]:
    value = (told.value is not None, told.value or 0, told.currency or "")
    return told.time, told.key, told.action_id, *value


def _mark(context: Context, standing: Iterable[Converted], void: set[str]) -> None:
    """Let an action be `converted` as long as something is put down to it."""
    named = {each.action_id for each in standing}
    for taken in context.actions:
        if taken.action_id in named:
            if taken.status != "converted" and taken.status not in _TAKEN_BACK:
                taken.reported, taken.status = taken.status, "converted"
        elif taken.action_id in void:
            taken.status, taken.reported = taken.became, ""


def _conversion(customer_id: str, told: Converted, *, void: bool = False) -> Conversion:
    kind, _, name = told.key.partition(":")
    return Conversion(
        customer_id,
        told.action_id,
        told.situation,
        told.name,
        told.channel,
        told.time,
        name if kind == "order" else "",
        name if kind == "case" else "",
        told.value,
        told.currency,
        void,
    )
