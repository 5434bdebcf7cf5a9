"""What `count`, `sum`, `last`, `since`, `median_gap` and `in_segment` say of a context.

What is kept for them lies in the context (`core/context/past.py`). In a context that is older
than the need, what asks for more than is known is an error, `warming_up`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import msgspec
from msgspec import Struct

from legato.core.conditions.aggregates import LONGEST_AGGREGATE, AggregateCall
from legato.core.conditions.faults import ConditionError
from legato.core.conditions.scope import Scope, data_of
from legato.core.conditions.values import field_of
from legato.core.context.cart_log import digest_of
from legato.core.context.context import Context
from legato.core.context.past import (
    KeptPast,
    PastEntry,
    PastNeeds,
    PastStore,
    begun,
    stores_of,
    united_needs,
)
from legato.core.events.event import Event
from legato.core.values.time import DAY, NEVER, Instant, Span

WARMING_UP = "warming_up"
"""Why nobody knows an answer: the need is younger than the context, and than the span."""
_OF_A_SPAN = frozenset(("count", "sum", "median_gap"))
"""What is not known as long as a part of its span is not."""


def kept_of(calls: Iterable[AggregateCall]) -> PastNeeds:
    """Say what must be kept so that these can be answered, by the names of the stores."""
    return united_needs(
        KeptPast(call.store, tuple(sorted({*call.types})), call.paths, _span(call) + DAY)
        for call in calls
        if call.store
    )


def keep_event(context: Context, kept: Iterable[KeptPast], event: Event) -> None:
    """Note an event that was followed in those stores that keep such."""
    stores = stores_of(context)
    for each, entry in entries_of(kept, event):
        store = stores[each.name]
        store.insert(entry)
        store.let_go(context.touched - each.kept_for)


def entries_of(kept: Iterable[KeptPast], event: Event) -> Iterator[tuple[KeptPast, PastEntry]]:
    """Read of an event what each of these stores keeps."""
    digest = digest_of(event.id)
    fields: dict[str, Any] = {}
    for each in kept:
        values = [_value(event, path, fields) for path in each.paths]
        if each.text_most is not None:
            values = [_if_short(value, each.text_most) for value in values]
        yield each, PastEntry(event.time, digest, values)


def _value(event: Event, path: tuple[str, ...], fields: dict[str, Any]) -> Any:  # noqa: ANN401
    """Read what lies at the end of a path; None if there is nothing."""
    first = path[0]
    if first not in fields:
        fields[first] = data_of(event) if first == "data" else getattr(event, first, None)
    value = fields[first]
    for name in path[1:]:
        try:
            value = None if value is None else field_of(value, name)
        except ConditionError:
            return None
    return msgspec.to_builtins(value) if isinstance(value, Struct) else value


def _if_short(value: Any, most: int) -> Any:  # noqa: ANN401
    """Leave out what is no single value, or a text that is too long."""
    if isinstance(value, str):
        return value if len(value) <= most else None
    return value if isinstance(value, int | float) else None


def answer(call: AggregateCall, scope: Scope) -> Any:  # noqa: ANN401 - of the function's type
    """Say what a call asks, None if there is nothing; raises ConditionError."""
    if call.segment:
        return _is_in(call, scope)
    store, since = _store(call, scope), scope.now - _span(call)
    if call.function in _OF_A_SPAN and store.since > since + 1:
        raise ConditionError(f"{WARMING_UP}: `{call.text}` is not known of so long ago")
    entries = _between(store.entries, since, scope.now)
    if call.function == "sum":
        return _sum(call, scope, entries)
    if call.where is not None:
        entries = [each for each in entries if call.holds(scope, _told(call, each))]
    if call.function == "last":
        return _told(call, entries[-1]) if entries else None
    return _of_times(call.function, entries, scope.now)


def _between(entries: list[PastEntry], since: Instant, until: Instant) -> list[PastEntry]:
    """Those after one instant up to another: nearly always all of them."""
    if not entries or (since < entries[0].time and entries[-1].time <= until):
        return entries
    return [each for each in entries if since < each.time <= until]


def next_look(call: AggregateCall, scope: Scope) -> Instant:
    """When time alone may change an answer next; NEVER if it does not."""
    if call.segment:
        condition = call.condition
        turn = None if condition is None else condition.next_turn(_of_customer(scope))
        return NEVER if turn is None else turn
    store, span, now = _store(call, scope), _span(call), scope.now
    known = store.since + span - 1 if call.function in _OF_A_SPAN else NEVER
    look = known if known > now else NEVER
    # Entries lie in order of time: the first that is still in the span leaves it first.
    for each in store.entries:
        if each.time + span > now:
            look = min(look, each.time + span)
            break
    if store.entries and store.entries[-1].time > now:
        look = min(look, *(each.time for each in store.entries if each.time > now))
    return look


def _span(call: AggregateCall) -> Span:
    return call.span or LONGEST_AGGREGATE


def _store(call: AggregateCall, scope: Scope) -> PastStore:
    """What is kept for a call; what is not yet begun is begun now."""
    context = scope.context
    kept = stores_of(context).get(call.store) if context.runs else None
    return kept or PastStore(begun(context))


def _is_in(call: AggregateCall, scope: Scope) -> object:
    if call.condition is None:
        raise ConditionError(f"nobody here knows the segment `{call.segment}`")
    return call.condition.run(_of_customer(scope))


def _of_customer(scope: Scope) -> Scope:
    """The same moment, for a condition that is about the customer alone."""
    return Scope(
        scope.now, scope.context, references=scope.references, aggregates=scope.aggregates
    )


def _told(call: AggregateCall, entry: PastEntry) -> dict[str, Any]:
    """An entry as the event that it was, as far as it is known."""
    told: dict[str, Any] = {"time": entry.time}
    for path, value in zip(call.paths, entry.values, strict=True):
        place = told
        for name in path[:-1]:
            place = place.setdefault(name, {})
        place[path[-1]] = value
    return told


def _sum(call: AggregateCall, scope: Scope, entries: list[PastEntry]) -> float:
    """Add up what is a number; what names no currency is of the only one that is named."""
    told = [_told(call, each) for each in entries]
    if call.currency:
        named = {_currency(each) for each in told} - {""}
        wanted = {call.currency, ""} if named <= {call.currency} else {call.currency}
        told = [each for each in told if _currency(each) in wanted]
    return sum(_number(call, scope, each) for each in told)


def _currency(told: dict[str, Any]) -> str:
    data = told.get("data")
    value = data.get("currency") if isinstance(data, dict) else None
    return value.upper() if isinstance(value, str) else ""


def _number(call: AggregateCall, scope: Scope, told: dict[str, Any]) -> float:
    try:
        value = call.value_of(scope, told)
    except ConditionError:
        return 0
    return value if type(value) in (int, float) else 0  # type: ignore[return-value]


def _of_times(function: str, entries: list[PastEntry], now: Instant) -> Span | int | None:
    """What can be said of the times alone."""
    if function == "count":
        return len(entries)
    if function == "since":
        return now - entries[-1].time if entries else None
    gaps = sorted(later.time - earlier.time for earlier, later in pairwise(entries))
    middle = len(gaps) // 2
    if len(gaps) % 2:
        return gaps[middle]
    return (gaps[middle - 1] + gaps[middle]) // 2 if gaps else None
