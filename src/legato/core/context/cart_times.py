"""When something was done to a cart, packed: the last 16 times, or times and where.

A time is 8 bytes; a touch is one and the hash of its channel (8). Both stand in order, so that
the usual one, later than all others, is put behind them.
"""

from __future__ import annotations

from functools import lru_cache
from struct import Struct as Layout

from xxhash import xxh3_64_digest

from legato.core.context.retention import MOST_TOUCHES
from legato.core.values.time import Instant

Touch = tuple[Instant, bytes]
"""When a cart was touched, and on which channel, as `place_of` names it."""

_time, _touch = Layout(">q"), Layout(">q8s")
_pack_time, _pack_touch = _time.pack, _touch.pack
_TIME, _TOUCH = _time.size, _touch.size
_MOST_TIMES, _MOST_TOUCHES = MOST_TOUCHES * _TIME, MOST_TOUCHES * _TOUCH


@lru_cache(maxsize=256)
def place_of(channel: str) -> bytes:
    """Hash the name of a channel."""
    return xxh3_64_digest(channel.encode())


def with_time(times: bytes, time: Instant) -> bytes:
    """Note one more of several times; the oldest go."""
    entry = _pack_time(time)
    if times[-_TIME:] >= entry:
        return write_times({*read_times(times), time})
    noted = times + entry
    return noted if len(noted) <= _MOST_TIMES else noted[_TIME:]


def read_times(times: bytes) -> list[Instant]:
    """Read the times that were noted, the oldest first."""
    return [time for (time,) in _time.iter_unpack(times)]


def write_times(times: set[Instant]) -> bytes:
    """Write the last of several times."""
    return b"".join(map(_pack_time, sorted(times)[-MOST_TOUCHES:]))


def with_touch(touches: bytes, time: Instant, channel: str) -> bytes:
    """Note one more touch; the oldest go."""
    entry = _pack_touch(time, place_of(channel))
    if touches[-_TOUCH:] >= entry:
        return write_touches({*read_touches(touches), (time, place_of(channel))})
    noted = touches + entry
    return noted if len(noted) <= _MOST_TOUCHES else noted[_TOUCH:]


def last_touch_of(touches: bytes) -> Touch:
    """Read the last of several touches."""
    time, place = _touch.unpack_from(touches, len(touches) - _TOUCH)
    return time, place


def read_touches(touches: bytes) -> list[Touch]:
    """Read the touches that were noted, the oldest first."""
    return list(_touch.iter_unpack(touches))


def write_touches(touches: set[Touch]) -> bytes:
    """Write the last of several touches."""
    return b"".join(_pack_touch(*touch) for touch in sorted(touches)[-MOST_TOUCHES:])
