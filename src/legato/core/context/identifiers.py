"""How a customer is reached and known: the last values of each type of identifier.

Event time decides which is in use, never the order in which events are heard of. Beside each
value stands a *stamp*: the time of the last event that gave it, in milliseconds, and below it
16 bits of that event's id, so that of two of one time the same counts wherever they meet.
"""

from __future__ import annotations

from collections.abc import Callable

from xxhash import xxh3_64_intdigest

from legato.core.context.context import Context
from legato.core.context.retention import KNOWN_MOST
from legato.core.events.event import Event


def stamp_of(event: Event) -> int:
    """Return the stamp of what an event gives: the later the event, the larger."""
    return event.time << 16 | xxh3_64_intdigest(event.id.encode()) & 0xFFFF


def record_identifiers(context: Context, event: Event) -> None:
    """Keep the last values of each type that an event names, the newest last."""
    stamp = stamp_of(event)
    for kind, value in (event.identifiers or {}).items():
        known, stamps = context.identifiers.get(kind), context.stamps.get(kind)
        if known is None:
            context.identifiers[kind], context.stamps[kind] = [value], [stamp]
        elif known[-1] == value and stamps is not None and len(stamps) == len(known):
            stamps[-1] = max(stamps[-1], stamp)
        else:
            _put(context, kind, [*stamped(context, kind), (stamp, value)])


def stamped(context: Context, kind: str) -> list[tuple[int, str]]:
    """List the values of a type with their stamps; 0 where none was kept yet."""
    values, stamps = context.identifiers.get(kind, []), context.stamps.get(kind, [])
    return list(zip([*[0] * (len(values) - len(stamps)), *stamps], values, strict=True))


def keep_identifiers(context: Context, wanted: Callable[[str, str], bool]) -> None:
    """Let go of the values (by type and value) that are not wanted."""
    for kind in list(context.identifiers):
        _put(context, kind, [each for each in stamped(context, kind) if wanted(kind, each[1])])


def unite_identifiers(united: Context, older: Context, newer: Context) -> None:
    """Give a context the values of both, those that were given last at the end.

    Of values without stamps, those of the context that was touched last count as later.
    """
    for kind in dict.fromkeys((*older.identifiers, *newer.identifiers)):
        _put(united, kind, [*stamped(older, kind), *stamped(newer, kind)])


def _put(context: Context, kind: str, told: list[tuple[int, str]]) -> None:
    """Keep the last values, each once, by the last that gave it."""
    last: dict[str, int] = {}
    for stamp, value in told:
        known = last.pop(value, 0)
        last[value] = max(known, stamp)
    ranked = sorted(last.items(), key=_given)[-KNOWN_MOST:]
    if ranked:
        context.identifiers[kind] = [value for value, _ in ranked]
        context.stamps[kind] = [stamp for _, stamp in ranked]
    else:
        context.identifiers.pop(kind, None)
        context.stamps.pop(kind, None)


def _given(told: tuple[str, int]) -> tuple[int, str]:
    value, stamp = told
    return stamp, value if stamp else ""
