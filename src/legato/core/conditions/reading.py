"""How a condition comes to its values: roots, fields and elements, each as a closure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

from msgspec import Struct

from legato.core.conditions.customer import MAKERS
from legato.core.conditions.faults import ConditionError, Missing
from legato.core.conditions.operations import Run
from legato.core.conditions.scope import SLOTS, Scope, customer_field, data_of, read_data
from legato.core.events.event import Event
from legato.core.values.time import read_instant


def variable(depth: int, shown: str) -> Run:
    """The variable of a macro, `depth` counting from without."""
    read: Callable[[Scope], Any] = attrgetter(SLOTS[depth])
    return _present(read, shown)


def now(scope: Scope) -> int:
    """`now`"""
    return scope.now


def root(name: str) -> Run:
    """`event`, `situation` or `ref` as a whole."""
    return _present(attrgetter({"ref": "references"}.get(name, name)), name)


def _present(read: Callable[[Scope], Any], shown: str) -> Run:
    missing = f"`{shown}` is missing"

    def run(scope: Scope) -> object:
        value = read(scope)
        if value is None:
            raise Missing(missing)
        return value

    return run


def whole_customer(scope: Scope) -> dict[str, Any]:
    """`customer` as a whole, which nobody needs often."""
    return {name: customer_field(scope, name) for name in MAKERS}


def of_customer(name: str) -> Run:
    """A field of the customer."""
    return _present(lambda scope: customer_field(scope, name), f"customer.{name}")


def of_root(of: str, name: str) -> Run:
    """A field of the event or the situation."""
    return _present_or_none(attrgetter(of), attrgetter(name), f"{of}.{name}")


def _present_or_none(
    read: Callable[[Scope], Any], get: Callable[[Any], Any], shown: str
) -> Run:
    missing = f"`{shown}` is missing"

    def run(scope: Scope) -> object:
        of = read(scope)
        value = None if of is None else get(of)
        if value is None:
            raise Missing(missing)
        return value

    return run


def data(scope: Scope) -> dict[str, Any]:
    """`event.data` as a whole."""
    if scope.event is None:
        raise Missing("`event` is missing")
    return read_data(scope)


def of_data(name: str) -> Run:
    """A field of the event's data."""
    missing = f"`event.data.{name}` is missing"

    def run(scope: Scope) -> object:
        found = scope.data
        if found is None:
            found = read_data(scope)
        value = found.get(name)
        if value is None:
            raise Missing(missing)
        return value

    return run


def field(of: Run, name: str, shown: str) -> Run:
    """A field of any value."""
    missing = f"`{shown}` is missing"

    def run(scope: Scope) -> object:
        value = field_of(of(scope), name)
        if value is None:
            raise Missing(missing)
        return value

    return run


def field_of(value: Any, name: str) -> Any:  # noqa: ANN401 - of whatever type
    """A field of a value; None if it has none of this name."""
    if type(value) is dict or isinstance(value, Mapping):
        return value.get(name)
    if type(value) is Event and name == "data":
        return data_of(value)
    if isinstance(value, Struct):
        return getattr(value, name, None)
    raise ConditionError(f"what is asked for `{name}` has no fields")


def element(of: Run, key: Run, shown: str) -> Run:
    """`of[key]`: of a list by its place from 0, of a map by its key."""
    missing = f"`{shown}[…]` is missing"

    def run(scope: Scope) -> object:
        many, place = of(scope), key(scope)
        if isinstance(many, list | tuple):
            value = _at(many, place)
        elif type(place) is str:
            value = field_of(many, place)
        else:
            raise ConditionError("a list is asked by a number, a map by a text")
        if value is None:
            raise Missing(missing)
        return value

    return run


def _at(many: list[Any] | tuple[Any, ...], place: object) -> Any:  # noqa: ANN401
    if not isinstance(place, int | float) or isinstance(place, bool) or place % 1 != 0:
        raise ConditionError("a list is asked by a whole number")
    return many[int(place)] if 0 <= place < len(many) else None


def as_id(read: Run) -> Run:
    """Ids are text: a number that stands for one is read as it is written."""

    def run(scope: Scope) -> object:
        value = read(scope)
        return str(value) if type(value) is int else value

    return run


def as_instant(read: Run) -> Run:
    """A field that is said to be an instant: epoch milliseconds, or RFC 3339."""

    def run(scope: Scope) -> object:
        value = read(scope)
        if type(value) is int:
            return value
        try:
            return read_instant(value)
        except (ValueError, TypeError, AttributeError, OverflowError):
            raise ConditionError("what should be an instant is none") from None

    return run
