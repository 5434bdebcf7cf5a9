"""A golden story of docs/scenarios.md, moved in time so that a moment of it is about now."""

from __future__ import annotations

from typing import Any

import msgspec

from legato.cli.envelope import wall_clock
from legato.core.values.time import SECOND, Instant, Span, in_words_ms, read_time
from tests.integration.journey_shop import DAY_ZONE, Shop
from tests.replay.scenario_book import scenarios

Json = dict[str, Any]
SOON: Span = 3 * SECOND
"""About as long as it takes to tell what led there."""
ALL = {scenario.number: scenario for scenario in scenarios()}
OURS = "action."
"""What adapters report."""


class Journey:
    """One story, told part by part as it happens.

    `moment` is the instant of the story that is `soon` from now. What lies behind now is told
    as it was then; what lies ahead happens when it is told, unless `ahead` lets it.
    """

    def __init__(
        self, shop: Shop, number: str, moment: str, *, soon: Span = SOON, zone: str = DAY_ZONE
    ) -> None:
        self._shop, self._zone = shop, zone
        self._shift: Span = wall_clock() + soon - _at(moment)
        told = [msgspec.json.decode(line, type=Json) for line in ALL[number].events]
        self._left = [each for each in told if not each["type"].startswith(OURS)]
        self.ahead = False

    def tell(self, until: str) -> None:
        """Tell all up to this event and with it."""
        last = next(n for n, each in enumerate(self._left) if each["id"] == until)
        now, self._left = self._left[: last + 1], self._left[last + 1 :]
        tell = self._shop.tell_by_kafka if self.ahead else self._shop.tell
        tell([self._moved(each) for each in now])

    def at(self, moment: str) -> Instant:
        """When an instant of the story is."""
        return _at(moment) + self._shift

    def as_another(self, name: str, other: str) -> None:
        """Have somebody else do what is left, under all names of their own."""
        text = msgspec.json.encode(self._left).decode()
        told = text.replace(name, other).replace(name.capitalize(), other.capitalize())
        self._left = msgspec.json.decode(told, type=list[Json])

    def only(self, name: str) -> None:
        """Leave out what others do in it."""
        self._left = [each for each in self._left if each["id"].startswith(f"{name}-")]

    def _moved(self, event: Json) -> Json:
        time = self.at(event["time"])
        data = {name: self._of(name, value) for name, value in event.get("data", {}).items()}
        kept = {name: value for name, value in event.items() if name != "received"}
        time = time if self.ahead else min(time, wall_clock())
        return {**kept, "time": time, "data": data}

    def _of(self, name: str, value: object) -> object:
        if name == "time_zone":
            return self._zone
        return in_words_ms(self.at(str(value))) if name == "pickup_by" else value


def _at(moment: str) -> Instant:
    return read_time(moment)
