"""Signs of life of threads: what does not turn is noticed, but not what was frozen with us."""

from __future__ import annotations


class Pulse:
    """A count that a thread raises each time it turns; `look` is called at even intervals.

    `still` is what the last look found.
    """

    def __init__(self, name: str = "") -> None:
        self.name = name
        self._beats = 0
        self._seen = -1
        self.still = 0

    def beat(self) -> None:
        """Turn; from the thread itself."""
        self._beats += 1

    def look(self) -> int:
        """How many looks in a row have found it where it was; from one other thread."""
        self.still = self.still + 1 if self._beats == self._seen else 0
        self._seen = self._beats
        return self.still
