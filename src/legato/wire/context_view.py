"""A context as a person or another system reads it: names instead of places, epoch ms.

A view is made of structs, which are written as JSON objects faster than dicts are, and the
Redis view makes one of every context there is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from itertools import starmap
from operator import attrgetter
from typing import Any, TypeAlias

from msgspec import UNSET, Struct, UnsetType, defstruct
from msgspec.structs import astuple

from legato.core.context.consent import parts_of
from legato.core.context.contact import OngoingContact, ongoing_contact
from legato.core.context.context import Cart, Case, ConsentRecord, Context, LookedAt
from legato.core.context.erasure import erasure_status
from legato.core.context.lifecycle import Lifecycle, lifecycle, lifecycle_stage
from legato.core.context.places import still_awaited
from legato.core.context.runs import stages_fired
from legato.core.context.shown import HIDDEN
from legato.core.context.timeline import rows
from legato.core.values.time import LONG_AGO, NEVER, Instant


class TouchpointView(Struct, omit_defaults=True, gc=False):
    """A touchpoint."""

    time: Instant
    type: str
    channel: str
    note: str
    brand: str = ""


class CartView(Struct, omit_defaults=True, gc=False):
    """A cart with what it is worth."""

    items: list[Struct]
    value: float
    currency: str | None
    origin: str
    touched: Instant | None
    checkout: Instant | None
    step: str
    brand: str = ""


class CaseView(Struct, omit_defaults=True, gc=False):
    """An open service inquiry."""

    reason: str
    opened: Instant
    touched: Instant
    channels: list[str]
    asked: str
    known: list[str]
    bot: bool
    brand: str = ""


class ConsentView(Struct, omit_defaults=True, gc=False):
    """A consent as it stands; `*` is every channel, and no brand means all."""

    purpose: str
    channel: str
    status: str
    time: Instant
    brand: str = ""
    basis: str = ""
    source: str = ""
    proof: str = ""


class ErasureView(Struct, omit_defaults=True, gc=False):
    """What was said last of being forgotten: `requested` or `withdrawn`, and when."""

    status: str
    time: Instant
    source: str = ""
    proof: str = ""


class PresenceView(Struct, gc=False):
    """Where and when the customer last acted."""

    channel: str
    time: Instant


class LookView(Struct, omit_defaults=True, gc=False):
    """An article that was looked at lately: when last, and how often."""

    sku: str
    time: Instant
    views: int
    brand: str = ""


class VenueView(Struct, omit_defaults=True, gc=False):
    """A venue where the customer did something lately: when last, and in whose name."""

    venue: str
    time: Instant
    brand: str = ""


class ExpectedView(Struct, omit_defaults=True, gc=False):
    """What a customer is expected for at a venue, until when: `order:ID`, `reservation:SKU`."""

    what: str
    venue: str
    since: Instant
    until: Instant
    brand: str = ""


class ContextView(Struct, gc=False):
    """All that is shown of a customer; what is empty is there all the same, but for a brand.

    What holds until an instant is shown as it was told: whoever reads it looks at the clock.
    `index`, in Redis alone, is what leads to the customer there. The scripts in Redis read it
    and the revision off the first bytes.
    """

    revision: int
    index: list[str] | UnsetType
    customer_id: str
    lifecycle_stage: str
    lifecycle: Lifecycle
    identifiers: dict[str, list[str]]
    profile: Struct
    consents: list[ConsentView]
    presence: PresenceView | None
    sessions: list[Struct]
    carts: dict[str, CartView]
    cases: dict[str, CaseView]
    orders: list[Struct]
    looked_at: list[LookView]
    journeys: tuple[str, ...]
    timeline: list[TouchpointView]
    actions: list[Struct]
    runs: dict[str, int]
    asked_again: int
    waiting_events: int
    next_due: Instant | None
    brands: tuple[str, ...]
    erasure: ErasureView | None
    venues: list[VenueView]
    expected: list[ExpectedView]
    contact: OngoingContact | None


def context_view(context: Context, index: list[str] | UnsetType = UNSET) -> ContextView:
    """Lay a context out to be written as JSON."""
    visits = (*context.sessions, context.session)
    return ContextView(
        context.revision,
        index,
        context.customer_id,
        lifecycle_stage(context),
        lifecycle(context),
        context.identifiers,
        _named(context.profile),
        [_consent(key, wish) for key, wish in context.consents.items()],
        _presence(context),
        _all_named([visit for visit in visits if visit]),
        {name: _cart(cart) for name, cart in context.carts.items()},
        {name: _case(case) for name, case in context.cases.items()},
        _all_named(context.orders),
        [_look(sku, look) for sku, look in context.looked_at.items()],
        context.journeys,
        [*starmap(TouchpointView, rows(context.touchpoints, context.touches))],
        _all_named(context.actions),
        stages_fired(context.runs),
        context.asked_again,
        len(context.waiting),
        _instant(context.next_due),
        context.brands,
        _erasure(context),
        [VenueView(each.venue, each.time, each.brand) for each in context.venues],
        _expected(context) if context.awaited else [],
        ongoing_contact(context.contact) if context.contact else None,
    )


_View: TypeAlias = tuple[type[Struct], Callable[[Struct], tuple[Any, ...]]]


class _Named(dict[type[Struct], _View]):
    """A struct that is kept as an array -> the same with names, and what it shows of one."""

    def __missing__(self, kept: type[Struct]) -> _View:
        names = [name for name in kept.__struct_fields__ if name not in HIDDEN]
        fields = [(name, Any, None) for name in names]
        shown = defstruct(f"{kept.__name__}View", fields, omit_defaults=True, gc=False)
        self[kept] = view = shown, attrgetter(*names)
        return view


_views = _Named()


def _named(value: Struct) -> Struct:
    shown, values_of = _views[type(value)]
    return shown(*values_of(value))


def _all_named(values: Collection[Struct]) -> list[Struct]:
    """The same of several of one type, without a step of Python for each."""
    for first in values:
        shown, values_of = _views[type(first)]
        return [*starmap(shown, map(values_of, values))]
    return []


def _instant(at: Instant) -> Instant | None:
    return None if at in (LONG_AGO, NEVER) else at


def _consent(key: str, wish: ConsentRecord) -> ConsentView:
    purpose, channel, brand = parts_of(key)
    status, time, basis, source, proof = astuple(wish)
    return ConsentView(purpose, channel, status, time, brand, basis, source, proof)


def _erasure(context: Context) -> ErasureView | None:
    if not context.erasures:
        return None
    word = context.erasures[-1]
    return ErasureView(erasure_status(word), word.time, word.source, word.proof)


def _expected(context: Context) -> list[ExpectedView]:
    return [
        ExpectedView(each.what, each.venue, each.opened, each.until, each.brand)
        for each in still_awaited(context.awaited)
    ]


def _presence(context: Context) -> PresenceView | None:
    seen = _instant(context.present)
    return None if seen is None else PresenceView(context.channel, seen)


def _cart(cart: Cart) -> CartView:
    return CartView(
        _all_named([line.item for line in cart.lines.values()]),
        round(cart.value, 2),
        cart.currency,
        cart.origin,
        _instant(cart.touched),
        cart.checkout,
        cart.step,
        cart.brand,
    )


def _case(case: Case) -> CaseView:
    return CaseView(
        case.reason,
        case.opened,
        case.touched,
        case.channels,
        case.asked,
        case.known,
        case.bot,
        case.brand,
    )


def _look(sku: str, look: LookedAt) -> LookView:
    return LookView(sku, look.time, look.views, look.brand)
