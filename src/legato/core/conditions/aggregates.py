"""`count`, `sum`, `last`, `since`, `median_gap`, `in_segment`: what they ask, as written.

What they say is kept elsewhere: a scope has a source that answers a call, or has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from legato.core.conditions.faults import ConditionError, Unfit
from legato.core.conditions.scope import Scope
from legato.core.conditions.shapes import NUMBER, SPAN, TRUTH, Shape
from legato.core.conditions.syntax import Call, Listed, Literal, Term, Word
from legato.core.conditions.writing import Part, Run, run_of
from legato.core.context.cart_log import digest_of
from legato.core.events.words import CURRENCIES
from legato.core.values.time import DAY, Span, read_span

if TYPE_CHECKING:
    from legato.core.conditions.compile import Condition

MOST_KEPT = 64
"""Events that an aggregate keeps of a customer; it can count no more."""
LONGEST_AGGREGATE: Span = 400 * DAY
_TYPE = re.compile(r"[\w.*:/-]{1,256}")


class Form(Struct, frozen=True):
    """How a function is written: with a span always, never or at will, and what `e` is for."""

    example: str
    gives: Shape | None
    span: bool | None = None
    value: bool = False


FORMS: dict[str, Form] = {
    "count": Form(
        'count("product.viewed", "30d", e, e.data.sku == event.data.sku)', NUMBER, span=True
    ),
    "sum": Form(
        'sum("order.completed", "365d", e, e.data.total, "EUR")', NUMBER, span=True, value=True
    ),
    "last": Form('last("order.completed", e, e.channel == "web")', None, span=False),
    "since": Form('since("order.completed", e, e.channel == "web")', SPAN, span=False),
    "median_gap": Form('median_gap("order.completed", "365d")', SPAN),
}
SEGMENT = "in_segment"


class AggregateCall(Struct, frozen=True, dict=True):
    """A call of such a function; two that are written alike (`text`) ask the same.

    `types` are types and globs of events, `reads` what is read of each such event (`time`,
    `data.sku`). `where` and `value` look at one event of them, through `holds` and `value_of`.
    What is read lies in the `store` of that name (`core/context/past.py`), at `paths`. Of a
    segment, `condition` says who is in it, None where nobody knows.
    """

    function: str
    text: str
    types: tuple[str, ...] = ()
    span: Span | None = None
    segment: str = ""
    currency: str = ""
    reads: frozenset[str] = frozenset()
    slot: str = ""
    where: Part | None = None
    value: Part | None = None
    store: str = ""
    paths: tuple[tuple[str, ...], ...] = ()
    condition: Condition | None = None

    def holds(self, scope: Scope, entry: object) -> bool:
        """Does it count this event, given as one or as a map of the same fields?"""
        if self.where is None:
            return True
        setattr(scope, self.slot, entry)
        try:
            return self._asked_of_each(scope) is True
        except ConditionError:
            return False

    def value_of(self, scope: Scope, entry: object) -> object:
        """What it adds up of this event; raises ConditionError."""
        if self.value is None:
            raise ConditionError(f"`{self.function}` adds nothing up")
        setattr(scope, self.slot, entry)
        return self._asked_of_each(scope)

    @cached_property
    def _asked_of_each(self) -> Run:
        part = self.where or self.value
        if part is None:
            raise ConditionError(f"`{self.function}` asks nothing of each event")
        return run_of(part)


def calls_within(calls: Iterable[AggregateCall]) -> Iterator[AggregateCall]:
    """Name these calls, and those of the segments that they ask for."""
    for call in calls:
        yield call
        if call.condition is not None:
            yield from calls_within(call.condition.aggregates)


def paths_of(reads: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """What must be kept besides the time, so that all of this can be read."""
    told = sorted(each for each in reads if each != "time")
    whole = {each for each in told if not any(each.startswith(f"{other}.") for other in told)}
    return tuple(tuple(each.split(".")) for each in sorted(whole))


def store_of(types: Iterable[str], paths: Iterable[tuple[str, ...]]) -> str:
    """Name the store in which so much is kept of such events."""
    told = (*sorted({*types}), "|", *map(".".join, paths))
    return digest_of(" ".join(told)).hex()[:12]


class Asked(Struct, frozen=True):
    """The arguments of a call, taken apart; `body` is about each event, called `variable`."""

    types: tuple[str, ...]
    span: Span | None = None
    variable: Word | None = None
    body: Term | None = None
    currency: str = ""


def read_arguments(call: Call) -> Asked:
    """Take a call apart; raises Unfit."""
    form = FORMS[call.function]
    arguments = list(call.arguments)
    if not arguments:
        raise _ill_formed(call)
    types = _types(arguments.pop(0))
    span = _span(arguments.pop(0)) if _has_span(form, arguments) else None
    if form.span and span is None:
        raise _ill_formed(call)
    if not arguments and not form.value:
        return Asked(types, span)
    currency = _currency(arguments.pop()) if form.value and len(arguments) == 3 else ""
    if len(arguments) != 2 or not isinstance(arguments[0], Word):
        raise _ill_formed(call)
    return Asked(types, span, arguments[0], arguments[1], currency)


def read_segment(call: Call) -> str:
    """Take `in_segment("vip")` apart; raises Unfit."""
    match call.arguments:
        case (Literal(value=str(name)),):
            return name
        case _:
            raise Unfit('write `in_segment("vip")`, with the name of a segment', call.at)


def _ill_formed(call: Call) -> Unfit:
    return Unfit(f"write for example `{FORMS[call.function].example}`", call.at)


def _has_span(form: Form, arguments: list[Term]) -> bool:
    if form.span is False or not arguments:
        return False
    return isinstance(arguments[0], Literal) or bool(form.span)


def _types(term: Term) -> tuple[str, ...]:
    terms = term.items if isinstance(term, Listed) else (term,)
    found = []
    for each in terms:
        if not isinstance(each, Literal) or not isinstance(each.value, str):
            raise Unfit('write a type of events as text, such as `"order.completed"`', each.at)
        if not _TYPE.fullmatch(each.value):
            raise Unfit(
                f"`{each.value[:60]}` is no type of events; write for example `cart.*`", each.at
            )
        found.append(each.value)
    if not found:
        raise Unfit("name at least one type of events", term.at)
    return tuple(found)


def _span(term: Term) -> Span:
    if not isinstance(term, Literal) or not isinstance(term.value, str):
        raise Unfit('write a span as text, such as `"30d"`', term.at)
    try:
        span = read_span(term.value)
    except ValueError as error:
        raise Unfit(str(error), term.at) from None
    if not 0 < span <= LONGEST_AGGREGATE:
        raise Unfit(f"`{term.value}` must be above 0 and at most 400 days", term.at)
    return span


def _currency(term: Term) -> str:
    if not isinstance(term, Literal) or not isinstance(term.value, str):
        raise Unfit('write a currency as text, such as `"EUR"`', term.at)
    known = CURRENCIES.read(term.value)
    if known is None:
        raise Unfit(f"`{term.value[:20]}` is no currency; write {CURRENCIES.told}", term.at)
    return known


def check_count(sign: str, number: float, at: int) -> None:
    """May a count be compared with this? It knows no more than are kept. Raises Unfit."""
    asked = number + 1 if sign in (">", "<=") else number
    if asked > MOST_KEPT:
        raise Unfit(
            f"at most {MOST_KEPT} events are kept to be counted; compare with fewer", at
        )


SEGMENT_SHAPE = TRUTH
"""What `in_segment` gives."""
