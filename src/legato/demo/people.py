"""Who is who: from a customer id back to the person of the simulated day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from msgspec import Struct

from legato.core.identify import Identify
from legato.core.instant import Instant
from legato.core.outcome import Rejected
from legato.demo.day import Guest, story_of
from legato.demo.town import Json, Shopper, meet


class Visit(Struct):
    """One telling of a story: which, and from when until when the log hears of it."""

    story: str
    begins: Instant
    ends: Instant


class Person(NamedTuple):
    """A customer as the line names them, and as the town knows them."""

    customer_id: str
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
        self._people: dict[str, Person] = {}
        for event in events:
            self._note(event)

    def __len__(self) -> int:
        return len(self._people)

    def __iter__(self) -> Iterator[Person]:
        return iter(self._people.values())

    def find(self, customer_id: str) -> Person | None:
        """Return who bears this id; None for what is no customer, such as a till."""
        return self._people.get(customer_id)

    def name(self, customer_id: str) -> str:
        """Call a customer by name."""
        person = self.find(customer_id)
        return customer_id if person is None else person.name

    def _note(self, event: Json) -> None:
        visit_name, _, _ = event["id"].rpartition("-")
        heard: Instant = event["received"]
        visits = self._person(event, visit_name).visits
        visit = visits.get(visit_name)
        if visit is None:
            visits[visit_name] = Visit(story_of(_guest(visit_name)), heard, heard)
        else:
            visit.ends = max(visit.ends, heard)

    def _person(self, event: Json, visit_name: str) -> Person:
        customer_id = owner_of(event, self._identify)
        person = self._people.get(customer_id)
        if person is None:
            guest = _guest(visit_name)
            shopper = meet(guest.seed, guest.number)
            person = self._people[customer_id] = Person(customer_id, shopper, {})
        return person


def owner_of(event: Json, identify: Identify) -> str:
    """Name the customer of an event of the day, which always tells enough for that."""
    found = identify.customer_of(event["identifiers"])
    if isinstance(found, Rejected):
        raise TypeError(f"event `{event['id']}` of the day names nobody: {found.message}")
    return found


def _guest(visit_name: str) -> Guest:
    return Guest(*map(int, visit_name.split("-")))
