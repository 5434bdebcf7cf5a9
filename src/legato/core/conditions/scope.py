"""What a condition may look at, and how its values are read."""

from __future__ import annotations

from collections.abc import Callable, Collection
from math import inf
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct
from msgspec.structs import astuple

from legato.core.conditions.customer import KEPT_LISTS, MAKERS, KeptList
from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.events.types import EVENT_TYPES
from legato.core.references.as_of import ReferencesAsOf
from legato.core.values.outputs import Situation
from legato.core.values.results import Rejected
from legato.core.values.time import Instant

if TYPE_CHECKING:
    from legato.core.conditions.aggregates import AggregateCall

SLOTS = ("first", "second")
"""Where the variables of macros lie in a scope, from without to within."""
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Scope(Struct):
    """What a condition may look at: `now`, `customer`, `event`, `situation`, `ref`.

    `references` are the values of each kind by key, as they were at `now`. `count` and the like
    are answered from the context, or by `aggregates`, if it is given: it raises ConditionError
    for what it cannot say yet, and None is as missing.

    One scope serves all conditions that are asked about the same moment, since it keeps what
    they read. Take another for another event, or once the context has changed.
    """

    now: Instant
    context: Context
    event: Event | None = None
    situation: Situation | None = None
    references: ReferencesAsOf | None = None
    aggregates: Callable[[AggregateCall, Scope], object] | None = None
    data: dict[str, Any] | None = None
    """The event's data, once somebody has read it."""
    made: dict[str, Any] | None = None
    """Fields of the customer that somebody has read."""
    kept: dict[str, Collection[Any]] | None = None
    """Lists of the customer that somebody has read as they are kept."""
    first: Any = None
    second: Any = None


def renewed(scope: Scope) -> Scope:
    """The same moment, now that the context has changed."""
    return Scope(
        scope.now,
        scope.context,
        scope.event,
        references=scope.references,
        aggregates=scope.aggregates,
        data=scope.data,
    )


def later(scope: Scope, now: Instant) -> Scope:
    """The same customer at a later instant, without the event."""
    references = scope.references
    if references is not None:
        references = references.at(now)
    return Scope(now, scope.context, references=references, aggregates=scope.aggregates)


def read_data(scope: Scope) -> dict[str, Any]:
    """Read the data of the event, once for all conditions."""
    found = scope.data
    if found is None:
        found = scope.data = {} if scope.event is None else data_of(scope.event)
    return found


def customer_field(scope: Scope, name: str) -> Any:  # noqa: ANN401 - of the field's type
    """Make a field of the customer, once for all conditions."""
    made = scope.made
    if made is None:
        made = scope.made = {}
    if name not in made:
        of = KEPT_LISTS.get(name)
        made[name] = of.show(kept_list(scope, of)) if of else MAKERS[name](scope.context)
    return made[name]


def kept_list(scope: Scope, of: KeptList) -> Collection[Any]:
    """A list of the customer's as it is kept, the same for all conditions."""
    if scope.kept is None:
        scope.kept = {}
    found: Collection[Any] | None = scope.kept.get(of.name)
    if found is None:
        found = scope.kept[of.name] = of.kept(scope.context)
    return found


def data_of(event: Event) -> dict[str, Any]:
    """Read the data of an event, its known fields as the vocabulary understands them."""
    data: bytes = event.data
    try:
        told = _decode(data) if data else {}
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}
    payload = EVENT_TYPES.read_payload(event)
    if payload is not None and not isinstance(payload, Rejected):
        _understand(told, payload)
    return told


def _understand(told: dict[str, Any], known: Struct) -> None:
    """Write over what was told as it is understood, and leave what the vocabulary lacks."""
    for name, value in zip(known.__struct_fields__, astuple(known), strict=True):
        if value is None or value == inf:
            continue
        if type(value) is list:
            _understand_each(told.get(name), value)
        elif not isinstance(value, Struct):
            told[name] = value


def _understand_each(told: object, known: list[Any]) -> None:
    if isinstance(told, list):
        for each, understood in zip(told, known, strict=False):
            if isinstance(each, dict) and isinstance(understood, Struct):
                _understand(each, understood)
