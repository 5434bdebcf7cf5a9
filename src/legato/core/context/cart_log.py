"""The last changes of one article in a cart, folded by time, whatever order they came in.

An article that changed once keeps the hash of that event alone (8 bytes); one that changed
more often keeps an entry for each change, by time: time (8 bytes), pieces (8, less than 0 if
taken off), and the event's hash (8). Beyond 32 the oldest two become one, without hash. No
bytes at all mean one change by an unknown event, as an older Legato wrote it.
"""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct as Layout

from msgspec import Struct
from xxhash import xxh3_64_digest

from legato.core.context.retention import MOST_CHANGES
from legato.core.values.time import LONG_AGO, Instant

QUANTITY_EPSILON = 1e-9
"""Quantities may be weights; what their sums leave below this is nothing."""
NOBODY = bytes(8)
"""The hash of a change whose event is not known."""

_layout = Layout(">qd8s")
_SIZE = _layout.size
_pack = _layout.pack

Change = tuple[Instant, float, bytes]
"""When, how many pieces (less than 0: taken off), and the hash of the event."""


class Folded(Struct, frozen=True, gc=False):
    """What changes come to: how many pieces, since when without a break, last changed when."""

    quantity: float
    since: Instant
    changed: Instant


def digest_of(event_id: str) -> bytes:
    """Hash an event's id."""
    return xxh3_64_digest(event_id.encode())


def read_changes(changes: bytes, quantity: float, changed: Instant) -> list[Change]:
    """Read the changes of an article: there are `quantity` pieces since `changed`."""
    if len(changes) < _SIZE:
        return [(changed, quantity, changes or NOBODY)]
    return list(_layout.iter_unpack(changes))


def write_changes(changes: list[Change]) -> bytes:
    """Write changes that are in order of time; one that put pieces in is its hash alone."""
    while len(changes) > MOST_CHANGES:
        changes = [_together(changes[0], changes[1]), *changes[2:]]
    if len(changes) == 1 and changes[0][1] > 0:
        return changes[0][2]
    return b"".join([_pack(*change) for change in changes])


def append(changes: bytes, quantity: float, changed: Instant, change: Change) -> bytes:
    """Add a change that is later than all others."""
    if len(changes) < _SIZE:
        changes = _pack(changed, quantity, changes or NOBODY)
    if len(changes) < MOST_CHANGES * _SIZE:
        return changes + _pack(*change)
    return write_changes([*_layout.iter_unpack(changes), change])


def last_time(changes: bytes) -> Instant:
    """Say when the last of several changes was."""
    time: Instant = _layout.unpack_from(changes, len(changes) - _SIZE)[0]
    return time


def last_put_in(changes: Iterable[Change]) -> Instant:
    """Say when pieces were last put in: then the last word was said on what they are."""
    return max((time for time, pieces, _ in changes if pieces > 0), default=LONG_AGO)


def insert(changes: list[Change], change: Change) -> list[Change]:
    """Put a change in its place by time, behind those of the same time."""
    at = len(changes)
    while at and changes[at - 1][0] > change[0]:
        at -= 1
    return [*changes[:at], change, *changes[at:]]


def unite(ours: list[Change], theirs: list[Change]) -> list[Change]:
    """Join two logs of the same article: each event once, in order of time."""
    known = {digest for _, _, digest in ours if digest != NOBODY}
    more = [change for change in theirs if change[2] not in known and change not in ours]
    return sorted([*ours, *more], key=_order) if more else ours


def after(changes: Iterable[Change], time: Instant) -> list[Change]:
    """Keep the changes later than `time`."""
    return [change for change in changes if change[0] > time]


def fold(changes: list[Change]) -> Folded:
    """Add the changes up by time; nobody can take off more than there is."""
    quantity, since = 0.0, changes[0][0]
    for time, pieces, _ in changes:
        if quantity < QUANTITY_EPSILON:
            quantity, since = 0.0, time
        quantity += pieces
    return Folded(quantity if quantity >= QUANTITY_EPSILON else 0.0, since, changes[-1][0])


def _order(change: Change) -> tuple[Instant, float, bytes]:
    """By time; at the same time what was put in comes first."""
    return change[0], -change[1], change[2]


def _together(first: Change, second: Change) -> Change:
    left = max(first[1], 0.0) + second[1]
    return second[0], left if left >= QUANTITY_EPSILON else 0.0, NOBODY
