"""One customer at a time, so that a visitor sees how a context grows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Any

import msgspec
import redis
from msgspec import Struct
from redis.exceptions import RedisError

from legato.core.values.time import HOUR, LONG_AGO, Instant, Span
from legato.demo.run.people import People, Person, Visit
from legato.serving.redis_view.keys import Keys
from legato.settings import Settings

STORIES = (
    "carried_to_the_store",
    "cart_left_behind",
    "question_carried_along",
    "bought_by_phone",
    "asked_twice",
    "bought_at_an_offline_till",
    "bot_gives_up",
)
SHORTEST_S, LONGEST_S = 4.0, 8.0
AFTERWARDS: Span = HOUR
"""So long after the last event something may still be done, such as a reminder."""
ANSWER_S = 1.0

_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Spot(Struct, frozen=True):
    """Who stands in the light, what they are up to, and their context as Redis has it."""

    person: Person
    visit: Visit
    context: dict[str, Any] | None


class Spotlight:
    """Moves from story to story; looks contexts up in Redis, where the view writes them."""

    def __init__(self, settings: Settings, people: People) -> None:
        self._visits = {story: list(_visits(people, story)) for story in STORIES}
        self._turns = cycle(STORIES)
        self._keys = Keys.of(settings)
        self._redis = redis.Redis.from_url(settings.redis.url, socket_timeout=ANSWER_S)
        self._shown: tuple[Person, Visit] | None = None
        self._since = float("-inf")

    def look(self, time: Instant, now_s: float) -> Spot | None:
        """See who stands in the light at a time in town, and a moment of the visitor."""
        if self._is_over(time, now_s) and (found := self._choose(time)):
            self._shown, self._since = found, now_s
        if self._shown is None:
            return None
        person, visit = self._shown
        return Spot(person, visit, self._context(person))

    def _is_over(self, time: Instant, now_s: float) -> bool:
        shown_s = now_s - self._since
        if self._shown is None or shown_s > LONGEST_S:
            return True
        return shown_s > SHORTEST_S and time > self._shown[1].ends + AFTERWARDS

    def _choose(self, time: Instant) -> tuple[Person, Visit] | None:
        """Take whoever began the next story last."""
        for story in (next(self._turns) for _ in STORIES):
            begun = [each for each in self._visits[story] if each[1].begins <= time]
            latest = max(begun, key=lambda each: each[1].begins, default=None)
            if latest is not None and latest[1].ends + AFTERWARDS > time:
                return latest
        return None

    def _context(self, person: Person) -> dict[str, Any] | None:
        """Read what stands under their names, and take the one that is still a customer's."""
        try:
            found = self._redis.mget([self._keys.customer(name) for name in person.names])
        except RedisError:
            return None
        values = [each for each in found if isinstance(each, bytes)]
        contexts = [_decode(value) for value in values]
        return max(contexts, key=present, default=None)


def present(context: dict[str, Any] | None) -> Instant:
    """Tell when the customer was last seen."""
    seen = (context or {}).get("presence") or {}
    return int(seen.get("time", LONG_AGO))


def _visits(people: People, story: str) -> Iterator[tuple[Person, Visit]]:
    """List who lives a story, and can be reached if that is what it comes to."""
    for person in people:
        for visit in person.visits.values():
            if visit.story == story and (story != "cart_left_behind" or _reachable(person)):
                yield person, visit


def _reachable(person: Person) -> bool:
    if person.shopper.stranger:
        return False
    wishes = person.shopper.consents
    return any(w["purpose"] == "promotion" and w["status"] == "granted" for w in wishes)
