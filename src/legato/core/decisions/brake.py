"""The brake: at most so many actions of a channel an hour; the rest waits for a free slot.

It is the generic cell rate algorithm in its form of virtual scheduling (ITU-T I.371, annex A),
without a tolerance: two actions lie at least an hour divided by the rate apart. There a cell
comes when it comes, so one time says it all: until when the line is busy. Here what is decided
now may be wanted tomorrow morning, when quiet hours end, and what is decided next at once; so
there is a time for each stretch in which the line is busy without a pause.
"""

from __future__ import annotations

from collections.abc import Mapping

from legato.core.values.time import HOUR, Instant, Span

Busy = tuple[Instant, Instant]
"""From when until when slots are taken without a gap that one would fit into."""
MOST_BUSY = 64
"""So many stretches of a channel are kept; of more, the first two count as one."""


class Brake:
    """The slots of one partition, which has its share of each rate; `taken` are so by now."""

    def __init__(
        self, rates: Mapping[str, int], partitions: int, taken: Mapping[str, tuple[Busy, ...]]
    ) -> None:
        self._partitions = partitions
        self.taken = dict(taken)
        self.go_by(rates)

    def go_by(self, rates: Mapping[str, int]) -> None:
        """Have these rates from now on; what was taken of a channel that keeps one stays."""
        self._gaps: dict[str, Span] = {
            channel: -(-HOUR * self._partitions // rate) for channel, rate in rates.items()
        }
        self.taken = {name: self.taken.get(name, ()) for name in self._gaps}

    def holds(self, channel: str) -> bool:
        """Is there a rate for this channel?"""
        return channel in self._gaps

    def slot(self, channel: str, wanted: Instant) -> Instant:
        """Return the first free slot from `wanted` on; it is still free then."""
        at, gap = wanted, self._gaps.get(channel, 0)
        for start, end in self.taken.get(channel, ()):
            if at + gap <= start:
                break
            at = max(at, end)
        return at

    def take(self, channel: str, slot: Instant) -> None:
        """Take a slot that was found free."""
        if not self.holds(channel):
            return
        busy: list[Busy] = []
        for start, end in sorted((*self.taken[channel], (slot, slot + self._gaps[channel]))):
            if busy and busy[-1][1] >= start:
                busy[-1] = busy[-1][0], max(busy[-1][1], end)
            else:
                busy.append((start, end))
        if len(busy) > MOST_BUSY:
            busy[:2] = [(busy[0][0], busy[1][1])]
        self.taken[channel] = tuple(busy)
