"""Who is who: from the names of the line back to the people of the simulated day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from msgspec import Struct

from legato.core.identity.customer_ids import Identify
from legato.core.values.time import Instant
from legato.simulation.day import Guest, guest_of, story_of
from legato.simulation.world import Json, Shopper, meet

KINDS = ("user_id", "loyalty_id", "email", "phone", "anonymous_id", "device_id")


class Visit(Struct):
    """One telling of a story: which, and from when until when the log hears of it."""

    story: str
    begins: Instant
    ends: Instant


class Person(NamedTuple):
    """Somebody of the town, and the names that the line has for them, best first."""

    names: tuple[str, ...]
    shopper: Shopper
    visits: dict[str, Visit]

    @property
    def name(self) -> str:
        """First and last name."""
        return self.shopper.name


class People:
    """Everybody who has a part in some events of the day."""

    def __init__(self, events: Iterable[Json], identify: Identify) -> None:
        self._identify = identify
        self._people: dict[int, Person] = {}
        self._named: dict[str, Person] = {}
        for event in events:
            self._note(event)

    def __len__(self) -> int:
        return len(self._people)

    def __iter__(self) -> Iterator[Person]:
        return iter(self._people.values())

    def find(self, customer_id: str) -> Person | None:
        """Return who bears this name, of two who share it the first; None for a till."""
        return self._named.get(customer_id)

    def name(self, customer_id: str) -> str:
        """Call a customer by name."""
        person = self.find(customer_id)
        return customer_id if person is None else person.name

    def _note(self, event: Json) -> None:
        guest, heard = guest_of(event), event["received"]
        person = self._people.get(guest.number) or self._meet(guest)
        visit = person.visits.get(guest.name)
        if visit is None:
            person.visits[guest.name] = Visit(story_of(guest), heard, heard)
        else:
            visit.ends = max(visit.ends, heard)

    def _meet(self, guest: Guest) -> Person:
        shopper = meet(guest.seed, guest.number)
        known = shopper.known_by(*KINDS).items()
        names = tuple(sorted(self._identify.name_of(*each) for each in known))
        person = self._people[guest.number] = Person(names, shopper, {})
        for name in names:
            self._named.setdefault(name, person)
        return person
