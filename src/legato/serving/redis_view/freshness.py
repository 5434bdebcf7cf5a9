"""Up to when all that Kafka took is in Redis, partition by partition."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from msgspec import Struct

from legato.core.values.time import Instant
from legato.serving.redis_view.places import Place


def now() -> Instant:
    """Return the time of day."""
    return time.time_ns() // 1_000_000


class TakenUpTo(Struct, frozen=True):
    """The offset behind what was taken of a partition, and up to when that is all there was.

    That is when Kafka took the last record, or when the end of the partition was seen.
    """

    offset: int
    time: Instant


class Freshness:
    """Remembers it for the partitions that are ours; it never goes back."""

    def __init__(self) -> None:
        self._times: dict[Place, Instant] = {}

    def wrote(self, taken: Mapping[Place, TakenUpTo]) -> None:
        """Note that what was taken is in Redis."""
        for place, up_to in taken.items():
            self.note(place, up_to.time)

    def note(self, place: Place, time: Instant) -> None:
        """Note that at some time all of a partition was in Redis."""
        self._times[place] = max(time, self._times.get(place, 0))

    def forget(self, places: Iterable[Place]) -> None:
        """Leave partitions to others, or begin anew with them."""
        for place in places:
            self._times.pop(place, None)

    @property
    def times(self) -> Mapping[Place, Instant]:
        """Of each partition since when it is not known to be all in Redis; epoch ms."""
        return self._times

    def age_s(self, at: Instant) -> float:
        """How many seconds ago the partition that is furthest behind was all in Redis."""
        return max((at - time for time in self._times.values()), default=0) / 1_000
