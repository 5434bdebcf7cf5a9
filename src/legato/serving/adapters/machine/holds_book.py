"""What of `adapter.holds` counts: also where somebody wrote who had lost the partition.

Who takes a partition says so there first, and with what it began. What an earlier holder writes
behind that is late: where the new one took the action from its topic, it is void; where it was
held already, the record before stands, or the late one if that is all there is.
"""

from __future__ import annotations

from legato.serving.adapters.machine.facts import TP
from legato.serving.adapters.machine.frontier import ReadingProgress, read_progress
from legato.wire.topics.holds import Hold, HoldKey, PartitionClaim, Release


class HoldsBook:
    """Takes the records of one partition of the topic in their order."""

    def __init__(self) -> None:
        self._claims: dict[TP, tuple[int, ReadingProgress]] = {}
        self._holds: dict[HoldKey, Hold | None] = {}
        self._stale: dict[HoldKey, None] = {}

    def take(self, record: PartitionClaim | Hold | Release) -> None:
        """Take the next record."""
        match record:
            case PartitionClaim(topic=topic, partition=partition):
                told = record.since, read_progress(record.start, record.metadata)
                self._claims[topic, partition] = told
            case Hold(key=key):
                self._put(key, record)
            case Release(key=key):
                if not self._is_late(key, record.since):
                    self._holds[key] = None

    def holds(self, tp: TP) -> list[Hold]:
        """List what is held of a partition."""
        found = [each for each in self._holds.values() if each is not None]
        return [each for each in found if each.key[:2] == tp]

    def stale(self, tp: TP) -> list[HoldKey]:
        """List what is to be taken away."""
        void = [key for key in self._stale if self._holds.get(key) is None]
        return [key for key in void if key[:2] == tp]

    def _put(self, key: HoldKey, hold: Hold) -> None:
        if not self._is_late(key, hold.since):
            self._holds[key] = hold
        elif key in self._holds:
            self._stale[key] = None
        elif self._claims[key[:2]][1].is_done(hold.offset):
            self._holds[key] = hold
        else:
            self._stale[key] = None

    def _is_late(self, key: HoldKey, since: int) -> bool:
        claim = self._claims.get(key[:2])
        return claim is not None and since < claim[0]
